"""Training recipes: how a model is trained. Loading a trained model never needs one."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from skinedge.contract import Frozen
from skinedge.errors import ConfigError
from skinedge.questionnaire import COLUMNS
from skinedge.settings import first_problem, parse_toml


class Augmentation(Frozen):
    """Strengths of the random changes. Zero switches one off."""

    flip_chance: float = Field(default=0.5, ge=0, le=1)
    rotation_degrees: float = Field(default=0.0, ge=0, le=180)
    scale_low: float = Field(default=0.8, gt=0)
    scale_high: float = Field(default=1.2, gt=0)
    shift: float = Field(default=0.0, ge=0, le=1)
    brightness: float = Field(default=0.2, ge=0, lt=1)
    contrast: float = Field(default=0.2, ge=0, lt=1)
    saturation: float = Field(default=0.2, ge=0, lt=1)
    cast: float = Field(default=0.0, ge=0, lt=1)
    noise: float = Field(default=3.0, ge=0, description="standard deviation, in levels of 0..255")

    @model_validator(mode="after")
    def _check(self) -> Augmentation:
        if self.scale_low > self.scale_high:
            raise ValueError(f"scale_low must be at most scale_high, got {self.scale_low:g} and {self.scale_high:g}")
        return self


class AnswerDropoutSettings(Frozen):
    """How answers are taken away in training so that a blank says nothing about the class."""

    equalize: bool = Field(default=True, description="blank as often in every class; without, blanks may give a class away")
    minimum_rate: float = Field(default=0.1, ge=0, lt=1)
    whole_form_rate: float = Field(default=0.1, ge=0, lt=1)


class Recipe(Frozen):
    """How a model is trained. The defaults of the numbers are the paper's."""

    name: str
    backbone: str = "mobilenet_v2"
    normalization: Literal["imagenet", "symmetric"] = "imagenet"
    questions: tuple[str, ...] = Field(default=tuple(field.name for field in COLUMNS.values()), min_length=1)
    fusion: Literal["none", "concat", "metanet", "metablock", "visual_attention", "product"] = "product"
    sr_target: Literal["none", "bilinear", "bicubic", "edsr", "ninasr"] = "bilinear"
    sr_share: float = Field(default=1.0, gt=0, le=1, description="share of each batch that the decoder redraws")
    alpha: float = Field(default=0.5, ge=0)
    beta: float = Field(default=1.0, ge=0)
    class_weight_power: float = Field(default=1.0, ge=0, le=1, description="1 makes up for rare classes, 0 not at all")
    epochs: int = Field(default=70, ge=1)
    batch_size: int = Field(default=32, ge=2)
    precision: Literal["32-true", "bf16-mixed"] = "32-true"
    optimizer: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = Field(default=0.01, gt=0)
    backbone_rate_factor: float = Field(default=1.0, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    schedule: Literal["step", "cosine"] = "step"
    step_epochs: int = Field(default=15, ge=1)
    step_factor: float = Field(default=0.1, gt=0)
    warmup_epochs: int = Field(default=0, ge=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    answers_weight: float = Field(default=0.0, ge=0, description="weight of a head on the answers alone; 0 for none")
    soup: int = Field(default=1, ge=1, description="networks trained from the same start whose weights are averaged")
    distillation_epochs: int = Field(
        default=0, ge=0, description="epochs in which a soup learns what its networks say together"
    )
    reestimate_batchnorm: bool = Field(default=False, description="batch normalisation is counted once more, at the end")
    distillation_share: float = Field(default=0.7, ge=0, le=1, description="of the loss, where teachers are given")
    distillation_temperature: float = Field(default=2.0, gt=0, description="of what teachers say, and members of a soup")
    frozen_blocks: int = Field(default=0, ge=0, description="first blocks of the backbone that keep their weights")
    augmentation_cache: bool = Field(
        default=False, description="the same changed photos in all networks of a run: quicker on a CPU"
    )
    side_px: int = Field(default=224, gt=0, multiple_of=32)
    low_side_px: int = Field(default=160, gt=0, multiple_of=32)
    low_side_epochs: int = Field(default=0, ge=0, description="first epochs, at low_side_px; the rest at side_px")
    seed: int = 0
    augmentation: Augmentation = Augmentation()
    answer_dropout: AnswerDropoutSettings = AnswerDropoutSettings()

    @model_validator(mode="after")
    def _check(self) -> Recipe:
        known = [field.name for field in COLUMNS.values()]
        unknown = [name for name in self.questions if name not in known]
        if unknown:
            raise ValueError(f"unknown question {unknown[0]!r}, expected some of {', '.join(known)}")
        if len(set(self.questions)) < len(self.questions):
            raise ValueError(f"questions must differ, got {', '.join(self.questions)}")
        if self.distillation_epochs and self.soup < 2:
            raise ValueError(f"distillation_epochs teaches a soup by its networks: soup must be at least 2, got {self.soup}")
        if self.augmentation_cache and self.fusion == "visual_attention":
            raise ValueError(
                "augmentation_cache cannot be true where fusion is visual_attention, which looks into frozen blocks"
            )
        return self

    def side_px_of(self, epoch: int) -> int:
        """The side of photos in an epoch, counted from 0."""
        return self.low_side_px if epoch < self.low_side_epochs else self.side_px

    def epochs_like(self, epoch: int) -> range:
        """The epochs whose photos are of the same size as those of this one."""
        low = min(self.low_side_epochs, self.epochs)
        return range(low) if epoch < low else range(low, self.epochs)


def load_recipe(name_or_path: str) -> Recipe:
    """A training recipe by its name (`paper`, `edge`) or from a TOML file.

    Raises: ConfigError where there is none, or it says something a recipe does not have.
    """
    folder = resources.files("skinedge.training") / "recipes"
    named = folder / f"{name_or_path}.toml"
    if named.is_file():
        return parse_toml(named.read_text(encoding="utf-8"), Recipe, f"recipe {name_or_path}")
    path = Path(name_or_path)
    if not path.is_file():
        names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
        raise ConfigError(f"no recipe {name_or_path!r}: expected one of {', '.join(names)}, or a TOML file")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from None
    return parse_toml(text, Recipe, str(path))


def changed(recipe: Recipe, changes: Mapping[str, object]) -> Recipe:
    """The recipe with other values of some settings. Raises: ConfigError where one of them cannot be."""
    try:
        return Recipe.model_validate({**recipe.model_dump(), **changes})
    except ValidationError as error:
        raise ConfigError(first_problem(error, f"recipe {recipe.name}")) from None


def with_other_parts(recipe: Recipe, *, backbone: str | None, fusion: str | None) -> Recipe:
    """The recipe with another backbone or fusion, without what it says of its own.

    Blocks are counted differently in every backbone; and visual attention looks into blocks that views do not hold.

    Raises: ConfigError where there is no such fusion.
    """
    changes: dict[str, object] = {}
    if backbone is not None and backbone != recipe.backbone:
        changes |= {"backbone": backbone, "frozen_blocks": 0}
    if fusion is not None:
        changes |= {"fusion": fusion} | ({"augmentation_cache": False} if fusion == "visual_attention" else {})
    return changed(recipe, changes)
