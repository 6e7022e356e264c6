"""`skinedge data`: looks at a data set, or draws one."""

from __future__ import annotations

from skinedge.commands.data.check import check
from skinedge.commands.data.synthetic import synthetic
from skinedge.commands.options import new_group

group = new_group("Checks a data set, or draws a synthetic one.", check, synthetic)
