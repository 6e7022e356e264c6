"""`skinedge export`: from a checkpoint to a bundle that keeps its recipe's limits, or to nothing."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from skinedge import __version__
from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet, Record, label_indices
from skinedge.errors import ConfigError, GateError, LoweringError
from skinedge.evaluation.card import CARD_FILE, bundle_card
from skinedge.evaluation.predict import Model, predict
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.backends.registry import BACKENDS, Backend
from skinedge.lowering.parity.comparison import SYNTHETIC, Comparison, Parity
from skinedge.lowering.parity.golden import SyntheticInputs, spread_indices, synthetic_inputs, write_golden
from skinedge.lowering.quantization.calibration import calibrate, calibration_samples, stratified
from skinedge.lowering.quantization.plan import Quantization, Scheme, load_quantization
from skinedge.lowering.quantization.quantize import correct, quantize
from skinedge.lowering.quantization.simulator import layer_losses
from skinedge.lowering.recipe import ExportRecipe
from skinedge.lowering.report import Rounded, build_report, check_report_place, report_path, write_report
from skinedge.lowering.sbom import write_sbom
from skinedge.models.checkpoint import Checkpoint, load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.models.inference import InferenceModule, example_inputs
from skinedge.runtime.bundle import PARITY_FILE, Bundle, is_bundle, open_bundle, write_manifest
from skinedge.runtime.engine import program_input
from skinedge.runtime.staging import recover, replacing_folder
from skinedge.runtime.trust import sign_bundle

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SYNTHETIC_LESIONS, GOLDEN, LAYERS_SEEN_ON = 96, 6, 24


@dataclass(frozen=True)
class Exported:
    """What an export made."""

    bundle: Bundle
    comparisons: list[Parity]
    lowered: Lowered
    quantization: Quantization | None
    """For int8: which blocks stayed in float, and how temperature and threshold were fitted."""


def export(
    folder: Path,
    recipe: ExportRecipe,
    out: Path,
    *,
    data: DataSet | None = None,
    key: Ed25519PrivateKey | None = None,
    report: Path | None = None,
) -> Exported:
    """Exports the checkpoint in `folder` to a bundle in `out`.

    int8 is made as the checkpoint was calibrated, or as the recipe says on the photos of `data` where it was not or
    otherwise. The program is compared with fp32 on synthetic lesions, and on the photos where they are given.

    With `key`, the bundle is signed. With `report`, a page on the program is written there, broken limits or not.

    The bundle appears whole or not at all; what `out` held before stays where an export fails or is killed.

    Raises: GateError where the program breaks a limit; LoweringError; ContractError; ConfigError.
    """
    recover(out)
    _refuse_foreign(out)
    if report is not None:
        check_report_place(report)
    backend = BACKENDS[recipe.target]
    checkpoint, card = backend.asking(load_checkpoint(folder)), bundle_card(folder)
    quantization = _quantization(folder, checkpoint, recipe, data) if recipe.precision == "int8" else None
    module, shipped = to_deploy(checkpoint, quantization, backend)
    known, quantization_error = quantization, math.inf
    if recipe.precision == "fp16":  # what takes int8 worst takes float16 worst, too
        known, quantization_error = load_quantization(folder, checkpoint.contract), backend.fp16_error_limit
    float_blocks = known.plan.blocks_in_float(quantization_error) if known else ()
    lowered = backend.lower(module, example_inputs(checkpoint.contract), recipe.precision, float_blocks)
    with replacing_folder(out) as fresh:
        lowered.write(fresh)
        shipped.save(fresh)
        (fresh / CARD_FILE).write_text(card, encoding="utf-8")
        # A manifest for the program to be loaded by, as every user will load it; the final one follows.
        _write_manifest(fresh, recipe)
        synthetic = synthetic_inputs(shipped, SYNTHETIC_LESIONS)
        comparisons = list(_compare(open_bundle(fresh), checkpoint, synthetic, data.with_photos() if data else ()))
        broken = _broken(recipe, lowered, comparisons)
        if report is not None:
            rounded = _rounded(checkpoint, quantization, backend.scheme, synthetic, data) if quantization else None
            write_report(build_report(recipe, lowered, comparisons, broken, rounded), report_path(report, recipe))
        if broken:
            raise GateError(_complaint(broken, comparisons))
        _fill(fresh, shipped, recipe, synthetic, comparisons)
        if key is not None:
            sign_bundle(fresh, key)
    return Exported(open_bundle(out), [comparison.parity() for comparison in comparisons], lowered, quantization)


def to_deploy(
    checkpoint: Checkpoint, quantization: Quantization | None, backend: Backend
) -> tuple[InferenceModule, Contract]:
    """The module for a backend to lower, and the contract that travels with it."""
    module = checkpoint.inference_module()
    if quantization is None:
        return module, checkpoint.contract
    photo, answers = example_inputs(checkpoint.contract)
    with torch.no_grad():
        example = module.pixels(photo), answers
        if backend.quantizes_itself:
            network = correct(checkpoint.net, example, quantization)
        else:
            network = quantize(checkpoint.net, example, quantization, scheme=backend.scheme)
    contract = quantization.plan.recalibrations[backend.scheme].apply(checkpoint.contract)
    return InferenceModule(contract, network), contract


def _quantization(folder: Path, checkpoint: Checkpoint, recipe: ExportRecipe, data: DataSet | None) -> Quantization:
    """What the checkpoint carries where it was calibrated as the recipe wants it, or else what `data` gives."""
    carried = load_quantization(folder, checkpoint.contract)
    if carried is not None and carried.plan.settings == recipe.quantization:
        return carried
    if data is None:
        what = "was calibrated with other settings" if carried else "carries no calibration"
        raise LoweringError(f"{folder} {what}: give photos to calibrate on with --data, or run skinedge calibrate")
    return calibrate(checkpoint, data, recipe.quantization, recipe.limits["int8"])


def _compare(
    bundle: Bundle, checkpoint: Checkpoint, synthetic: SyntheticInputs, records: tuple[Record, ...]
) -> Iterator[Comparison]:
    """The program in its own runtime against fp32 in torch."""
    engine, eager, contract = (
        BACKENDS[bundle.manifest.target].open_program(bundle),
        EagerEngine(checkpoint),
        checkpoint.contract,
    )
    yield Comparison(contract, synthetic.run(eager), synthetic.run(engine), SYNTHETIC, program=bundle.contract)
    if records:
        reference = predict(Model(eager, contract), records, what="photos in fp32")
        candidate = predict(Model(engine, contract), records, what="photos in the program")
        names = tuple(record.image_id for record in records)
        yield Comparison(contract, reference, candidate, "photos", label_indices(records), bundle.contract, names)


def _broken(recipe: ExportRecipe, lowered: Lowered, comparisons: list[Comparison]) -> list[str]:
    return recipe.limits[recipe.precision].broken(
        size_bytes=lowered.size_bytes,
        delegated_share=lowered.delegated_share,
        comparisons=[comparison.parity() for comparison in comparisons],
    )


def _complaint(broken: list[str], comparisons: list[Comparison]) -> str:
    cases = [f"{name} {exact:.3f} to {got:.3f}" for comparison in comparisons for name, exact, got in comparison.worst()]
    return (
        f"nothing was written, the program breaks its recipe: {'; '.join(broken)}. Scores that moved most: "
        f"{', '.join(cases)}. Calibrate on real photos with skinedge calibrate, or train again"
    )


def _rounded(
    checkpoint: Checkpoint, quantization: Quantization, scheme: Scheme, synthetic: SyntheticInputs, data: DataSet | None
) -> Rounded:
    """Looks at the layers of an int8 network on some photos, or on synthetic lesions where there are none."""
    if data is not None:
        records = stratified(data.with_photos(), LAYERS_SEEN_ON)
        samples, seen_on = list(calibration_samples(checkpoint, records)), f"{len(records)} photos"
    else:
        module, some = checkpoint.inference_module(), synthetic.at(range(LAYERS_SEEN_ON))
        photos, answers = map(program_input, some.pixels), torch.from_numpy(some.answers)[:, None]
        with torch.no_grad():
            samples = [(module.pixels(torch.from_numpy(photo)), row) for photo, row in zip(photos, answers, strict=True)]
        seen_on = f"{len(samples)} {SYNTHETIC}"
    layers = layer_losses(checkpoint.net, samples, quantization, scheme)
    return Rounded(plan=quantization.plan, scheme=scheme, layers=layers, seen_on=seen_on)


def _fill(
    fresh: Path, contract: Contract, recipe: ExportRecipe, synthetic: SyntheticInputs, comparisons: list[Comparison]
) -> None:
    """Completes a bundle around its program."""
    on_synthetic = comparisons[0]
    places = spread_indices(on_synthetic.scores[0], GOLDEN)
    write_golden(fresh, synthetic.at(places), on_synthetic.candidate[places], on_synthetic.reference[places])
    lines = ",\n ".join(comparison.parity().model_dump_json() for comparison in comparisons)
    (fresh / PARITY_FILE).write_text(f"[{lines}]\n", encoding="utf-8")
    write_sbom(fresh, contract, recipe.program, made_by=BACKENDS[recipe.target].packages)
    _write_manifest(fresh, recipe)


def _write_manifest(fresh: Path, recipe: ExportRecipe) -> None:
    made_with = {name: importlib.metadata.version(name) for name in BACKENDS[recipe.target].packages}
    write_manifest(
        fresh,
        target=recipe.target,
        precision=recipe.precision,
        program=recipe.program,
        made_with={"skinedge": __version__} | made_with,
    )


def _refuse_foreign(out: Path) -> None:
    """Raises: ConfigError where `out` is something that is not a bundle, which nobody wants to lose."""
    if out.exists() and not is_bundle(out) and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--out {out} exists and is not a bundle: give another folder, or remove it")
