"""Changed photos that all networks of a run share, and what frozen blocks make of them.

The networks of a run (of the five folds, and the one that is kept) see other photos, but need no other changes of them; and
blocks that keep their pretrained weights say the same in all of them, so that they need to run once only.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save
from torch import Tensor

from skinedge.files import write_whole
from skinedge.models.backbones import NORMALIZATIONS, with_weights
from skinedge.preprocess.pipeline import Enhance, Normalize
from skinedge.progress import track
from skinedge.training.augmentation import augment
from skinedge.training.recipe import Recipe

BATCH = 32


@dataclass(frozen=True)
class AugmentedPhotos:
    """Every photo of the data set, changed at random once and enhanced."""

    rgb: Tensor
    """(N, 3, side, side) uint8."""
    maps: Tensor
    """(N, C, h, w) float16: what the frozen blocks say of it."""


class AugmentationCache:
    """One view an epoch, made when the first network comes to that epoch, and kept in a folder for the others."""

    def __init__(self, folder: Path, photos: Tensor, recipe: Recipe, weights: str) -> None:
        """`photos` is (N, 3, S, S) uint8; `weights` are the backbone's, as in `backbones.with_weights`."""
        self.folder, self.photos, self.recipe = folder, photos, recipe
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)  # what every network of the run starts from, even where there are no weights
            frozen = with_weights(recipe.backbone, weights).features[: recipe.frozen_blocks]
        self.frozen = frozen.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.normalize = Normalize(*NORMALIZATIONS[recipe.normalization])

    def of(self, epoch: int, soup_index: int = 0) -> AugmentedPhotos:
        """The view of an epoch. Members of a soup see the views of one size in another order."""
        alike = self.recipe.epochs_like(epoch)
        epoch = alike[(epoch - alike.start + soup_index) % len(alike)]
        file = self.folder / f"{epoch}.safetensors"
        if not file.exists():
            self._make(epoch, file)
        stored = load_file(file)
        return AugmentedPhotos(stored["rgb"], stored["maps"])

    def remove(self) -> None:
        """Gives the disk back. A view that is asked for again is made again, the same."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make(self, epoch: int, file: Path) -> None:
        side_px = self.recipe.side_px_of(epoch)
        enhance = Enhance(side_px)
        rgb, maps = [], []
        # Chance depends on the epoch alone, so that a run that was stopped goes on with the same views.
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(self.recipe.seed * 10_007 + epoch * 101)
            for photos in track(torch.split(self.photos, BATCH), f"changing photos for epoch {epoch}"):
                seen = enhance(augment(photos, side_px, self.recipe.augmentation))
                pixels = self.normalize(seen).contiguous(memory_format=torch.channels_last)
                rgb.append(seen.round().to(torch.uint8))
                maps.append(self.frozen(pixels).half().contiguous())
        write_whole(file, save({"rgb": torch.cat(rgb), "maps": torch.cat(maps)}))
