"""Lowers an inference module to an ExecuTorch program whose network runs in XNNPACK."""

from __future__ import annotations

import operator
from collections import Counter

import torch
from torch import Tensor, nn

from skinedge.errors import LoweringError
from skinedge.lowering.backends.lowered import Lowered, Portable
from skinedge.lowering.backends.registry import Backend
from skinedge.lowering.backends.xnnpack_rounding import round_by_adding
from skinedge.lowering.precision import FLOAT16, FLOAT32, IN_FLOAT32, INT8, ProgramPrecision
from skinedge.lowering.rewrites import halved

PROGRAM = "skinedge.pte"


def lower(module: nn.Module, example: tuple[Tensor, ...], precision: ProgramPrecision = IN_FLOAT32) -> Lowered:
    """Exports and lowers a module in eval mode; float16 is put into its network here, int8 is in it already.

    Raises: LoweringError where an operator cannot be exported; the message names it.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.devtools.backend_debug import get_delegation_info
    from executorch.exir import ExecutorchBackendConfig, to_edge_transform_and_lower
    from executorch.exir.passes import MemoryPlanningPass

    if precision.default == FLOAT16:
        module = halved(module, precision.float_blocks)
    try:
        exported = round_by_adding(torch.export.export(module, example))
        edge = to_edge_transform_and_lower(exported, partitioner=[XnnpackPartitioner()])
        graph = edge.exported_program().graph_module
        breakdown = get_delegation_info(graph).delegation_by_operator.items()
        portable = _portable(graph)
        # Inputs stay where the caller has them: a photo is 2.4 MB, and need not be copied first.
        memory = MemoryPlanningPass(alloc_graph_input=False)
        program = bytes(edge.to_executorch(ExecutorchBackendConfig(memory_planning_pass=memory)).buffer)
    except Exception as error:
        cause = " ".join(str(error.__cause__ or error).split())[:300]
        raise LoweringError(f"ExecuTorch could not lower the model: {cause}") from error
    return Lowered(
        files={PROGRAM: program},
        # Taking a delegate's answers apart is counted with the operators, and is none.
        delegated=Counter({name: found.delegated for name, found in breakdown if found.delegated and name != "getitem"}),
        portable=portable,
    )


_PARTS = (
    ("enhance", "colour constancy and CLAHE"),
    ("network.answer_encoder", "encoding of the answers"),
    ("network.imputer", "imputation of missing answers"),
    ("network", "network"),
    ("", "start and end"),
)
"""Parts of an inference module in words, the first that fits."""


def _portable(graph: torch.fx.GraphModule) -> Counter[Portable]:
    """The operators outside the delegates, with what XNNPACK's own list of operators says of them."""
    from executorch.backends.xnnpack.partition.config import ALL_PARTITIONER_CONFIGS
    from executorch.exir.delegate import executorch_call_delegate

    known = {config.target_name for config in ALL_PARTITIONER_CONFIGS}
    found: Counter[Portable] = Counter()
    for node in graph.graph.nodes:
        if node.op != "call_function" or node.target in (executorch_call_delegate, operator.getitem):
            continue
        name = node.target.__name__.partition(".")[2]
        path = next(reversed([str(path) for path, _ in node.meta.get("nn_module_stack", {}).values()]), "")
        part = next(words for start, words in _PARTS if path.startswith(start))
        value = node.meta["val"]
        if name not in known:
            why = "XNNPACK has no such operator"
        elif not value.dtype.is_floating_point:
            why = "XNNPACK has it for floats only"
        else:
            why = "XNNPACK has it, but not with these inputs"
        found[Portable(name, part, why)] += 1
    return found


BACKEND = Backend(
    lower,
    packages=("torch", "torchao", "executorch"),
    precisions={"int8": INT8, "fp16": FLOAT16, "fp32": FLOAT32},
    # XNNPACK's sums are in float16, too, and one photo of 400 moved by more than a hundredth with two blocks in float32.
    fp16_error_limit=1e-4,
)
