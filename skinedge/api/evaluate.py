"""`evaluate`: how good a model is on a data set, with its protocol beside each number."""

from __future__ import annotations

from pathlib import Path

from skinedge.api.lesion_classifier import LesionClassifier, evaluating
from skinedge.api.load_dataset import as_dataset
from skinedge.api.load_model import DEFAULT, as_folder
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.datasets.splits import SplitName
from skinedge.default_model import default_checkpoint
from skinedge.evaluation import protocols
from skinedge.evaluation.open_models import open_models
from skinedge.evaluation.predict import Model
from skinedge.evaluation.protocols import Evaluation
from skinedge.evaluation.run_folder import inputs_around
from skinedge.models.eager import EagerEngine


def evaluate(model: LesionClassifier | str | Path, data: DataSet | str | Path, *, split: SplitName = "all") -> Evaluation:
    """Asks a model about the photos of a data set and measures its answers, with 95 % intervals over patients.

    Args:
        model: a loaded model, or the folder of a bundle (run in its own runtime), a checkpoint or a training run.
        data: see `load_dataset`.
        split: "all" photos; "grouped" asks the five models of a training run about patients that each never saw;
            "pundhir2022" is a leaking split, for comparison with the paper.

    Returns: metrics, each with its interval. `seen_in_training` says that they tell nothing of new patients.

    Raises:
        ContractError: the folder is none of these, or is damaged.
        ConfigError: fold models are asked about a split, or data, that they were not made for.
        DataError: there is no photo, or one cannot be used.

    Example:
        >>> found = evaluate("default", load_dataset("lesions"))
        >>> found.bacc.value, found.malignancy_sensitivity
    """
    if isinstance(model, LesionClassifier):
        with evaluating(model):
            given = Model(EagerEngine(model), model.contract, inputs_around(model.folder) if model.folder else None)
            return protocols.evaluate((given,), as_dataset(data), split)
    folder = default_checkpoint() if model == DEFAULT else as_folder(model)
    return protocols.evaluate(open_models(folder), as_dataset(data), split)
