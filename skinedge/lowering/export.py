"""Where an export starts: from a checkpoint to a bundle that keeps its recipe's limits, or to nothing."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from skinedge import __version__
from skinedge.contract import Contract
from skinedge.datasets.pad_ufes_20 import DataSet, Record, label_indices
from skinedge.errors import ConfigError, GateError, LoweringError
from skinedge.evaluation.card import CARD_FILE, bundle_card
from skinedge.evaluation.predict import Model, predict
from skinedge.lowering.backends.lowered import Lowered
from skinedge.lowering.backends.registry import Backend, get_backend
from skinedge.lowering.network import count_weights, prepare_module
from skinedge.lowering.parity.comparison import SYNTHETIC, Comparison, Parity
from skinedge.lowering.parity.golden import SyntheticInputs, spread_indices, synthetic_inputs, write_golden
from skinedge.lowering.precision import ProgramPrecision, decide_precision
from skinedge.lowering.quantization.calibration import calibrate, calibration_samples, stratified, synthetic_samples
from skinedge.lowering.quantization.layer_errors import quantized_layer_errors
from skinedge.lowering.quantization.plan import Quantization, load_quantization
from skinedge.lowering.recipe import ExportRecipe
from skinedge.lowering.report import QuantizationReport, build_report, check_report_place, report_path, write_report
from skinedge.lowering.sbom import write_sbom
from skinedge.models.checkpoint import Checkpoint, load_checkpoint
from skinedge.models.eager import EagerEngine
from skinedge.models.inference import example_inputs
from skinedge.runtime.bundle import PARITY_FILE, Bundle, is_bundle, open_bundle, write_manifest
from skinedge.runtime.staging import recover, replacing_folder
from skinedge.runtime.trust import sign_bundle

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SYNTHETIC_LESIONS, GOLDEN, LAYERS_COMPARED_ON = 96, 6, 24


@dataclass(frozen=True)
class Exported:
    """What an export made."""

    bundle: Bundle
    comparisons: list[Parity]
    lowered: Lowered
    precision: ProgramPrecision
    """What each block computes in, and for int8 how temperature and thresholds were fitted."""


def export_checkpoint(
    folder: Path,
    recipe: ExportRecipe,
    out: Path,
    *,
    data: DataSet | None = None,
    key: Ed25519PrivateKey | None = None,
    report: Path | None = None,
) -> Exported:
    """Exports the checkpoint in `folder` to a bundle in `out`, with its card: see `export`.

    int8 is made as the checkpoint was calibrated, or as the recipe says on the photos of `data` where it was not or
    otherwise.

    Raises: see `export`; LoweringError where it was not calibrated as the recipe says, and no photo is given.
    """
    check_out(out)
    checkpoint, card = load_checkpoint(folder), bundle_card(folder)
    quantization = load_quantization(folder, checkpoint.contract) if recipe.precision != "fp32" else None
    if recipe.precision == "int8" and (quantization is None or quantization.plan.settings != recipe.quantization):
        if data is None:
            what = "was calibrated with other settings" if quantization else "carries no calibration"
            raise LoweringError(f"{folder} {what}: give photos to calibrate on with --data, or run skinedge calibrate")
        quantization = calibrate(checkpoint, data, recipe.quantization, recipe.limits["int8"])
    return export(checkpoint, recipe, out, quantization=quantization, card=card, data=data, key=key, report=report)


def export(
    checkpoint: Checkpoint,
    recipe: ExportRecipe,
    out: Path,
    *,
    quantization: Quantization | None = None,
    card: str,
    data: DataSet | None = None,
    key: Ed25519PrivateKey | None = None,
    report: Path | None = None,
) -> Exported:
    """Exports a network with its contract to a bundle in `out`.

    The program is compared with fp32 on synthetic lesions, and on the photos of `data` where they are given. The bundle
    appears whole or not at all; what `out` held before stays where an export fails or is killed.

    Args:
        quantization: how int8 is made, and which blocks fp16 leaves in float32: see `quantization.calibration.calibrate`.
        card: the model card, in Markdown.
        key: signs the bundle.
        report: for a page on the program, broken limits or not.

    Raises: GateError where the program breaks a limit; LoweringError; ContractError; ConfigError.
    """
    check_out(out)
    if report is not None:
        check_report_place(report)
    backend = get_backend(recipe.target)
    backend.require_packages()
    precision = decide_precision(backend, recipe.precision, quantization)
    checkpoint = replace(checkpoint, contract=backend.require_runtimes(checkpoint.contract))
    module = prepare_module(checkpoint, precision, quantizes_weights_itself=backend.quantizes_weights_itself)
    contract = module.contract
    lowered = backend.lower(module, example_inputs(checkpoint.contract), precision)
    with replacing_folder(out) as fresh:
        lowered.write(fresh)
        contract.save(fresh)
        (fresh / CARD_FILE).write_text(card, encoding="utf-8")
        # A manifest for the program to be loaded by, as every user will load it; the final one follows.
        _write_manifest(fresh, recipe, backend)
        synthetic = synthetic_inputs(contract, SYNTHETIC_LESIONS)
        records = data.with_photos() if data else ()
        comparisons = list(_compare(open_bundle(fresh), backend, checkpoint, synthetic, records))
        broken = recipe.limits[recipe.precision].broken(
            weights=count_weights(checkpoint.net),
            size_bytes=lowered.size_bytes,
            delegated_share=lowered.delegated_share,
            comparisons=[comparison.parity() for comparison in comparisons],
        )
        if report is not None:
            layers = _report_quantization(checkpoint, precision, synthetic, data)
            write_report(build_report(recipe, lowered, comparisons, broken, layers), report_path(report, recipe))
        if broken:
            raise GateError(_complaint(broken, comparisons))
        _fill(fresh, contract, recipe, backend, synthetic, comparisons)
        if key is not None:
            sign_bundle(fresh, key)
    return Exported(open_bundle(out), [comparison.parity() for comparison in comparisons], lowered, precision)


def check_out(out: Path) -> None:
    """Clears what a killed export left beside `out`.

    Raises: ConfigError where `out` is something that is not a bundle, which nobody wants to lose.
    """
    recover(out)
    if out.exists() and not is_bundle(out) and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"--out {out} exists and is not a bundle: give another folder, or remove it")


def _compare(
    bundle: Bundle, backend: Backend, checkpoint: Checkpoint, synthetic: SyntheticInputs, records: tuple[Record, ...]
) -> Iterator[Comparison]:
    """The program in its own runtime against fp32 in torch."""
    engine, eager, contract = backend.open_program(bundle), EagerEngine(checkpoint), checkpoint.contract
    yield Comparison(contract, synthetic.run(eager), synthetic.run(engine), SYNTHETIC, program=bundle.contract)
    if records:
        reference = predict(Model(eager, contract), records, what="photos in fp32")
        candidate = predict(Model(engine, contract), records, what="photos in the program")
        names = tuple(record.image_id for record in records)
        yield Comparison(contract, reference, candidate, "photos", label_indices(records), bundle.contract, names)


def _complaint(broken: list[str], comparisons: list[Comparison]) -> str:
    cases = [f"{name} {exact:.3f} to {got:.3f}" for comparison in comparisons for name, exact, got in comparison.worst()]
    return (
        f"nothing was written, the program breaks its recipe: {'; '.join(broken)}. Scores that moved most: "
        f"{', '.join(cases)}. Calibrate on real photos with skinedge calibrate, or train again"
    )


def _report_quantization(
    checkpoint: Checkpoint, precision: ProgramPrecision, synthetic: SyntheticInputs, data: DataSet | None
) -> QuantizationReport | None:
    """The error of each layer of an int8 network on some photos, or on synthetic lesions; None where nothing is int8."""
    if precision.quantization is None:
        return None
    if data is not None:
        records = stratified(data.with_photos(), LAYERS_COMPARED_ON)
        samples, compared_on = list(calibration_samples(checkpoint, records)), f"{len(records)} photos"
    else:
        samples = list(synthetic_samples(checkpoint, synthetic.at(range(LAYERS_COMPARED_ON))))
        compared_on = f"{len(samples)} {SYNTHETIC}"
    layers = quantized_layer_errors(checkpoint.net, samples, precision.quantization, precision.scheme)
    plan = precision.quantization.plan
    return QuantizationReport(plan=plan, scheme=precision.scheme, layers=layers, compared_on=compared_on)


def _fill(
    fresh: Path,
    contract: Contract,
    recipe: ExportRecipe,
    backend: Backend,
    synthetic: SyntheticInputs,
    comparisons: list[Comparison],
) -> None:
    """Completes a bundle around its program."""
    on_synthetic = comparisons[0]
    indices = spread_indices(on_synthetic.scores[0], GOLDEN)
    write_golden(fresh, synthetic.at(indices), on_synthetic.candidate[indices], on_synthetic.reference[indices])
    lines = ",\n ".join(comparison.parity().model_dump_json() for comparison in comparisons)
    (fresh / PARITY_FILE).write_text(f"[{lines}]\n", encoding="utf-8")
    write_sbom(fresh, contract, recipe.program, made_by=backend.packages)
    _write_manifest(fresh, recipe, backend)


def _write_manifest(fresh: Path, recipe: ExportRecipe, backend: Backend) -> None:
    made_with = {name: importlib.metadata.version(name) for name in backend.packages}
    write_manifest(
        fresh,
        target=recipe.target,
        precision=recipe.precision,
        program=recipe.program,
        made_with={"skinedge": __version__} | made_with,
    )
