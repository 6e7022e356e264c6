"""`skinedge train`: out-of-fold models first, to choose temperature and threshold on, then the model that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from skinedge.config import Recipe
from skinedge.contract import Contract, ImageSpec, Threshold, numbered
from skinedge.data.pad_ufes_20 import CREDIT, PUBLISHED_ROWS, DataSet, Record, answer_matrix, label_indices, patient_ids
from skinedge.data.splits import FOLDS, grouped_folds, pundhir2022_parts
from skinedge.errors import ConfigError
from skinedge.evaluation.baseline import answers_only
from skinedge.evaluation.calibration import fit_temperature, refer_threshold
from skinedge.evaluation.card import Card, save_card
from skinedge.evaluation.metrics import Metrics, Predictions, measure
from skinedge.models.backbones import pixel_range
from skinedge.questionnaire import LABELS, MALIGNANT, fields_named
from skinedge.training.checkpoint import RECIPE_FILE, save_checkpoint
from skinedge.training.loop import train_one
from skinedge.training.tensors import load_tensors

CHECKPOINT = "checkpoint"
TARGET_SENSITIVITY = 0.95
TrainSplit = Literal["grouped", "pundhir2022", "none"]


@dataclass(frozen=True)
class Part:
    """One model to train for testing: which rows it learns from and which it has never seen."""

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
    devices: int | str = "auto",
) -> Contract:
    """Trains by a recipe and leaves `checkpoint/` in `out`, with its card.

    With `grouped`, five models are trained and tested on patients they never saw; temperature and threshold are chosen on
    their answers; the kept model is trained on all photos. With `pundhir2022`, the kept model is trained on that split's
    training part and tested on its leaking test part. With `none`, one model is trained on all photos and nothing is
    tested or chosen.

    A run that was stopped goes on where it was. Raises: ConfigError where `out` holds a run of another recipe.
    """
    # A range of pixels belongs to the weights, whatever the recipe was written for.
    recipe = recipe.model_copy(update={"normalization": pixel_range(recipe.backbone, weights) or recipe.normalization})
    _claim(out, recipe)
    records = data.with_photos()
    contract = Contract(
        model_name=f"{recipe.name}-{recipe.backbone}",
        backbone=recipe.backbone,
        fusion=recipe.fusion,
        labels=LABELS,
        malignant_labels=MALIGNANT,
        image=ImageSpec(side_px=2 * recipe.side_px),
        fields=numbered(fields_named(recipe.questions)),
        data_sha256=data.sha256(),
        trained_on=_trained_on(data, records, split),
    )
    tensors = load_tensors(records, contract.fields, contract.image)
    parts = split_parts(data, records, split)
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
            answers_only=_answers_without(data, contract, {records[i].patient_id for i in part.test}),
            devices=devices,
        )
    if split == "pundhir2022":
        net = nets["pundhir2022"]
    else:
        every, nobody = np.arange(len(records)), np.zeros(0, dtype=np.int64)
        net, _ = train_one(
            recipe,
            contract,
            tensors,
            every,
            nobody,
            out / "final",
            weights=weights,
            sr_weights=sr_weights,
            answers_only=_answers_without(data, contract, set()),
            devices=devices,
        )
    metrics, baseline = None, None
    if parts:
        chosen, metrics = _choose(contract, logits, records, parts)
        for part in parts:
            save_checkpoint(out / part.name / CHECKPOINT, nets[part.name], chosen[part.name], recipe)
        contract = chosen["final"]
        baseline = answers_only(records, contract, [(part.train, part.test) for part in parts])
    contract = save_checkpoint(out / CHECKPOINT, net, contract, recipe)
    command = (
        f"skinedge train --recipe {recipe.name} --split {split} --weights {Path(weights).name} "
        f"--data {data.folder.resolve().name} --out {out.name}"
    )
    card = Card(contract=contract, recipe=recipe, split=split, command=command, metrics=metrics, baseline=baseline)
    save_card(out / CHECKPOINT, card)
    return contract


def split_parts(data: DataSet, records: tuple[Record, ...], split: TrainSplit) -> list[Part]:
    """The models that a split asks for."""
    if split == "none":
        return []
    if split == "pundhir2022":
        test = pundhir2022_parts(data, records) == "test"
        return [Part("pundhir2022", np.flatnonzero(~test), np.flatnonzero(test))]
    folds = grouped_folds(records)
    return [Part(f"fold{k}", np.flatnonzero(folds != k), np.flatnonzero(folds == k)) for k in range(FOLDS)]


def _answers_without(data: DataSet, contract: Contract, patients: set[str]) -> tuple[Tensor, Tensor]:
    """Answers (M, F) and labels (M,) of all rows, with a photo or not, but those of some patients."""
    rows = tuple(record for record in data.records if record.patient_id not in patients)
    return torch.from_numpy(answer_matrix(rows, contract.fields)), torch.from_numpy(label_indices(rows))


def fold_checkpoints(out: Path) -> list[Path]:
    """The checkpoints of the five fold models of a run with `grouped`, in the order of the folds; else none."""
    folders = [out / f"fold{k}" / CHECKPOINT for k in range(FOLDS)]
    return folders if all(folder.is_dir() for folder in folders) else []


def _choose(
    contract: Contract, logits: NDArray[np.float32], records: tuple[Record, ...], parts: list[Part]
) -> tuple[dict[str, Contract], Metrics]:
    """Chooses temperature and threshold on all out-of-fold answers, and measures the choice honestly.

    What is measured for a fold uses the temperature and threshold that the other folds give.

    Returns: a contract for each part's model and one for the `final` model; the out-of-fold metrics.
    """
    labels = label_indices(records)
    tested = np.concatenate([part.test for part in parts])
    probabilities = np.zeros(logits.shape)
    thresholds = np.zeros(len(labels))
    chosen = {"final": _fitted(contract, logits[tested], labels[tested])}
    for part in parts:
        others = np.setdiff1d(tested, part.test) if len(parts) > 1 else part.test
        chosen[part.name] = _fitted(contract, logits[others], labels[others])
        probabilities[part.test] = softmax(logits[part.test] / chosen[part.name].temperature)
        thresholds[part.test] = chosen[part.name].refer.value
    predictions = Predictions.of(
        contract, probabilities[tested], labels[tested], patient_ids(records)[tested], refer_threshold=thresholds[tested]
    )
    return chosen, measure(predictions)


def _fitted(contract: Contract, logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Contract:
    """The contract with the temperature and threshold that suit these answers best."""
    temperature = fit_temperature(logits, labels)
    scores = softmax(logits / temperature)[:, contract.malignant_positions].sum(axis=1)
    malignant = np.isin(labels, contract.malignant_positions)
    threshold = Threshold(
        value=refer_threshold(scores, malignant, sensitivity=TARGET_SENSITIVITY),
        chosen_on=f"{len(labels)} photos, each judged by a model that had not been trained on it",
        target_sensitivity=TARGET_SENSITIVITY,
    )
    return contract.model_copy(update={"temperature": temperature, "refer": threshold})


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N, L) logits to (N, L) probabilities."""
    shifted = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _trained_on(data: DataSet, records: tuple[Record, ...], split: TrainSplit) -> str:
    patients = len(set(patient_ids(records)))
    text = (
        f"{len(records):,} photos of {patients:,} patients and the answers of {len(data.records):,} rows "
        f"from {data.folder.resolve().name} (PAD-UFES-20 has {PUBLISHED_ROWS:,} images); {CREDIT}"
    )
    if split == "pundhir2022":
        text += "; tested on a split that has the same patients on both sides: its figures are too good"
    return text


def _claim(out: Path, recipe: Recipe) -> None:
    """Marks the folder as this recipe's."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ConfigError(f"--out {out} is a file: give a folder") from None
    mark = out / RECIPE_FILE
    wanted = recipe.model_dump_json(indent=2) + "\n"
    if mark.exists() and mark.read_text(encoding="utf-8") != wanted:
        raise ConfigError(f"{out} holds a run with other settings: give another --out, or delete that folder")
    mark.write_text(wanted, encoding="utf-8")
