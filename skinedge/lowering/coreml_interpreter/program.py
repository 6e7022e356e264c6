"""A Core ML program from its saved package, and its evaluation, operation by operation in the order of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from skinedge.errors import LoweringError
from skinedge.lowering.coreml_interpreter.elementwise import ELEMENTWISE
from skinedge.lowering.coreml_interpreter.layers import LAYERS
from skinedge.lowering.coreml_interpreter.messages import messages
from skinedge.lowering.coreml_interpreter.shapes import SHAPES
from skinedge.lowering.coreml_interpreter.values import Port, Value, read_port, read_value
from skinedge.lowering.coreml_interpreter.weights import Weights

OPERATIONS: Mapping[str, Callable[..., Any]] = ELEMENTWISE | SHAPES | LAYERS
"""By the name of the operation: from its inputs by keyword, named as MIL names them, to one tensor or several."""


@dataclass(frozen=True)
class Operation:
    """One step: what it is called, the names of its inputs, and what it gives."""

    kind: str
    inputs: Mapping[str, tuple[str, ...]]
    outputs: tuple[Port, ...]

    def run(self, values: Mapping[str, Value]) -> dict[str, Tensor]:
        """What it gives by name, of the types and shapes that the program declares."""
        # Only `concat` takes several values for one input, and takes a list where it is a single one.
        given = {
            name: [values[one] for one in names] if name == "values" else values[names[0]]
            for name, names in self.inputs.items()
        }
        found = compute(self.kind, given)
        return {port.name: port.rounded(value) for port, value in zip(self.outputs, found, strict=True)}


def compute(kind: str, given: Mapping[str, Any]) -> tuple[Tensor, ...]:
    """What an operation gives for its inputs by name. Raises: LoweringError for one that the evaluator does not know."""
    if kind not in OPERATIONS:
        raise LoweringError(
            f"the reference evaluator does not know Core ML's operation {kind!r}: add it to lowering/coreml_interpreter"
        )
    found = OPERATIONS[kind](**given)
    return found if isinstance(found, tuple) else (found,)


@dataclass(frozen=True)
class Program:
    """The function `main` of a package; constants are read, and weights of fewer bits widened, when it is opened."""

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    constants: Mapping[str, Value]
    operations: tuple[Operation, ...]

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Evaluates the program once. Raises: LoweringError where an input is not what the program declares."""
        values: dict[str, Value] = dict(self.constants)
        for port in self.inputs:
            values[port.name] = port.rounded(inputs[port.name])
        with torch.inference_mode():
            for operation in self.operations:
                values.update(operation.run(values))
        return {port.name: torch.as_tensor(values[port.name]) for port in self.outputs}


def read_program(spec: bytes, weights: bytes) -> Program:
    """Reads the two files of a package, `model.mlmodel` and `weight.bin`.

    Raises: LoweringError where they cannot be understood, or an operation is not known.
    """
    from google.protobuf.message import DecodeError

    _, models = messages()
    model = models.Model()
    try:
        model.ParseFromString(spec)
    except DecodeError:
        model.Clear()
    if "main" not in model.mlProgram.functions:
        raise LoweringError("not a Core ML program: convert the model again")
    function = model.mlProgram.functions["main"]
    block = function.block_specializations[function.opset]
    blobs = Weights(weights)
    constants: dict[str, Value] = {}
    operations = []
    ports: dict[str, Port] = {}
    for entry in block.operations:
        attributes = {name: read_value(value, blobs) for name, value in entry.attributes.items() if name != "name"}
        outputs = tuple(read_port(output) for output in entry.outputs) if entry.type != "const" else ()
        ports |= {port.name: port for port in outputs}
        if entry.type == "const":
            constants[entry.outputs[0].name] = attributes["val"]
        elif entry.type.startswith("constexpr_"):
            constants |= dict(zip((port.name for port in outputs), compute(entry.type, attributes), strict=True))
        else:
            inputs = {name: tuple(one.name for one in given.arguments) for name, given in entry.inputs.items()}
            operations.append(Operation(entry.type, inputs, outputs))
            if entry.type not in OPERATIONS:
                compute(entry.type, {})
    return Program(
        inputs=tuple(read_port(given) for given in function.inputs),
        outputs=tuple(ports[name] for name in block.outputs),
        constants=constants,
        operations=tuple(operations),
    )
