"""Training recipes: how a model is trained. Loading a trained model never needs one."""

from __future__ import annotations

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

    flip_probability: float = Field(default=0.5, ge=0, le=1, description="probability of a flip, in each direction")
    rotation_degrees: float = Field(default=0.0, ge=0, le=180, description="largest turn, either way")
    scale_low: float = Field(default=0.8, gt=0, description="smallest scale")
    scale_high: float = Field(default=1.2, gt=0, description="largest scale")
    shift: float = Field(default=0.0, ge=0, le=1, description="largest shift, as a share of half the side")
    brightness: float = Field(default=0.2, ge=0, lt=1, description="largest change of brightness, as a share")
    contrast: float = Field(default=0.2, ge=0, lt=1, description="largest change of contrast, as a share")
    saturation: float = Field(default=0.2, ge=0, lt=1, description="largest change of saturation, as a share")
    cast: float = Field(default=0.0, ge=0, lt=1, description="largest colour cast, as a share of each channel")
    noise: float = Field(default=3.0, ge=0, description="standard deviation of the noise, in levels of 0 to 255")

    @model_validator(mode="after")
    def _check(self) -> Augmentation:
        if self.scale_low > self.scale_high:
            raise ValueError(f"scale_low must be at most scale_high, got {self.scale_low:g} and {self.scale_high:g}")
        return self


class AnswerDropoutSettings(Frozen):
    """How answers are taken away in training so that a missing answer says nothing about the class."""

    equalize: bool = Field(
        default=True,
        description="missing equally often in every class; without it, a missing answer may give the class away",
    )
    minimum_rate: float = Field(default=0.1, ge=0, lt=1, description="least share of missing answers that masking reaches")
    whole_form_rate: float = Field(default=0.1, ge=0, lt=1, description="share of photos whose answers are all masked")


class Recipe(Frozen):
    """How a model is trained. The defaults of the numbers are the paper's."""

    name: str = Field(description="name of the recipe, for cards and logs")
    backbone: str = Field(default="mobilenet_v2", description="registered network that reads the photo")
    normalization: Literal["imagenet", "symmetric"] = Field(
        default="imagenet", description="range of pixels that the backbone was pretrained with"
    )
    questions: tuple[str, ...] = Field(
        default=tuple(field.name for field in COLUMNS.values()), min_length=1, description="what the model asks"
    )
    fusion: Literal["none", "concat", "metanet", "metablock", "visual_attention", "product"] = Field(
        default="product", description="how features of photo and answers are combined"
    )
    sr_target: Literal["none", "bilinear", "bicubic", "edsr", "ninasr"] = Field(
        default="bilinear", description="how the decoder's target is upscaled; none leaves the decoder out"
    )
    sr_share: float = Field(default=1.0, gt=0, le=1, description="share of each batch that the decoder reconstructs")
    alpha: float = Field(default=0.5, ge=0, description="weight of the classification loss")
    beta: float = Field(default=1.0, ge=0, description="weight of the reconstruction loss")
    class_weight_power: float = Field(default=1.0, ge=0, le=1, description="1 makes up for rare classes, 0 not at all")
    epochs: int = Field(default=70, ge=1, description="passes over the photos")
    batch_size: int = Field(default=32, ge=2, description="photos in a step")
    precision: Literal["32-true", "bf16-mixed"] = Field(
        default="32-true", description="arithmetic of training; bf16-mixed needs a GPU that has it"
    )
    optimizer: Literal["sgd", "adamw"] = Field(default="sgd", description="SGD, as in the paper, or AdamW")
    learning_rate: float = Field(default=0.01, gt=0, description="learning rate at the start, after the warm-up")
    backbone_rate_factor: float = Field(default=1.0, gt=0, description="factor on the learning rate of the backbone")
    momentum: float = Field(default=0.9, ge=0, lt=1, description="momentum of SGD")
    weight_decay: float = Field(default=0.0, ge=0, description="weight decay of the optimizer")
    schedule: Literal["step", "cosine"] = Field(
        default="step", description="how the learning rate falls: in steps, or along a cosine"
    )
    step_epochs: int = Field(default=15, ge=1, description="epochs between two steps")
    step_factor: float = Field(default=0.1, gt=0, description="factor on the learning rate at a step")
    warmup_epochs: int = Field(default=0, ge=0, description="first epochs, in which the learning rate rises")
    dropout: float = Field(default=0.0, ge=0, lt=1, description="dropout before the classifier")
    answers_weight: float = Field(default=0.0, ge=0, description="weight of a head on the answers alone; 0 for none")
    soup: int = Field(default=1, ge=1, description="networks trained from the same start whose weights are averaged")
    distillation_epochs: int = Field(default=0, ge=0, description="epochs in which a soup is distilled from its networks")
    reestimate_batchnorm: bool = Field(
        default=False, description="batch normalisation statistics are re-estimated at the end"
    )
    distillation_share: float = Field(
        default=0.7, ge=0, le=1, description="share of the distillation loss, where teachers are given"
    )
    distillation_temperature: float = Field(
        default=2.0, gt=0, description="temperature of the teachers' probabilities, and of a soup's networks"
    )
    frozen_blocks: int = Field(default=0, ge=0, description="first blocks of the backbone that keep their weights")
    augmentation_cache: bool = Field(
        default=False, description="all networks of a run share the augmented photos: quicker on a CPU"
    )
    side_px: int = Field(default=224, gt=0, multiple_of=32, description="side of the photos that the network sees")
    low_side_px: int = Field(
        default=160,
        gt=0,
        multiple_of=32,
        description="side of the photos in the first epochs, where low_side_epochs says so",
    )
    low_side_epochs: int = Field(default=0, ge=0, description="first epochs, at low_side_px; the rest at side_px")
    seed: int = Field(default=0, description="start of every random choice")
    augmentation: Augmentation = Field(default=Augmentation(), description="random changes of photos; a table of its own")
    answer_dropout: AnswerDropoutSettings = Field(
        default=AnswerDropoutSettings(), description="masking of answers; a table of its own"
    )

    @model_validator(mode="after")
    def _check(self) -> Recipe:
        known = [field.name for field in COLUMNS.values()]
        unknown = [name for name in self.questions if name not in known]
        if unknown:
            raise ValueError(f"unknown question {unknown[0]!r}, expected some of {', '.join(known)}")
        if len(set(self.questions)) < len(self.questions):
            raise ValueError(f"questions must differ, got {', '.join(self.questions)}")
        if self.distillation_epochs and self.soup < 2:
            raise ValueError(
                f"distillation_epochs distils a soup from its networks: soup must be at least 2, got {self.soup}"
            )
        if self.augmentation_cache and self.fusion == "visual_attention":
            raise ValueError(
                "augmentation_cache cannot be true where fusion is visual_attention, which looks into frozen blocks"
            )
        return self

    def changed(self, **settings: object) -> Recipe:
        """The recipe with other values of some settings, by their names.

        With another backbone no block is frozen, as blocks are counted differently in each; and visual attention has no
        augmentation cache, as it looks into blocks that the cache does not hold. Settings that are given hold all the same.

        Raises: ConfigError where there is no such setting, or it cannot have this value.

        Example:
            >>> load_recipe("edge").changed(backbone="resnet50", epochs=3).frozen_blocks
            0
        """
        implied: dict[str, object] = {}
        if settings.get("backbone", self.backbone) != self.backbone:
            implied["frozen_blocks"] = 0
        if settings.get("fusion") == "visual_attention":
            implied["augmentation_cache"] = False
        try:
            return Recipe.model_validate({**self.model_dump(), **implied, **settings})
        except ValidationError as error:
            raise ConfigError(first_problem(error, f"recipe {self.name}")) from None

    def side_px_of(self, epoch: int) -> int:
        """The side of photos in an epoch, counted from 0."""
        return self.low_side_px if epoch < self.low_side_epochs else self.side_px

    def epochs_like(self, epoch: int) -> range:
        """The epochs whose photos are of the same size as those of this one."""
        low = min(self.low_side_epochs, self.epochs)
        return range(low) if epoch < low else range(low, self.epochs)


def load_recipe(name_or_path: str | Path) -> Recipe:
    """A training recipe by its name (`paper`, `edge`) or from a TOML file.

    Raises: ConfigError where there is none, or it says something a recipe does not have.

    Example:
        >>> load_recipe("edge").changed(epochs=1).epochs
        1
    """
    folder = resources.files("skinedge.training") / "recipes"
    named = folder / f"{name_or_path}.toml"
    if named.is_file():
        return parse_toml(named.read_text(encoding="utf-8"), Recipe, f"recipe {name_or_path}")
    path = Path(name_or_path)
    if not path.is_file():
        names = sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))
        raise ConfigError(f"no recipe {str(name_or_path)!r}: expected one of {', '.join(names)}, or a TOML file")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}") from None
    return parse_toml(text, Recipe, str(path))
