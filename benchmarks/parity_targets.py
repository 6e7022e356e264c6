"""Exports the embedded model to every target and compares each program with eager fp32 on real photos.

    python -m benchmarks.parity_targets [--data FOLDER] [--photos 400] [--target onnx] [--target tflite]

Without photos, only synthetic lesions are compared. Results of other targets in the same file stay as they are, so that each
target can be run where its packages are installed. The table of export/README.md is made from the file.
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import RESULTS, real_photos
from skinedge.commands.options import DEFAULT_CHECKPOINT
from skinedge.contract import REFER, Contract
from skinedge.datasets.pad_ufes_20 import Record, label_indices, read_pad_ufes_20
from skinedge.evaluation.predict import Model, predict
from skinedge.files import write_whole
from skinedge.lowering.backends.registry import backend_names, get_backend, installed_backend_names
from skinedge.lowering.export import export_checkpoint
from skinedge.lowering.parity.comparison import Comparison
from skinedge.lowering.quantization.calibration import stratified
from skinedge.lowering.recipe import load_export_recipe
from skinedge.models.checkpoint import load_checkpoint
from skinedge.models.eager import EagerEngine

Probabilities = NDArray[np.float32]


def main() -> None:
    """Runs the comparison; the last line on stdout is where the results are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", choices=backend_names())
    add_common_options(parser, "parity-targets.json")
    arguments = parser.parse_args()

    checkpoint = load_checkpoint(DEFAULT_CHECKPOINT)
    records = read_records(arguments.data, arguments.photos)
    contract = checkpoint.contract
    reference = predict(Model(EagerEngine(checkpoint), contract), records) if records else None
    for target in arguments.target or installed_backend_names():
        recipe = load_export_recipe(target)
        for precision in recipe.limits:
            bundle = export_checkpoint(
                DEFAULT_CHECKPOINT, recipe.at(precision), arguments.work / f"{target}-{precision}"
            ).bundle
            synthetic = json.loads(bundle.read("parity.json"))[0]
            photos = None
            if reference is not None:
                found = predict(Model(get_backend(target).open_program(bundle), bundle.contract), records)
                photos = compare_on_photos(contract, records, reference, found, bundle.contract)
            # Read again each time, so that targets may be run side by side.
            document = json.loads(arguments.out.read_text()) if arguments.out.is_file() else {}
            document[f"{target} {precision}"] = {
                "run": describe_run(),
                "made_with": bundle.manifest.made_with,
                "program_size_bytes": bundle.manifest.program_size_bytes,
                "synthetic": synthetic,
                "photos": photos,
            }
            write_results(arguments.out, document)
    print(arguments.out)


def add_common_options(parser: argparse.ArgumentParser, out: str) -> None:
    """Options that every comparison has."""
    add_data_option(parser)
    parser.add_argument("--photos", type=int, default=400)
    parser.add_argument("--work", type=Path, default=Path("build/parity"), help="where bundles are written")
    parser.add_argument("--out", type=Path, default=RESULTS / out)


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Where the real photos are."""
    parser.add_argument("--data", type=Path, default=real_photos(), help="photos in the layout of PAD-UFES-20: %(default)s")


def read_records(folder: Path, count: int) -> tuple[Record, ...]:
    """At most `count` records with photos, of every class alike; none where the folder is not there."""
    if not (folder / "metadata.csv").is_file():
        print("no real photos here: comparing on synthetic lesions only", file=sys.stderr)
        return ()
    return stratified(read_pad_ufes_20(folder).with_photos(), count)


def compare_on_photos(
    contract: Contract,
    records: tuple[Record, ...],
    reference: Probabilities,
    candidate: Probabilities,
    program: Contract,
) -> dict[str, Any]:
    """Parity on photos, and how many melanomas keep their label and their referral; each at its own thresholds."""
    labels = label_indices(records)
    parity = Comparison(contract, reference, candidate, "photos", labels, program).parity()
    is_melanoma = labels == contract.labels.index("MEL")
    melanoma: dict[str, Any] = {"n": int(is_melanoma.sum())}
    for name, found, at in (
        ("reference", reference[is_melanoma], contract),
        ("program", candidate[is_melanoma], program),
    ):
        melanoma[name] = {
            "labelled_melanoma": int((found.argmax(axis=1) == contract.labels.index("MEL")).sum()),
            "referred": int((at.decide(at.score(found)) == REFER).sum()),
        }
    return parity.model_dump() | {"melanoma": melanoma}


def describe_run() -> dict[str, Any]:
    """When, how and on what a result was made."""
    started = sys.modules["__main__"].__spec__
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": shlex.join(["python", "-m", started.name if started else sys.argv[0], *sys.argv[1:]]),
        "machine": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }


def write_results(path: Path, document: dict[str, Any]) -> None:
    """Writes results, sorted by name."""
    write_whole(path, json.dumps(dict(sorted(document.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()
