"""Runs a bundle: checks its files, loads its program, returns probabilities. Never imports torch at module level."""
