"""Runs an Android native library on this computer: which processors it is good for, and whether it answers as Python did."""
