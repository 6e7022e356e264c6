"""Lowers a inference module to an ExecuTorch program whose network runs in XNNPACK."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import torch
from torch import Tensor, nn

from skinedge.errors import LoweringError
from skinedge.lowering.backends.lowered import Lowered, Portable
from skinedge.lowering.backends.xnnpack_rounding import round_by_adding
from skinedge.lowering.quantization.observers import QUANTIZED_SUBMODULES
from skinedge.lowering.rewrites import folded
from skinedge.runtime.bundle import Precision

PROGRAM = "skinedge.pte"


def lower(
    module: nn.Module, example: tuple[Tensor, ...], precision: Precision, float_blocks: tuple[str, ...] = ()
) -> Lowered:
    """Exports and lowers a module in eval mode; fp16 puts its network in half precision, int8 is in it already.

    In half precision, `float_blocks` keep their filters in float32.

    Raises: LoweringError where an operator cannot be exported; the message names it.
    """
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.devtools.backend_debug import get_delegation_info
    from executorch.exir import ExecutorchBackendConfig, to_edge_transform_and_lower
    from executorch.exir.passes import MemoryPlanningPass

    if precision == "fp16":
        module = halved(module, float_blocks)
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


def halved(module: nn.Module, float_blocks: tuple[str, ...] = ()) -> nn.Module:
    """A copy whose network computes in float16; pixels, the answers' imputation, their product and the softmax do not.

    Batch normalisation is folded into the convolutions first, in float32. Those of `float_blocks` stay in it.
    """
    copied = folded(module)
    network: Any = copied.network
    left = tuple(f"{block}." for block in float_blocks)
    for name in QUANTIZED_SUBMODULES:
        part = getattr(network, name)
        exact = {
            place: copy.deepcopy(layer)
            for place, layer in part.named_modules()
            if isinstance(layer, nn.Conv2d) and f"{name}.{place}".startswith(left)
        }
        part.half()
        for place, layer in exact.items():
            part.set_submodule(place, _Inside(layer, torch.float32))
        setattr(network, name, _Inside(part, torch.float16))
    return copied


class _Inside(nn.Module):
    """A module that computes in one type of float between tensors of another."""

    def __init__(self, module: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.module, self.dtype = module, dtype

    def forward(self, x: Tensor) -> Any:
        out = self.module(x.to(self.dtype))
        return tuple(each.to(x.dtype) for each in out) if isinstance(out, tuple) else out.to(x.dtype)


_PLACES = (
    ("enhance", "colour constancy and CLAHE"),
    ("network.answer_encoder", "codes of the answers"),
    ("network.imputer", "imputation of missing answers"),
    ("network", "network"),
    ("", "start and end"),
)
"""Parts of a inference module in words, the first that fits."""


def _portable(graph: torch.fx.GraphModule) -> Counter[Portable]:
    """The operators outside the delegates, with what XNNPACK's own list of operators says of them."""
    from executorch.backends.xnnpack.partition.config import ALL_PARTITIONER_CONFIGS
    from executorch.exir.dialects.edge._ops import EdgeOpOverload

    known = {config.target_name for config in ALL_PARTITIONER_CONFIGS}
    found: Counter[Portable] = Counter()
    for node in graph.graph.nodes:
        if not isinstance(node.target, EdgeOpOverload):
            continue
        operator = node.target.__name__.partition(".")[2]
        path = next(reversed([str(path) for path, _ in node.meta.get("nn_module_stack", {}).values()]), "")
        place = next(words for start, words in _PLACES if path.startswith(start))
        value = node.meta["val"]
        if operator not in known:
            why = "XNNPACK has no such operator"
        elif not value.dtype.is_floating_point:
            why = "XNNPACK has it for floats only"
        else:
            why = "XNNPACK has it, but not with these inputs"
        found[Portable(operator, place, why)] += 1
    return found
