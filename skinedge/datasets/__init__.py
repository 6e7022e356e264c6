"""Data sets: the reader of PAD-UFES-20, splits by patient, synthetic lesions."""
