"""Measuring programs on this computer: protocol, candidates, results, comparisons."""
