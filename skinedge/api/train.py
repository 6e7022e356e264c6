"""`train`: from a data set to a checkpoint, and to the model in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skinedge.api.lesion_classifier import LesionClassifier
from skinedge.api.load_dataset import as_dataset
from skinedge.api.load_model import load_model
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.files import check_place, explaining
from skinedge.training import run
from skinedge.training.inputs import TrainSplit
from skinedge.training.recipe import Recipe, load_recipe


@explaining()
def train(
    data: DataSet | str | Path,
    *,
    out: str | Path,
    recipe: Recipe | str | Path = "edge",
    split: TrainSplit = "grouped",
    weights: str | Path = "imagenet",
    sr_weights: str | Path | None = None,
    teachers: Sequence[str | Path] = (),
    devices: int | str = "auto",
) -> LesionClassifier:
    """Trains a model and leaves its checkpoint with its card in `out`. A run that was stopped goes on where it was.

    Args:
        data: see `load_dataset`.
        out: folder of the run.
        recipe: the name of a recipe, a TOML file, or one in memory: `load_recipe("edge").changed(epochs=1)`.
        split: what to test on. "grouped" also trains five fold models on patients that each never saw, and chooses
            temperature and threshold on their answers; "pundhir2022" leaks; "none" tests nothing.
        weights: what the backbone starts from: "imagenet" (downloads), "none", or a safetensors file. A registered
            backbone has those of its factory.
        sr_weights: of the targets edsr and ninasr of the decoder.
        teachers: folders of finished runs, with the same data and split, whose networks the new one learns from.
        devices: how many GPUs or processes.

    Returns: the model, in eval mode, on the CPU.

    Raises:
        ConfigError: the recipe cannot be used, `out` holds a run with other settings or data, another run is at work there,
            nothing can be written there, or the loss is no finite number.
        DataError: there is no photo, one cannot be used, or there are too few patients for the split.

    Example:
        >>> recipe = load_recipe("edge").changed(epochs=1, soup=1)
        >>> model = train(load_dataset("lesions"), out="run", recipe=recipe, split="none", weights="none")
    """
    settings = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    check_place(Path(out), "out", "folder")
    run.train(
        as_dataset(data),
        settings,
        Path(out),
        split=split,
        weights=str(weights),
        sr_weights=None if sr_weights is None else Path(sr_weights),
        teachers=tuple(map(Path, teachers)),
        devices=devices,
    )
    return load_model(Path(out))
