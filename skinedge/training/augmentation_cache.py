"""The augmentation cache: photos augmented once for all networks of a run, and their features from the frozen blocks.

The networks of a run (one for each of the five folds, and the final one) train on different photos, but can share the
augmentations. Frozen blocks keep their pretrained weights, so that their output is the same in every network.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from skinedge.contract import ModelConfig
from skinedge.files import write_whole
from skinedge.models.backbones import with_weights
from skinedge.preprocess.pipeline import Enhance, Normalize
from skinedge.progress import track
from skinedge.training.augmentation import augment
from skinedge.training.recipe import Recipe

BATCH = 32
_MADE_FROM = "made_from"


@dataclass(frozen=True)
class CachedEpoch:
    """Every photo of the data set, augmented once and enhanced."""

    rgb: Tensor
    """(N, 3, side, side) uint8."""
    encoded: Tensor
    """(N, C, h, w) float16: the output of the frozen blocks."""


class AugmentationCache:
    """Augments all photos of an epoch when the first network asks for them, and keeps them in a folder for the others."""

    def __init__(self, folder: Path, photos: Tensor, recipe: Recipe, config: ModelConfig, weights: str) -> None:
        """`photos` is (N, 3, S, S) uint8; `weights` are the backbone's, as in `backbones.with_weights`."""
        self.folder, self.photos, self.recipe = folder, photos, recipe
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.seed)  # every network of the run starts from these weights, pretrained or not
            frozen = with_weights(config.backbone, weights).features[: recipe.frozen_blocks]
        self.frozen = frozen.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.made_from = _hash_of(photos, recipe, frozen.state_dict())
        self.normalize = Normalize(config.pixel_mean, config.pixel_std)

    def of(self, epoch: int, soup_index: int = 0) -> CachedEpoch:
        """The photos of an epoch. Each network of a soup sees the epochs of one size in an order of its own."""
        alike = self.recipe.epochs_like(epoch)
        epoch = alike[(epoch - alike.start + soup_index) % len(alike)]
        file = self.folder / f"{epoch}.safetensors"
        found = self._read(file)
        if found is None:
            self._make(epoch, file)
            found = self._read(file)
            assert found is not None
        return found

    def remove(self) -> None:
        """Deletes the folder. An epoch that is asked for again is made again, with the same result."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read(self, file: Path) -> CachedEpoch | None:
        """What a file holds; None where there is none, or one of other photos, or a damaged one."""
        try:
            with safe_open(file, "pt") as stored:
                if (stored.metadata() or {}).get(_MADE_FROM) != self.made_from:
                    return None
                return CachedEpoch(stored.get_tensor("rgb"), stored.get_tensor("encoded"))
        except (FileNotFoundError, SafetensorError):
            return None

    def _make(self, epoch: int, file: Path) -> None:
        side_px = self.recipe.side_px_of(epoch)
        enhance = Enhance(side_px)
        rgb, encoded = [], []
        # The seed depends on the epoch alone, so that a resumed run sees the same photos.
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(self.recipe.seed * 10_007 + epoch * 101)
            for photos in track(torch.split(self.photos, BATCH), f"augmenting photos for epoch {epoch}"):
                enhanced = enhance(augment(photos, side_px, self.recipe.augmentation))
                pixels = self.normalize(enhanced).contiguous(memory_format=torch.channels_last)
                rgb.append(enhanced.round().to(torch.uint8))
                encoded.append(self.frozen(pixels).half().contiguous())
        write_whole(file, save({"rgb": torch.cat(rgb), "encoded": torch.cat(encoded)}, {_MADE_FROM: self.made_from}))


def _hash_of(photos: Tensor, recipe: Recipe, frozen: Mapping[str, Tensor]) -> str:
    """Of all that an epoch of the cache is made from."""
    digest = hashlib.sha256(recipe.model_dump_json().encode())
    for tensor in (photos, *frozen.values()):
        digest.update(str(tuple(tensor.shape)).encode())
        digest.update(tensor.detach().contiguous().numpy().data)
    return digest.hexdigest()
