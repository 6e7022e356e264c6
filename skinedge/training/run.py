"""`skinedge train`: out-of-fold models first, to choose temperature and threshold on, then the model that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinedge.contract import Contract, ImageSpec, ModelConfig, numbered
from skinedge.datasets.pad_ufes_20 import CREDIT, PUBLISHED_ROWS, DataSet, Record, answer_matrix, label_indices, patient_ids
from skinedge.datasets.splits import FOLDS, grouped_folds, pundhir2022_parts
from skinedge.errors import ConfigError, ContractError
from skinedge.evaluation.out_of_fold import OUT_OF_FOLD_FILE, OutOfFold, fit
from skinedge.evaluation.run_folder import CHECKPOINT, Run, fold_checkpoints
from skinedge.evaluation.run_inputs import RunInputs, photo_hash
from skinedge.models.backbones import NORMALIZATIONS, pixel_range
from skinedge.models.checkpoint import load_checkpoint, save_checkpoint
from skinedge.models.lesion_net import build_network
from skinedge.models.upscalers import upscaler
from skinedge.questionnaire import LABELS, MALIGNANT, fields_named
from skinedge.runtime.staging import replacing_folder
from skinedge.training.augmentation_cache import AugmentationCache
from skinedge.training.distillation import load_teachers
from skinedge.training.finished import card_of
from skinedge.training.folder import alone_in, claim, refuse_foreign
from skinedge.training.inputs import TrainSplit, inputs_of
from skinedge.training.loop import train_one
from skinedge.training.recipe import Recipe, load_recipe
from skinedge.training.tensors import load_tensors

CACHE = "augmentation_cache"


@dataclass(frozen=True)
class Part:
    """A part of a split: the indices of the photos that one model trains on, and of those it is tested on."""

    name: str
    train: NDArray[np.int64]
    test: NDArray[np.int64]


def train(
    data: DataSet,
    recipe: Recipe,
    out: Path,
    *,
    split: TrainSplit,
    weights: str,
    sr_weights: Path | None = None,
    teachers: Sequence[Path] = (),
    devices: int | str = "auto",
) -> Contract:
    """Trains by a recipe, and writes `checkpoint/` with its card, and the predictions of the tested photos, into `out`.

    With `grouped`, it trains five models and tests each on patients it never saw, chooses temperature and threshold on
    their predictions, and trains the final model on all photos. With `pundhir2022`, it trains the final model on that
    split's training part and tests it on its leaking test part. With `none`, it trains one model on all photos, and tests
    and chooses nothing.

    `teachers` are finished runs with the same data, split and questions, whose networks the new ones learn from.

    A run that was stopped resumes; one that is finished is left alone.

    Raises: ConfigError where `out` holds a run of another recipe or other data, another run is at work there, or the loss or
        a weight is no finite number.
    """
    if split not in get_args(TrainSplit):
        raise ConfigError(f"unknown split {split!r}: expected one of {', '.join(get_args(TrainSplit))}")
    refuse_foreign(out)
    # What cannot be trained is found before the folder is marked as this recipe's.
    build_network(contract_of(recipe, weights), weights=weights)
    if recipe.sr_target != "none":
        upscaler(recipe.sr_target, sr_weights)
    inputs = inputs_of(data, recipe, split, weights, sr_weights, teachers)
    with alone_in(out):
        return _train(data, recipe, out, claim(out, inputs), weights, sr_weights, teachers, devices)


def _train(
    data: DataSet,
    recipe: Recipe,
    out: Path,
    inputs: RunInputs,
    weights: str,
    sr_weights: Path | None,
    teachers: Sequence[Path],
    devices: int | str,
) -> Contract:
    records, split = data.with_photos(), inputs.split
    contract = contract_of(recipe, weights).model_copy(
        update={"data_sha256": data.sha256(), "trained_on": _trained_on(data, records, split)}
    )
    tensors = load_tensors(records, contract.fields, contract.image)
    photos = tuple(map(photo_hash, records, tensors.sha256))
    inputs = claim(out, inputs.model_copy(update={"photos": photos}))
    if (done := _finished(out, split)) is not None:
        return done
    cache = (
        AugmentationCache(out / CACHE, tensors.photos, recipe, contract.network, weights)
        if recipe.augmentation_cache
        else None
    )
    parts = _parts(inputs.folds_of(records)) if split == "grouped" else split_parts(data, records, split)
    logits = np.zeros((len(records), len(LABELS)), dtype=np.float32)
    nets = {}
    for part in parts:
        nets[part.name], logits[part.test] = train_one(
            recipe,
            contract,
            tensors,
            part.train,
            part.test,
            out / part.name,
            weights=weights,
            sr_weights=sr_weights,
            teachers=load_teachers(teachers, f"{part.name}/{CHECKPOINT}", recipe, contract, inputs),
            answers_only=_answers_without(data, contract, {records[i].patient_id for i in part.test}),
            cache=cache,
            devices=devices,
        )
    if split == "pundhir2022":
        net = nets["pundhir2022"]
    else:
        every, none = np.arange(len(records)), np.zeros(0, dtype=np.int64)
        net, _ = train_one(
            recipe,
            contract,
            tensors,
            every,
            none,
            out / "final",
            weights=weights,
            sr_weights=sr_weights,
            teachers=load_teachers(teachers, CHECKPOINT, recipe, contract, inputs),
            answers_only=_answers_without(data, contract, set()),
            cache=cache,
            devices=devices,
        )
    if cache is not None:
        cache.remove()
    if torch.distributed.is_initialized() and torch.distributed.get_rank():
        torch.distributed.barrier()
        return contract  # One process writes for all: their results are the same. The others wait until it has.
    made = recipe.model_dump(mode="json")
    tested = None
    if parts:
        tested = OutOfFold.of(contract, data, [part.test for part in parts], logits)
        tested.save(out / OUT_OF_FOLD_FILE)
        for part, chosen in zip(parts, tested.contracts(contract), strict=True):
            with replacing_folder(out / part.name / CHECKPOINT) as fresh:
                save_checkpoint(fresh, nets[part.name], chosen, made)
        contract = fit(contract, tested.logits, tested.labels)
    run = Run(split=split, command=_command(data, recipe, out, split, weights, teachers), made_with=inputs.made_with)
    with replacing_folder(out / CHECKPOINT) as fresh:
        contract = save_checkpoint(fresh, net, contract, made)
        card_of(fresh, run, data, tested)
    run.save(out)  # Last, because its presence says that the run is finished.
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
    return contract


def contract_of(recipe: Recipe, weights: str = "none") -> Contract:
    """The contract of a network of this recipe, before training and calibration.

    Args:
        weights: those that the backbone starts from, which decide its range of pixels.
    """
    pixels = pixel_range(recipe.backbone, weights) or NORMALIZATIONS[recipe.normalization]
    return Contract(
        model_name=f"{recipe.name}-{recipe.backbone}",
        labels=LABELS,
        malignant_labels=MALIGNANT,
        image=ImageSpec(side_px=2 * recipe.side_px),
        fields=numbered(fields_named(recipe.questions)),
        model=ModelConfig(
            backbone=recipe.backbone,
            fusion=recipe.fusion,
            side_px=recipe.side_px,
            pixel_mean=pixels.mean,
            pixel_std=pixels.std,
            answers_head_weight=recipe.answers_weight,
        ),
    )


def split_parts(data: DataSet, records: tuple[Record, ...], split: TrainSplit) -> list[Part]:
    """The models that a split asks for."""
    if split == "none":
        return []
    if split == "pundhir2022":
        test = pundhir2022_parts(data, records) == "test"
        return [Part("pundhir2022", np.flatnonzero(~test), np.flatnonzero(test))]
    return _parts(grouped_folds(records))


def _parts(folds: NDArray[np.int64]) -> list[Part]:
    return [Part(f"fold{k}", np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(FOLDS)]


def _answers_without(data: DataSet, contract: Contract, patients: set[str]) -> tuple[Tensor, Tensor]:
    """Answers (M, F) and labels (M,) of all rows, with a photo or not, except those of some patients."""
    rows = tuple(record for record in data.records if record.patient_id not in patients)
    return torch.from_numpy(answer_matrix(rows, contract.fields)), torch.from_numpy(label_indices(rows))


def _command(data: DataSet, recipe: Recipe, out: Path, split: TrainSplit, weights: str, teachers: Sequence[Path]) -> str:
    """The command that repeats this run, with the names of folders in place of their paths."""
    try:
        named = load_recipe(recipe.name)
    except ConfigError:  # A recipe of the user's own file.
        named = recipe
    names = {"backbone": "backbone", "fusion": "fusion", "sr_target": "sr-target", "epochs": "epochs", "seed": "seed"}
    other = [
        f" --{option} {getattr(recipe, key)}" for key, option in names.items() if getattr(recipe, key) != getattr(named, key)
    ]
    options = "".join(other + [f" --teacher {teacher.name}" for teacher in teachers])
    return (
        f"skinedge train --recipe {recipe.name} --split {split} --weights {Path(weights).name}{options} "
        f"--data {data.folder.resolve().name} --out {out.name}"
    )


def _trained_on(data: DataSet, records: tuple[Record, ...], split: TrainSplit) -> str:
    patients = len(set(patient_ids(records)))
    text = (
        f"{len(records):,} photos of {patients:,} patients and the answers of {len(data.records):,} rows "
        f"from {data.folder.resolve().name} (PAD-UFES-20 has {PUBLISHED_ROWS:,} images); {CREDIT}"
    )
    if split == "pundhir2022":
        text += "; tested on a split that has the same patients in training and test: its figures are too good"
    return text


def _finished(out: Path, split: TrainSplit) -> Contract | None:
    """The contract of a finished and sound run, which is then left alone: what was chosen or calibrated since stays."""
    try:
        Run.load(out)
        if split != "none":
            OutOfFold.load(out / OUT_OF_FOLD_FILE)
        for folder in fold_checkpoints(out):
            load_checkpoint(folder)
        return load_checkpoint(out / CHECKPOINT).contract
    except ContractError:
        return None
