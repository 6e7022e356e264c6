"""`skinedge bench`: how fast, how big, and whether that changed."""

from __future__ import annotations

from skinedge.commands.bench.compare import compare
from skinedge.commands.bench.phones import phones
from skinedge.commands.bench.run import run
from skinedge.commands.bench.tables import tables
from skinedge.commands.bench.training import training
from skinedge.commands.options import new_group

group = new_group("Measures programs on this computer, and compares measurements.", run, phones, compare, tables, training)
