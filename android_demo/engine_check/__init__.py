"""Runs an Android native library on this computer: finds the processors that it suits, and compares it with Python."""
