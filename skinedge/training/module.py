"""The Lightning module: one training step of LesionNet."""

from __future__ import annotations

import math

import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR

from skinedge.models.backbones import NORMALIZATIONS
from skinedge.models.lesion_net import LesionNet
from skinedge.preprocess.pipeline import Enhance, Normalize
from skinedge.training.answer_dropout import AnswerDropout
from skinedge.training.augmentation import augment, resample
from skinedge.training.augmentation_cache import AugmentationCache, AugmentedPhotos
from skinedge.training.distillation import Teachers
from skinedge.training.losses import imputation_loss, weighted_cross_entropy
from skinedge.training.recipe import Recipe

Batch = tuple[Tensor, Tensor, Tensor, Tensor]
"""Photos (B, 3, 448, 448) uint8, raw answers (B, F) float32, labels (B,) int64, places in the data set (B,) int64."""


class LesionModule(LightningModule):
    """Trains a LesionNet by a recipe. `net` is what a checkpoint keeps."""

    class_weights: Tensor

    def __init__(
        self,
        recipe: Recipe,
        net: LesionNet,
        class_weights: Tensor,
        answer_dropout: AnswerDropout,
        upscaler: nn.Module | None = None,
        teachers: Teachers | None = None,
        cache: AugmentationCache | None = None,
        soup_index: int = 0,
    ) -> None:
        """`upscaler` makes the decoder's targets, where the network has a decoder; `teachers` are no part of its state.

        With `views`, photos are not changed here, and frozen blocks are not run. Networks of a soup differ by `soup_index`.
        """
        super().__init__()
        self.recipe, self.net, self.answer_dropout = recipe, net, answer_dropout
        self.upscaler, self.teachers, self.cache, self.soup_index = upscaler, teachers, cache, soup_index
        self.seed = recipe.seed + 1000 * soup_index
        """The seed of everything but the weights to start from."""
        self.side_px = recipe.side_px
        self.view: AugmentedPhotos | None = None
        self.enhance = nn.ModuleDict({str(side): Enhance(side) for side in {recipe.side_px, recipe.low_side_px}})
        self.normalize = Normalize(*NORMALIZATIONS[recipe.normalization])
        self.register_buffer("class_weights", class_weights, persistent=False)
        self.frozen = list(net.image_encoder.features)[: recipe.frozen_blocks]
        for block in self.frozen:
            block.requires_grad_(False)

    def on_fit_start(self) -> None:
        if self.teachers is not None:
            self.teachers.to(self.device)

    def on_train_epoch_start(self) -> None:
        for block in self.frozen:
            block.eval()
        self.begin(self.current_epoch)

    def on_fit_end(self) -> None:
        self.view = None

    def begin(self, epoch: int) -> None:
        """Takes the photos' side, their changes and all other chance of an epoch.

        They depend on the epoch alone, so that a run resumed from a checkpoint equals an unbroken one.
        """
        torch.manual_seed(self.seed * 10_007 + epoch * 101 + self.global_rank)
        self.side_px = self.recipe.side_px_of(epoch)
        if self.cache is not None:
            self.view = self.cache.of(epoch, self.soup_index)

    def training_step(self, batch: Batch, _: int) -> Tensor:
        photos, answers, labels, rows = batch
        # Pixels stay exact where the network computes in bfloat16: its steps are wider than those of a photo.
        with torch.no_grad(), torch.autocast(self.device.type, enabled=False):
            rgb, shown = self._rgb(photos, rows), self.answer_dropout(answers, labels)
        inputs, start = self._inputs(rgb, rows)
        reconstruction = max(1, round(len(photos) * self.recipe.sr_share))
        outputs = self.net.train_forward(inputs, shown, reconstruct=reconstruction, start=start)
        wce = weighted_cross_entropy(outputs.logits.float(), labels, self.class_weights)
        loss = self.recipe.alpha * wce + self._imputation(answers, shown)
        self.log("train_wce", wce, on_step=False, on_epoch=True, prog_bar=True, sync_dist=True)
        if outputs.reconstruction is not None and self.upscaler is not None:
            sr = F.mse_loss(outputs.reconstruction.float(), self.upscaler(rgb[:reconstruction]))
            loss = loss + self.recipe.beta * sr
            self.log("train_sr", sr, on_step=False, on_epoch=True, sync_dist=True)
        if self.teachers is not None:
            taught = self.teachers.distillation_loss(self._pixels(rgb), shown, outputs.logits.float())
            share = self.recipe.distillation_share
            loss = (1 - share) * loss + share * taught
            self.log("train_distillation", taught, on_step=False, on_epoch=True, sync_dist=True)
        return loss

    def see(self, batch: Batch) -> None:
        """Runs the network on a batch as training would, with all answers there are, for those who listen to its layers."""
        photos, answers, _, rows = (part.to(self.device) for part in batch)
        with torch.no_grad():
            inputs, start = self._inputs(self._rgb(photos, rows), rows)
            self.net.train_forward(inputs, answers, reconstruct=1, start=start)

    def distillation_loss(self, batch: Batch, teachers: Teachers) -> Tensor:
        """How far the network is from teachers with the same frozen blocks, on a batch and with blanks as in training."""
        photos, answers, labels, rows = (part.to(self.device) for part in batch)
        with torch.no_grad():
            inputs, start = self._inputs(self._rgb(photos, rows), rows)
            shown = self.answer_dropout(answers, labels)
        logits = self.net.train_forward(inputs, shown, reconstruct=0, start=start).logits
        return teachers.distillation_loss(inputs, shown, logits, start=start)

    def _rgb(self, photos: Tensor, rows: Tensor) -> Tensor:
        """(B, 3, 448, 448) raw pixels to (B, 3, side, side) changed and enhanced ones, in [0, 255]."""
        if self.view is not None:
            return self._stored(self.view.rgb, rows)
        rgb: Tensor = self.enhance[str(self.side_px)](augment(photos, self.side_px, self.recipe.augmentation))
        return rgb

    def _pixels(self, rgb: Tensor) -> Tensor:
        pixels: Tensor = self.normalize(rgb)
        return pixels.contiguous(memory_format=torch.channels_last)

    def _inputs(self, rgb: Tensor, rows: Tensor) -> tuple[Tensor, int]:
        """What the network is fed, and how many of its blocks have seen it already."""
        if self.view is not None:
            return self._stored(self.view.maps, rows), self.recipe.frozen_blocks
        return self._pixels(rgb), 0

    def _stored(self, stored: Tensor, rows: Tensor) -> Tensor:
        found = stored[rows.cpu()].to(self.device, torch.float32)
        return found.contiguous(memory_format=torch.channels_last)

    def _imputation(self, answers: Tensor, shown: Tensor) -> Tensor:
        encoded, known = self.net.answer_encoder(answers)
        observed_encoded, answered = self.net.answer_encoder(shown)
        guess = self.net.imputer.guess(observed_encoded, answered)
        return imputation_loss(guess, encoded, known * (1 - answered), self.net.imputer.kinds)

    def logits(self, photos: Tensor, answers: Tensor) -> Tensor:
        """(B, 3, 448, 448) raw pixels and (B, F) raw answers to (B, L) logits, as the exported program computes them."""
        with torch.autocast(self.device.type, enabled=False):
            rgb = self.enhance[str(self.recipe.side_px)](resample(photos, self.recipe.side_px))
        logits: Tensor = self.net(self._pixels(rgb), answers)
        return logits

    def validation_step(self, batch: Batch, __: int) -> None:
        photos, answers, labels, _ = batch
        logits = self.logits(photos, answers)
        wce = weighted_cross_entropy(logits, labels, self.class_weights)
        self.log("val_wce", wce, prog_bar=True, sync_dist=True)
        self.log("val_acc", (logits.argmax(1) == labels).float().mean(), prog_bar=True, sync_dist=True)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        recipe = self.recipe
        backbone = [p for p in self.net.image_encoder.features.parameters() if p.requires_grad]
        inside = {id(p) for p in self.net.image_encoder.features.parameters()}
        head = [p for p in self.net.parameters() if id(p) not in inside]
        groups = [
            {"params": backbone, "lr": recipe.learning_rate * recipe.backbone_rate_factor},
            {"params": head, "lr": recipe.learning_rate},
        ]
        optimizer: torch.optim.Optimizer
        if recipe.optimizer == "sgd":
            optimizer = torch.optim.SGD(groups, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
        else:
            optimizer = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
        steps_per_epoch = max(1, int(self.trainer.estimated_stepping_batches) // recipe.epochs)
        scheduler = LambdaLR(optimizer, lambda step: rate_factor(recipe, step / steps_per_epoch))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}


def rate_factor(recipe: Recipe, epoch: float) -> float:
    """The learning rate at a (fractional) epoch, as a share of the recipe's."""
    warm = min(1.0, (epoch + 0.1) / recipe.warmup_epochs) if recipe.warmup_epochs else 1.0
    if recipe.schedule == "step":
        return warm * recipe.step_factor ** int(epoch // recipe.step_epochs)
    progress = min(1.0, max(0.0, epoch - recipe.warmup_epochs) / max(1, recipe.epochs - recipe.warmup_epochs))
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
