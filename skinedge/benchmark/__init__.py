"""Measuring programs on this computer: protocol, contestants, results, comparisons."""
