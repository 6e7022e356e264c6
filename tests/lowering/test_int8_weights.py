"""How ONNX files store int8 weights: by what converters read right, to the numbers of a DequantizeLinear."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from skinedge.errors import LoweringError
from skinedge.lowering.backends.onnx_file import keep_int8_weights
from skinedge.runtime.onnx_engine import load_session

WEIGHTS = np.random.default_rng(0).integers(-127, 128, (3, 2, 1, 1), dtype=np.int8)


def convolution(scale: NDArray[np.float32], zero_point: int = 0) -> onnx.ModelProto:
    """A convolution whose weights are dequantized; its input is quantized and brought back."""
    axis = {"axis": 0} if scale.ndim else {}
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "step", "none"], ["quantized"]),
        helper.make_node("DequantizeLinear", ["quantized", "step", "none"], ["back"]),
        helper.make_node("DequantizeLinear", ["weights", "scale", "zero_point"], ["floats"], **axis),
        helper.make_node("Conv", ["back", "floats"], ["y"]),
    ]
    values = {
        "step": np.float32(0.5),
        "none": np.int8(0),
        "weights": WEIGHTS,
        "scale": scale,
        "zero_point": np.full(scale.shape, zero_point, dtype=np.int8),
    }
    stored = [numpy_helper.from_array(np.asarray(value), name) for name, value in values.items()]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, of, 4, 4]) for name, of in (("x", 2), ("y", 3))]
    graph = helper.make_graph(nodes, "convolution", ports[:1], ports[1:], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


@pytest.mark.parametrize("scale", [np.array([0.01, 0.3, 7.0], np.float32), np.array(0.1, np.float32)], ids=["each", "one"])
def test_scales_meet_their_own_channels_and_activations_stay_as_they_are(scale: NDArray[np.float32]) -> None:
    model = convolution(scale)
    keep_int8_weights(model)
    onnx.checker.check_model(model, full_check=True)
    assert [node.op_type for node in model.graph.node] == ["Cast", "Mul", "Conv"]
    x = np.random.default_rng(1).normal(size=(1, 2, 4, 4)).astype(np.float32)
    (found,) = load_session(model.SerializeToString(), threads=1).run(None, {"x": x})
    kernel = WEIGHTS[:, :, 0, 0].astype(np.float32) * (scale[:, None] if scale.ndim else scale)
    assert np.allclose(found, np.einsum("oi,bihw->bohw", kernel, x), rtol=1e-5, atol=1e-5)


def test_weights_with_a_zero_point_are_refused() -> None:
    with pytest.raises(LoweringError, match="stored with a zero point: expected symmetric int8"):
        keep_int8_weights(convolution(np.ones(3, np.float32), zero_point=3))
