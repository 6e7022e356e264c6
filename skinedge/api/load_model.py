"""`load_model`: a checkpoint as a torch module."""

from __future__ import annotations

from pathlib import Path

from skinedge.api.lesion_classifier import LesionClassifier
from skinedge.default_model import default_checkpoint
from skinedge.errors import ConfigError
from skinedge.evaluation.run_folder import checkpoint_in
from skinedge.models.checkpoint import load_checkpoint

DEFAULT = "default"
"""What names the model of this install; a folder of that name is `./default`."""


def load_model(model: str | Path = DEFAULT) -> LesionClassifier:
    """Returns a trained classifier in float32, in eval mode, on the CPU.

    Args:
        model: "default" for the model of this install, or the folder of a checkpoint or of a training run.

    Raises:
        ConfigError: this install has no model of its own, or does not know the backbone: see `register_backbone`.
        ContractError: the folder holds no checkpoint, or a damaged one.

    Example:
        >>> model = load_model("default")
        >>> model.predict(["spot.jpg"], [{"age_years": 63, "itch": "yes"}]).decisions
        ('refer',)
    """
    folder = default_checkpoint() if model == DEFAULT else checkpoint_in(as_folder(model))
    loaded = load_checkpoint(folder)
    return LesionClassifier(loaded.contract, loaded.net, folder=folder).eval()


def as_folder(model: object) -> Path:
    """The path of a model's folder. Raises: ConfigError where it is no path."""
    if isinstance(model, str | Path):
        return Path(model)
    raise ConfigError(f"got {type(model).__name__} for a model, expected the folder of a checkpoint or of a training run")
