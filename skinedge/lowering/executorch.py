"""Lowers a deployable module to an ExecuTorch program whose network runs in XNNPACK."""

from __future__ import annotations

import warnings
from collections import Counter

import torch
from torch import Tensor, nn

from skinedge.errors import LoweringError
from skinedge.lowering.lowered import Lowered
from skinedge.lowering.rounding import round_by_adding
from skinedge.runtime.bundle import Precision

PROGRAM = "skinedge.pte"


def lower(module: nn.Module, example: tuple[Tensor, ...], _: Precision) -> Lowered:
    """Exports and lowers a module in eval mode, in the precision that it is in.

    Raises: LoweringError where an operator cannot be exported; the message names it.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.devtools.backend_debug import get_delegation_info
    from executorch.exir import ExecutorchBackendConfig, to_edge_transform_and_lower
    from executorch.exir.passes import MemoryPlanningPass

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exported = round_by_adding(torch.export.export(module, example))
            edge = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()])
            info = get_delegation_info(edge.exported_program().graph_module)
            # Inputs stay where the caller has them: a photo is 2.4 MB, and need not be copied first.
            memory = MemoryPlanningPass(alloc_graph_input=False)
            program = bytes(edge.to_executorch(ExecutorchBackendConfig(memory_planning_pass=memory)).buffer)
        except Exception as error:
            cause = " ".join(str(error.__cause__ or error).split())[:300]
            raise LoweringError(f"ExecuTorch could not lower the model: {cause}") from error
    breakdown = info.delegation_by_operator.items()
    return Lowered(
        files={PROGRAM: program},
        delegated=Counter({name: found.delegated for name, found in breakdown if found.delegated}),
        portable=Counter({name: found.non_delegated for name, found in breakdown if found.non_delegated}),
    )
