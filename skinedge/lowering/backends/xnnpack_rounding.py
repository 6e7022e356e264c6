"""Rounding for XNNPACK, which is given none."""

from __future__ import annotations

import torch
from torch.export import ExportedProgram

RAISED = 1.5 * 2**23
"""From here on float32 has whole numbers only. Adding it rounds, ties to even, and taking it away brings the number back:
exactly, for all that is below 2**22. Levels of pixels and gains are far below."""


def round_by_adding(exported: ExportedProgram) -> ExportedProgram:
    """Replaces, in place, each `round` of a program by an addition and a subtraction, which XNNPACK runs.

    ExecuTorch's own loop for it takes ten times as long.
    """
    graph = exported.graph
    for node in graph.find_nodes(op="call_function", target=torch.ops.aten.round.default):
        value = node.args[0]
        with graph.inserting_before(node):
            for operator in (torch.ops.aten.add.Tensor, torch.ops.aten.sub.Tensor):
                value = graph.call_function(operator, (value, RAISED))
                value.meta = dict(node.meta)
        node.replace_all_uses_with(value)
        graph.erase_node(node)
    exported.graph_module.recompile()
    return exported
