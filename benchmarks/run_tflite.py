"""Runs a .tflite over inputs in an environment that has LiteRT and numpy, and nothing of ours.

    python run_tflite.py PROGRAM INPUTS.npz OUT.npy

INPUTS holds `photo` (N, 3, H, W) uint8 and `answers` (N, F) float32; OUT gets (N, L) probabilities.
"""

from __future__ import annotations

import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main(program: str, inputs: str, out: str) -> None:
    """Runs every input once."""
    interpreter = Interpreter(model_path=program)
    interpreter.allocate_tensors()
    # By rank: not all that onnx2tf writes keeps the names.
    ports = {len(port["shape"]): port for port in interpreter.get_input_details()}
    photo_port, answers_port, (output,) = ports[4], ports[2], interpreter.get_output_details()
    given = np.load(inputs)
    rows = []
    for photo, answers in zip(given["photo"], given["answers"], strict=True):
        pixels = photo[None].astype(np.float32)
        # onnx2tf turns NCHW inputs into NHWC.
        fits = pixels.shape == tuple(photo_port["shape"])
        interpreter.set_tensor(photo_port["index"], pixels if fits else np.ascontiguousarray(pixels.transpose(0, 2, 3, 1)))
        interpreter.set_tensor(answers_port["index"], answers[None])
        interpreter.invoke()
        rows.append(interpreter.get_tensor(output["index"])[0])
    np.save(out, np.stack(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
