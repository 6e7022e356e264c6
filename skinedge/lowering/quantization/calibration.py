"""`skinedge calibrate`: what int8 needs to know of photos, measured once and kept beside the weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np
import torch

from skinedge.datasets.pad_ufes_20 import DataSet, Record, answer_matrix
from skinedge.lowering.gates import Limits
from skinedge.lowering.parity.comparison import SYNTHETIC
from skinedge.lowering.parity.golden import SEED, SyntheticInputs, synthetic_inputs
from skinedge.lowering.quantization.observers import Sample, insert_observers, measure_ranges
from skinedge.lowering.quantization.plan import (
    Quantization,
    QuantizationPlan,
    Settings,
    corrections_sha256,
    save_quantization,
)
from skinedge.lowering.quantization.sensitivity import choose_float_blocks
from skinedge.lowering.quantization.simulator import Simulator
from skinedge.models.checkpoint import Checkpoint, load_checkpoint
from skinedge.preprocess.photo import load_photo
from skinedge.progress import track
from skinedge.questionnaire import LABELS
from skinedge.runtime.engine import program_input

NOT_RECORDED = "not recorded"
BATCH = 34
"""Photos that pass together: see `correct_biases`. Those over a multiple of it are left out."""


def calibrate_checkpoint(folder: Path, data: DataSet, settings: Settings, limits: Limits) -> Quantization:
    """Calibrates the network in `folder` on photos, and keeps what was found beside its weights."""
    quantization = calibrate(load_checkpoint(folder), data, settings, limits)
    save_quantization(folder, quantization)
    return quantization


def calibrate(checkpoint: Checkpoint, data: DataSet, settings: Settings, limits: Limits) -> Quantization:
    """Measures ranges, chooses blocks for float, corrects biases and recalibrates temperature and thresholds on photos.

    Args:
        limits: what the int8 network is to keep on the photos.

    Raises: LoweringError where nothing keeps the limits; DataError where there is no photo.
    """
    records = stratified(data.with_photos(), settings.calibration_photos)
    batch = min(BATCH, len(records))
    records = records[: len(records) // batch * batch]
    return _calibrate(
        checkpoint,
        in_batches(calibration_samples(checkpoint, records), batch),
        settings,
        limits,
        described_as="calibration photos",
        data_sha256=data.sha256(),
        classes=Counter(record.label for record in records),
        skin_types=Counter(map(skin_type, records)),
    )


def calibrate_on_synthetic_lesions(checkpoint: Checkpoint, settings: Settings, limits: Limits) -> Quantization:
    """The same on synthetic lesions, other than those of the gates, for a network that nobody has photos for.

    The plan, and the thresholds of the contract, say so. Raises: LoweringError where nothing keeps the limits.
    """
    inputs = synthetic_inputs(checkpoint.contract, 2 * BATCH, seed=SEED + 1)
    return _calibrate(
        checkpoint,
        in_batches(synthetic_samples(checkpoint, inputs), BATCH),
        settings,
        limits,
        described_as=SYNTHETIC,
        data_sha256=None,
        classes=Counter(inputs.labels),
        skin_types=Counter(),
    )


def _calibrate(
    checkpoint: Checkpoint,
    samples: list[Sample],
    settings: Settings,
    limits: Limits,
    *,
    described_as: str,
    data_sha256: str | None,
    classes: Counter[str],
    skin_types: Counter[str],
) -> Quantization:
    observed = insert_observers(checkpoint.net, samples[0], per_channel=settings.per_channel)
    ranges = measure_ranges(observed, track(samples, "measuring ranges"))
    simulator = Simulator(observed, ranges, samples[0])
    chosen = choose_float_blocks(simulator, samples, checkpoint.contract, limits, described_as=described_as)
    plan = QuantizationPlan(
        weights_sha256=checkpoint.contract.weights_sha256,
        data_sha256=data_sha256,
        settings=settings,
        samples=described_as,
        classes=dict(sorted(classes.items())),
        skin_types=dict(sorted(skin_types.items())),
        ranges=ranges,
        quantization_error=chosen.quantization_error,
        float_blocks=chosen.float_blocks,
        corrections_sha256=corrections_sha256(chosen.corrections),
        recalibrations=chosen.recalibrations,
    )
    return Quantization(plan, chosen.corrections)


def synthetic_samples(checkpoint: Checkpoint, inputs: SyntheticInputs) -> Iterator[Sample]:
    """What the network sees of synthetic lesions, one at a time."""
    module, answers = checkpoint.inference_module(), torch.from_numpy(inputs.answers)
    for position, pixels in enumerate(inputs.pixels):
        with torch.no_grad():
            yield module.pixels(torch.from_numpy(program_input(pixels))), answers[position : position + 1]


def calibration_samples(checkpoint: Checkpoint, records: tuple[Record, ...]) -> Iterator[Sample]:
    """What the network sees of these records, one at a time."""
    contract, module = checkpoint.contract, checkpoint.inference_module()
    answers = torch.from_numpy(answer_matrix(records, contract.fields))
    for position, record in enumerate(track(records, "preparing photos")):
        assert record.photo is not None
        photo = torch.from_numpy(program_input(load_photo(record.photo, contract.image)))
        with torch.no_grad():
            yield module.pixels(photo), answers[position : position + 1]


def in_batches(samples: Iterable[Sample], size: int) -> list[Sample]:
    """Samples of one photo as samples of `size` photos each."""
    single = list(samples)
    groups = [single[start : start + size] for start in range(0, len(single), size)]
    return [(torch.cat([pixels for pixels, _ in group]), torch.cat([answers for _, answers in group])) for group in groups]


def stratified(records: tuple[Record, ...], count: int) -> tuple[Record, ...]:
    """At most `count` records, as many of each label as there are, and within a label of each skin type, in a fixed order.

    Rare ones come whole: ranges that never saw a melanoma, or dark skin, would clip what they look like.
    """
    rng = np.random.default_rng(0)
    queues = []
    for label in LABELS:
        of_label = [record for record in records if record.label == label]
        rng.shuffle(of_label)
        types = sorted({skin_type(record) for record in of_label})
        queues.append(_in_turn([[r for r in of_label if skin_type(r) == kind] for kind in types]))
    return tuple(_in_turn(queues)[:count])


def skin_type(record: Record) -> str:
    """The Fitzpatrick type in words."""
    answer = record.answers["fitzpatrick_type"]
    return NOT_RECORDED if answer is None else f"type {float(answer):.0f}"


def _in_turn(queues: list[list[Record]]) -> list[Record]:
    """One of each queue, then the next of each, until all are empty."""
    return [record for record in chain.from_iterable(zip_longest(*queues)) if record is not None]
