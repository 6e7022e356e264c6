"""The Lightning module: one training step of LesionNet."""

from __future__ import annotations

import math

import torch
from lightning import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR

from skinedge.errors import ConfigError
from skinedge.models.checkpoint import check_finite
from skinedge.models.lesion_net import LesionNet
from skinedge.preprocess.pipeline import Normalize
from skinedge.training.answer_dropout import AnswerDropout
from skinedge.training.distillation import Teachers
from skinedge.training.losses import imputation_loss, weighted_cross_entropy
from skinedge.training.photo_dataset import Batch
from skinedge.training.recipe import Recipe


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
        soup_index: int = 0,
    ) -> None:
        """`upscaler` makes the targets of the network's decoder, if it has one; `teachers` are no part of its state.

        Networks of a soup differ by `soup_index`.
        """
        super().__init__()
        self.recipe, self.net, self.answer_dropout = recipe, net, answer_dropout
        self.upscaler, self.teachers = upscaler, teachers
        self.seed = recipe.seed + 1000 * soup_index
        """The seed of everything but the weights to start from."""
        self.normalize = Normalize(net.config.pixel_mean, net.config.pixel_std)
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

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        if batch_idx == 0:
            self.begin(self.current_epoch)
            if self.current_epoch:
                # As an unbroken run always did from the second epoch on: its loader drew once after the seed was set.
                torch.empty((), dtype=torch.int64).random_()

    def begin(self, epoch: int) -> None:
        """Seeds an epoch by its number alone, so that a resumed run equals an unbroken one."""
        torch.manual_seed(self.seed * 10_007 + epoch * 101 + self.global_rank)

    def training_step(self, batch: Batch, position: int) -> Tensor:
        inputs, rgb, answers, labels, start = batch
        observed = self.answer_dropout(answers, labels)
        reconstruct = max(1, round(len(labels) * self.recipe.sr_share))
        outputs = self.net.train_forward(inputs, observed, reconstruct=reconstruct, start=start)
        wce = weighted_cross_entropy(outputs.logits.float(), labels, self.class_weights)
        loss = self.recipe.alpha * wce + self._imputation(answers, observed)
        self._log("train_wce", wce, len(labels), prog_bar=True)
        if outputs.reconstruction is not None and self.upscaler is not None:
            # Not in bfloat16, even where the network is: its steps are wider than those of a photo.
            with torch.no_grad(), torch.autocast(self.device.type, enabled=False):
                target = self.upscaler(rgb[:reconstruct])
            sr = F.mse_loss(outputs.reconstruction.float(), target)
            loss = loss + self.recipe.beta * sr
            self._log("train_sr", sr, len(labels))
        if self.teachers is not None:
            pixels = self.normalize(rgb).contiguous(memory_format=torch.channels_last)
            distillation = self.teachers.distillation_loss(pixels, observed, outputs.logits.float())
            share = self.recipe.distillation_share
            loss = (1 - share) * loss + share * distillation
            self._log("train_distillation", distillation, len(labels))
        if not loss.isfinite():
            raise ConfigError(
                f"training stopped in {self._moment} at batch {position + 1}: the loss is {loss.item():g}, not a finite "
                f"number; {self._todo}"
            )
        return loss

    def on_train_epoch_end(self) -> None:
        # Before the state is kept: the last step may have spoilt what its loss did not show.
        check_finite(self.net, f"training stopped at the end of {self._moment}", self._todo)

    @property
    def _moment(self) -> str:
        return f"epoch {self.current_epoch + 1} of {self.recipe.epochs}"

    @property
    def _todo(self) -> str:
        arithmetic = "" if self.recipe.precision == "32-true" else ', or precision = "32-true"'
        return f"try a learning_rate below {self.recipe.learning_rate:g}{arithmetic}, in another folder"

    def observe(self, batch: Batch) -> None:
        """Runs the network on a batch as training does, with all recorded answers, for hooks and batch normalisation."""
        with torch.no_grad():
            self.net.train_forward(
                batch.inputs.to(self.device), batch.answers.to(self.device), reconstruct=1, start=batch.start
            )

    def distillation_loss(self, batch: Batch, teachers: Teachers) -> Tensor:
        """The network's distillation loss from teachers with the same frozen blocks, on a batch with masked answers."""
        inputs, answers, labels = (part.to(self.device) for part in (batch.inputs, batch.answers, batch.labels))
        with torch.no_grad():
            observed = self.answer_dropout(answers, labels)
        logits = self.net.train_forward(inputs, observed, reconstruct=0, start=batch.start).logits
        return teachers.distillation_loss(inputs, observed, logits, start=batch.start)

    def _log(self, name: str, value: Tensor, photos: int, *, prog_bar: bool = False) -> None:
        self.log(name, value, on_step=False, on_epoch=True, prog_bar=prog_bar, sync_dist=True, batch_size=photos)

    def _imputation(self, answers: Tensor, observed: Tensor) -> Tensor:
        encoded, recorded = self.net.answer_encoder(answers)
        observed_encoded, answered = self.net.answer_encoder(observed)
        guess = self.net.imputer.guess(observed_encoded, answered)
        return imputation_loss(guess, encoded, recorded * (1 - answered), self.net.imputer.kinds)

    def validation_step(self, batch: Batch, __: int) -> None:
        logits = self.net(batch.inputs, batch.answers)
        wce, photos = weighted_cross_entropy(logits, batch.labels, self.class_weights), len(batch.labels)
        self.log("val_wce", wce, prog_bar=True, sync_dist=True, batch_size=photos)
        accuracy = (logits.argmax(1) == batch.labels).float().mean()
        self.log("val_acc", accuracy, prog_bar=True, sync_dist=True, batch_size=photos)

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
    """The factor on the recipe's learning rate at a (fractional) epoch."""
    warm = min(1.0, (epoch + 0.1) / recipe.warmup_epochs) if recipe.warmup_epochs else 1.0
    if recipe.schedule == "step":
        return warm * recipe.step_factor ** int(epoch // recipe.step_epochs)
    progress = min(1.0, max(0.0, epoch - recipe.warmup_epochs) / max(1, recipe.epochs - recipe.warmup_epochs))
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
