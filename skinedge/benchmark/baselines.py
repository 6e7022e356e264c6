"""Baselines: torchvision's MobileNet-V2 behind preprocessing with OpenCV, as people would write it themselves.

Their weights are random: speed does not depend on them, and nobody reads their answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skinedge.benchmark.clock import timed

SIDE_PX, CLASSES = 224, 6
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def write_baselines(folder: Path) -> dict[str, Path]:
    """Exports the baselines' programs into a folder, unless they are there already. Returns: files by name."""
    import torch
    import torchvision

    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / name for name in ("mobilenet_v2.onnx", "mobilenet_v2.dynamic_int8.onnx", "mobilenet_v2.pte")}
    if all(path.is_file() for path in paths.values()):
        return paths
    torch.manual_seed(0)
    network = torchvision.models.mobilenet_v2(weights=None, num_classes=CLASSES).eval()
    example = (torch.zeros(1, 3, SIDE_PX, SIDE_PX),)
    _write_onnx(network, example, paths["mobilenet_v2.onnx"], paths["mobilenet_v2.dynamic_int8.onnx"])
    paths["mobilenet_v2.pte"].write_bytes(_executorch(network, example))
    return paths


def _write_onnx(network: Any, example: Any, fp32: Path, int8: Path) -> None:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    torch.onnx.export(
        network,
        example,
        fp32,
        dynamo=True,
        opset_version=20,
        external_data=False,
        input_names=["photo"],
        verbose=False,
    )
    quantize_dynamic(fp32, int8, weight_type=QuantType.QUInt8)


def _executorch(network: Any, example: Any) -> bytes:
    from skinedge.lowering.backends.executorch import PROGRAM, lower

    return lower(network, example).files[PROGRAM]


class OpenCvOnnx:
    """An ONNX MobileNet-V2 in ONNX Runtime, fed by OpenCV and numpy: decoding, colour constancy, CLAHE, normalisation."""

    def __init__(self, path: Path, threads: int) -> None:
        import cv2
        import onnxruntime

        cv2.setNumThreads(threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(self, photo: Path) -> dict[str, float]:
        """See `candidates.Runner.run`."""
        pixels, decode_ms = timed(lambda: _read_square(photo))
        given, prepare_ms = timed(lambda: _prepare(pixels))
        _, network_ms = timed(lambda: self._session.run(None, {"photo": given}))
        return {"decode": decode_ms, "prepare": prepare_ms, "network": network_ms}


class BareExecuTorch:
    """A bare fp32 backbone in ExecuTorch with XNNPACK: no preprocessing, no answers, and zeros in place of a photo."""

    def __init__(self, path: Path, threads: int) -> None:
        import torch
        from executorch.extension.pybindings import portable_lib
        from executorch.runtime import Runtime

        portable_lib._unsafe_reset_threadpool(threads)
        self._bytes = path.read_bytes()  # ExecuTorch reads its constants from here for as long as the method lives.
        self._program = Runtime.get().load_program(self._bytes)
        self._method = self._program.load_method("forward")
        self._pixels = torch.zeros(1, 3, SIDE_PX, SIDE_PX)

    def run(self, photo: Path) -> dict[str, float]:
        """See `candidates.Runner.run`."""
        return {"network": timed(lambda: self._method.execute([self._pixels]))[1]}


def _read_square(photo: Path) -> NDArray[np.uint8]:
    import cv2

    image = cv2.imread(str(photo))
    assert image is not None, photo
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    cropped = image[top : top + side, left : left + side]
    return np.asarray(cv2.resize(cropped, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _prepare(bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Shades of gray, CLAHE on lightness, normalisation: the paper's steps, written with OpenCV."""
    import cv2

    pixels = bgr.astype(np.float32)
    light = np.power(np.power(pixels, 6).mean(axis=(0, 1)), 1 / 6)
    balanced = np.clip(pixels * (light.mean() / light), 0, 255).astype(np.uint8)
    lab = cv2.cvtColor(balanced, cv2.COLOR_BGR2LAB)
    lab[:, :, 0] = cv2.createCLAHE(clipLimit=2.0, tileGridSize=(8, 8)).apply(np.ascontiguousarray(lab[:, :, 0]))
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB).astype(np.float32) / 255
    normalized = (rgb - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return np.ascontiguousarray(normalized.transpose(2, 0, 1)[None], dtype=np.float32)
