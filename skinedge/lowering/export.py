"""`skinedge export`: from a checkpoint to a bundle that keeps its recipe's limits, or to nothing."""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from skinedge import __version__
from skinedge.data.pad_ufes_20 import DataSet, Record, answer_matrix, label_indices
from skinedge.errors import ConfigError, LoweringError
from skinedge.evaluation.card import CARD_FILE, bundle_card
from skinedge.evaluation.predict import Model, predict
from skinedge.lowering.deployable import Deployable, example_inputs
from skinedge.lowering.golden import draw_inputs, write_golden
from skinedge.lowering.open_model import EagerEngine
from skinedge.lowering.parity import DRAWN, Parity, compare
from skinedge.lowering.quantize import Sample, calibrate, load_ranges, quantize, save_ranges
from skinedge.lowering.recipe import ExportRecipe
from skinedge.lowering.sbom import write_sbom
from skinedge.lowering.targets import BACKENDS
from skinedge.photo import load_photo
from skinedge.progress import track
from skinedge.questionnaire import LABELS
from skinedge.runtime.bundle import PARITY_FILE, Bundle, is_bundle, open_bundle, write_manifest
from skinedge.runtime.engine import program_input
from skinedge.runtime.staging import recover, replacing_folder
from skinedge.runtime.trust import sign_bundle
from skinedge.training.checkpoint import Checkpoint, load_checkpoint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DRAWN_LESIONS, GOLDEN = 96, 6


@dataclass(frozen=True)
class Exported:
    """What an export made. `delegated` and `portable` count operators, and are empty for ONNX."""

    bundle: Bundle
    comparisons: list[Parity]
    delegated: Counter[str]
    portable: Counter[str]


def export(
    folder: Path,
    recipe: ExportRecipe,
    out: Path,
    *,
    data: DataSet | None = None,
    key: Ed25519PrivateKey | None = None,
) -> Exported:
    """Exports the checkpoint in `folder` to a bundle in `out`.

    With `data`, int8 ranges are measured on its photos and the program is compared with fp32 on them too. Without, the
    ranges that the checkpoint carries are used.

    With `key`, the bundle is signed.

    The bundle appears whole or not at all; what `out` held before stays where an export fails or is killed.

    Raises: GateError where the program breaks a limit; LoweringError; ContractError; ConfigError.
    """
    recover(out)
    _refuse_foreign(out)
    backend = BACKENDS[recipe.target]
    checkpoint = backend.asking(load_checkpoint(folder))
    records = data.with_photos() if data is not None else ()
    module, example = Deployable(checkpoint).eval(), example_inputs(checkpoint)
    if recipe.precision == "int8" and not backend.quantizes_itself:
        network = _quantized(checkpoint, module, folder, recipe, records)
        module = Deployable(checkpoint, network)
    lowered = backend.lower(module, example, recipe.precision)
    with replacing_folder(out) as fresh:
        lowered.write(fresh)
        comparisons = _check_and_fill(fresh, folder, checkpoint, recipe, records)
        if key is not None:
            sign_bundle(fresh, key)
    return Exported(open_bundle(out), comparisons, lowered.delegated, lowered.portable)


def calibrate_checkpoint(folder: Path, data: DataSet, *, photos: int) -> Path:
    """Measures activation ranges on photos and keeps them beside the weights. Returns the file written."""
    checkpoint = load_checkpoint(folder)
    module = Deployable(checkpoint).eval()
    records = stratified(data.with_photos(), photos)
    return save_ranges(folder, calibrate(module.network, calibration_samples(checkpoint, module, records)))


def _quantized(
    checkpoint: Checkpoint, module: Deployable, folder: Path, recipe: ExportRecipe, records: tuple[Record, ...]
) -> torch.nn.Module:
    photo, answers = example_inputs(checkpoint)
    ranges = load_ranges(folder)
    if records:
        samples = calibration_samples(checkpoint, module, stratified(records, recipe.calibration_photos))
        ranges = calibrate(module.network, samples)
    if ranges is None:
        raise LoweringError(f"{folder} carries no activation ranges: give photos to calibrate on with --data")
    with torch.no_grad():
        return quantize(module.network, (module.pixels(photo), answers), ranges)


def calibration_samples(checkpoint: Checkpoint, module: Deployable, records: tuple[Record, ...]) -> Iterator[Sample]:
    """What the network sees of these records, one at a time."""
    contract = checkpoint.contract
    answers = torch.from_numpy(answer_matrix(records, contract.fields))
    for position, record in enumerate(track(records, "calibrating")):
        assert record.photo is not None
        photo = torch.from_numpy(program_input(load_photo(record.photo, contract.image)))
        with torch.no_grad():
            yield module.pixels(photo), answers[position : position + 1]


def stratified(records: tuple[Record, ...], count: int) -> tuple[Record, ...]:
    """At most `count` records, as many of each label as there are, in a fixed order.

    Rare classes come whole: ranges that never saw a melanoma would clip what a melanoma looks like.
    """
    rng = np.random.default_rng(0)
    queues = {label: [r for r in records if r.label == label] for label in LABELS}
    for queue in queues.values():
        rng.shuffle(queue)
    chosen: list[Record] = []
    while len(chosen) < min(count, len(records)):
        for queue in queues.values():
            if queue and len(chosen) < count:
                chosen.append(queue.pop())
    return tuple(chosen)


def _check_and_fill(
    fresh: Path, folder: Path, checkpoint: Checkpoint, recipe: ExportRecipe, records: tuple[Record, ...]
) -> list[Parity]:
    """Runs the program in its runtime against fp32, holds it to the limits, and completes the bundle around it."""
    contract = checkpoint.contract
    contract.save(fresh)
    (fresh / CARD_FILE).write_text(bundle_card(folder), encoding="utf-8")
    backend = BACKENDS[recipe.target]
    made_with = {"skinedge": __version__} | {name: importlib.metadata.version(name) for name in backend.packages}
    what = {"target": recipe.target, "precision": recipe.precision, "program": recipe.program, "made_with": made_with}
    # A manifest for the program to be loaded by, as every user will load it; the final one follows.
    size_bytes = write_manifest(fresh, **what).program_size_bytes  # type: ignore[arg-type]
    engine, eager = backend.open_program(open_bundle(fresh)), EagerEngine(checkpoint)

    drawn = draw_inputs(contract, DRAWN_LESIONS)
    reference, candidate = drawn.run(eager), drawn.run(engine)
    comparisons = [compare(contract, reference, candidate, samples=DRAWN)]
    if records:
        comparisons.append(
            compare(
                contract,
                predict(Model(eager, contract), records, what="photos in fp32"),
                predict(Model(engine, contract), records, what="photos in the program"),
                samples="photos",
                labels=label_indices(records),
            )
        )
    recipe.limits[recipe.precision].check(size_bytes, comparisons)
    write_golden(fresh, drawn.first(GOLDEN), candidate[:GOLDEN], reference[:GOLDEN])
    lines = ",\n ".join(parity.model_dump_json() for parity in comparisons)
    (fresh / PARITY_FILE).write_text(f"[{lines}]\n", encoding="utf-8")
    write_sbom(fresh, contract, recipe.program, made_by=backend.packages)
    write_manifest(fresh, **what)  # type: ignore[arg-type]
    return comparisons


def _refuse_foreign(out: Path) -> None:
    """Raises: ConfigError where `out` is something that is not a bundle, which nobody wants to lose."""
    if out.exists() and not is_bundle(out) and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--out {out} exists and is not a bundle: give another folder, or remove it")
