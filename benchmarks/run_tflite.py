"""Runs a .tflite over inputs in an environment that has LiteRT and numpy, and nothing of ours.

    python run_tflite.py PROGRAM INPUTS.npz OUT.npz

INPUTS holds `photo` (N, 3, H, W) uint8 and `answers` (N, F) float32; OUT gets `probabilities` (N, L) and the version.
"""

from __future__ import annotations

import importlib.metadata
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main(program: str, inputs: str, out: str) -> None:
    """Runs every input once."""
    interpreter = Interpreter(model_path=program)
    runner = interpreter.get_signature_runner()
    shape = tuple(runner.get_input_details()["photo"]["shape"])
    given = np.load(inputs)
    rows = []
    for photo, answers in zip(given["photo"], given["answers"], strict=True):
        # onnx2tf turns NCHW inputs into NHWC.
        pixels = photo[None].astype(np.float32)
        pixels = pixels if pixels.shape == shape else pixels.transpose(0, 2, 3, 1)
        rows.append(runner(photo=pixels, answers=answers[None])["probabilities"][0].copy())
    np.savez(out, probabilities=np.stack(rows), litert=importlib.metadata.version("ai-edge-litert"), photo_shape=shape)


if __name__ == "__main__":
    main(*sys.argv[1:])
