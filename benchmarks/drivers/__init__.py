"""Drivers: programs that load, fuzz, kill, time and photograph a station or its records for minutes. Tests run small ones.

`serving`, `client` and `stations` are what they stand on, and what tests of the station and of records stand on too.
"""
