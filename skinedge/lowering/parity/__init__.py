"""Comparison of a program with the fp32 model, and the golden vectors of a bundle."""
