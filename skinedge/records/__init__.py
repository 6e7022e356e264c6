"""The encrypted record store of a screening station: visits, what followed, and a log that shows any tampering."""
