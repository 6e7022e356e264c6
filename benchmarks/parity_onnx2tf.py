"""Converts our ONNX files with onnx2tf, runs what comes out in LiteRT, and compares it with ONNX Runtime.

    python -m benchmarks.parity_onnx2tf --venv build/onnx2tf [--data FOLDER] [--photos 400]

`--venv` is an environment with onnx2tf and its TensorFlow, which cannot live beside ours: `make parity-onnx2tf` makes it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.parity_targets import add_common_options, compare_on_photos, describe_run, read_records, write_results
from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.datasets.pad_ufes_20 import Record, answer_matrix
from skinedge.evaluation.predict import Model, predict
from skinedge.lowering.export import SYNTHETIC_LESIONS, export_checkpoint
from skinedge.lowering.parity.comparison import SYNTHETIC, Comparison
from skinedge.lowering.parity.golden import SyntheticInputs, synthetic_inputs
from skinedge.lowering.recipe import load_export_recipe
from skinedge.preprocess.photo import load_photo
from skinedge.runtime.bundle import Bundle
from skinedge.runtime.loading import load_engine

PROGRAMS = {
    "fp32": ("fp32", "skinedge_float32.tflite"),
    "int8 weights": ("int8", "skinedge_float32.tflite"),
    "fp32, rounded by onnx2tf": ("fp32", "skinedge_dynamic_range_quant.tflite"),
    "int8 weights, rounded by onnx2tf": ("int8", "skinedge_dynamic_range_quant.tflite"),
}
"""The comparisons: the precision of the ONNX file, and which of onnx2tf's outputs."""
MUST_AGREE, LARGEST_DIFFERENCE = ("fp32", "int8 weights"), 1e-3
"""The outputs in float, and the largest difference of a probability: onnx2tf gives no warning of a wrong conversion."""
PACKAGES = ("onnx2tf", "tensorflow", "ai-edge-litert", "onnx", "numpy")


def main() -> None:
    """Converts, runs and compares; the last line on stdout is where the results are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, required=True)
    add_common_options(parser, "parity-onnx2tf.json")
    arguments = parser.parse_args()

    recipe = load_export_recipe("onnx")
    bundles = {
        p: export_checkpoint(DEFAULT_CHECKPOINT, recipe.at(p), arguments.work / f"onnx-{p}").bundle for p in ("fp32", "int8")
    }
    contract = bundles["fp32"].contract
    records = read_records(arguments.data, arguments.photos)
    synthetic = synthetic_inputs(contract, SYNTHETIC_LESIONS)
    converted = {p: convert(arguments.venv, bundle, arguments.work / f"onnx2tf-{p}") for p, bundle in bundles.items()}
    document: dict[str, Any] = {"run": describe_run() | {"versions": versions(arguments.venv)}}
    for name, (precision, file) in PROGRAMS.items():
        engine, program = load_engine(bundles[precision]), converted[precision] / file
        found = run(arguments.venv, program, synthetic)
        entry: dict[str, Any] = {
            "onnx_size_bytes": bundles[precision].program_path.stat().st_size,
            "tflite_size_bytes": program.stat().st_size,
            "synthetic": Comparison(contract, synthetic.run(engine), found, SYNTHETIC).parity().model_dump(),
        }
        if records:
            reference = predict(Model(engine, contract), records, what="ONNX Runtime")
            found = run(arguments.venv, program, photo_inputs(records, bundles[precision]))
            entry["photos"] = compare_on_photos(contract, records, reference, found, contract)
        document[name] = entry
        worst = max(entry[samples]["largest_difference"] for samples in ("synthetic", "photos") if samples in entry)
        if name in MUST_AGREE and worst > LARGEST_DIFFERENCE:
            raise SystemExit(
                f"nothing was written: converted, {name} is off by up to {worst:.4f}, limit {LARGEST_DIFFERENCE:g}"
            )
    write_results(arguments.out, document)
    print(arguments.out)


def convert(venv: Path, bundle: Bundle, out: Path) -> Path:
    """Converts the ONNX file of a bundle as anybody would; `-osd` keeps the names, `-odrqt` adds one with int8 weights."""
    with tempfile.TemporaryDirectory() as folder:
        # A copy, because onnx2tf simplifies the file that it is given and writes it back.
        copied = shutil.copy(bundle.program_path, folder)
        command = ["onnx2tf", "-i", copied, "-o", str(out), "-osd", "-odrqt", "-n"]
        # Without its simplifier in the path, it continues, and writes other programs, or none.
        path = f"{venv.resolve() / 'bin'}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PATH": path})
    if done.returncode:
        raise SystemExit(f"onnx2tf failed on {bundle.program_path}:\n{(done.stdout + done.stderr)[-2000:]}")
    return out


def run(venv: Path, program: Path, inputs: SyntheticInputs) -> np.ndarray[Any, np.dtype[np.float32]]:
    """(N, L) probabilities of a .tflite in the other environment. Photos pass through a folder that is removed again."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "inputs.npz", Path(folder) / "out.npy"
        np.savez(given, photo=inputs.pixels.transpose(0, 3, 1, 2), answers=inputs.answers)
        script = Path(__file__).with_name("run_tflite.py")
        subprocess.run([venv / "bin" / "python", script, program, given, out], check=True, stderr=subprocess.DEVNULL)
        probabilities: np.ndarray[Any, np.dtype[np.float32]] = np.load(out)
        return probabilities


def photo_inputs(records: tuple[Record, ...], bundle: Bundle) -> SyntheticInputs:
    """Photos and answers of records, as `run` takes them."""
    pixels = np.stack([load_photo(record.photo, bundle.contract.image) for record in records if record.photo])
    return SyntheticInputs(pixels, answer_matrix(records, bundle.contract.fields), tuple(record.label for record in records))


def versions(venv: Path) -> dict[str, str]:
    """Versions of what converts and runs, in the other environment."""
    code = f"import json, importlib.metadata as m; print(json.dumps({{p: m.version(p) for p in {PACKAGES!r}}}))"
    done = subprocess.run([venv / "bin" / "python", "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
