"""Trains one network, or one soup, and resumes where it was stopped; all its files lie in one folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from lightning import Trainer, seed_everything
from lightning.pytorch.callbacks import Callback, RichProgressBar
from lightning.pytorch.loggers import CSVLogger
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from skinedge.contract import Contract
from skinedge.errors import ConfigError
from skinedge.models.lesion_net import LesionNet, build_network
from skinedge.models.upscalers import upscaler
from skinedge.training.answer_dropout import AnswerDropout
from skinedge.training.answers_head import attach_answers_head
from skinedge.training.augmentation_cache import AugmentationCache
from skinedge.training.curves import draw_curves, set_aside
from skinedge.training.distillation import Teachers
from skinedge.training.losses import class_weights
from skinedge.training.module import LesionModule
from skinedge.training.photo_dataset import AugmentedPhotos, Batch, CachedPhotos, PhotoDataset, ordered_loader, train_loader
from skinedge.training.recipe import Recipe
from skinedge.training.resume import LAST, KeepState, WholeCheckpoints
from skinedge.training.soup import make_soup
from skinedge.training.tensors import Tensors


def train_one(
    recipe: Recipe,
    contract: Contract,
    tensors: Tensors,
    train: NDArray[np.int64],
    held_out: NDArray[np.int64],
    folder: Path,
    *,
    weights: str,
    answers_only: tuple[torch.Tensor, torch.Tensor],
    sr_weights: Path | None = None,
    teachers: Teachers | None = None,
    cache: AugmentationCache | None = None,
    devices: int | str = "auto",
) -> tuple[LesionNet, NDArray[np.float32]]:
    """Trains on the photos `train` and predicts the photos `held_out`, which no choice here depends on.

    `answers_only` has (M, F) raw answers and (M,) labels of all rows to learn from, with a photo or without.

    A run that was stopped resumes from `last.ckpt` in `folder` and ends as if it had never been stopped. Where the recipe
    asks for a soup, the further networks lie in `soup1`, `soup2`, … of the folder.

    Returns: the trained network, and (len(held_out), L) float32 logits.
    """
    config = contract.network
    held = ordered_loader(PhotoDataset(tensors, held_out, config), batch_size=recipe.batch_size) if len(held_out) else None
    modules = []
    for soup_index in range(recipe.soup):
        seed_everything(recipe.seed, verbose=False)
        module = _module(
            recipe,
            contract,
            tensors,
            train,
            weights=weights,
            sr_weights=sr_weights,
            teachers=teachers,
            soup_index=soup_index,
        )

        def photos_on(device: torch.device, seed: int = module.seed, soup_index: int = soup_index) -> PhotoDataset:
            if cache is not None:
                return CachedPhotos(tensors, train, config, device, cache=cache, soup_index=soup_index)
            return AugmentedPhotos(tensors, train, config, device, recipe=recipe, seed=seed)

        trainer = _fit(module, photos_on, held, folder / f"soup{soup_index}" if soup_index else folder, devices)
        modules.append(module)
    device = trainer.strategy.root_device
    made = make_soup(modules, photos_on(device, modules[0].seed, 0), device)
    net = made.net
    if recipe.answers_weight:
        attach_answers_head(net.cpu(), *answers_only, recipe, contract)
    logits = np.zeros((0, len(contract.labels)), dtype=np.float32)
    few = ordered_loader(PhotoDataset(tensors, train[: recipe.batch_size], config), batch_size=recipe.batch_size)
    if not np.isfinite(_predict(made, few, device)).all():
        # Weights may be finite and yet so large that nothing comes out of them.
        raise ConfigError(
            "training stopped at its end: what the network predicts are not finite numbers; try a learning_rate below "
            f"{recipe.learning_rate:g}, in another folder"
        )
    if held is not None:
        logits = _predict(made, held, device)
    net = net.cpu().eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return net, logits


def _module(
    recipe: Recipe,
    contract: Contract,
    tensors: Tensors,
    train: NDArray[np.int64],
    *,
    weights: str,
    sr_weights: Path | None,
    teachers: Teachers | None,
    soup_index: int,
) -> LesionModule:
    """The Lightning module of an untrained network, which is the same for every `soup_index`."""
    net = build_network(contract, weights=weights, dropout=recipe.dropout, with_decoder=recipe.sr_target != "none")
    answers, labels = tensors.answers[train], tensors.labels[train].numpy()
    # Depthwise convolutions train a third faster this way on a CPU; exporters want the ordinary format back.
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    net.answer_encoder.fit(answers)
    return LesionModule(
        recipe,
        net,
        class_weights(labels, len(contract.labels), recipe.class_weight_power),
        AnswerDropout(answers.numpy(), labels, len(contract.labels), recipe.answer_dropout),
        upscaler=None if recipe.sr_target == "none" else upscaler(recipe.sr_target, sr_weights),
        teachers=teachers,
        soup_index=soup_index,
    )


def _fit(
    module: LesionModule,
    photos_on: Callable[[torch.device], PhotoDataset],
    held: DataLoader[Batch] | None,
    folder: Path,
    devices: int | str,
) -> Trainer:
    """Trains, or resumes training, and writes the log and its plot."""
    recipe, last = module.recipe, folder / LAST
    callbacks: list[Callback] = [
        KeepState(last),
        RichProgressBar(leave=True, console_kwargs={"stderr": True}),
    ]
    trainer = Trainer(
        max_epochs=recipe.epochs,
        devices=devices,
        precision=recipe.precision,
        logger=CSVLogger(folder, name="", version="log"),
        callbacks=callbacks,
        plugins=[WholeCheckpoints()],
        log_every_n_steps=1,
        num_sanity_val_steps=0,
        enable_model_summary=False,
        check_val_every_n_epoch=min(5, recipe.epochs),
        use_distributed_sampler=False,  # The loader shares batches out itself; every process validates on everything.
    )
    if trainer.is_global_zero:
        set_aside(folder / "log")
    loader = train_loader(
        photos_on(trainer.strategy.root_device),
        batch_size=recipe.batch_size,
        seed=module.seed,
        process=trainer.global_rank,
        processes=trainer.world_size,
    )
    trainer.fit(module, loader, held, ckpt_path=last if last.exists() else None, weights_only=False)
    if trainer.is_global_zero:
        draw_curves(folder / "log", folder / "curves.png")
    return trainer


def _predict(module: LesionModule, loader: DataLoader[Batch], device: torch.device) -> NDArray[np.float32]:
    """(N, L) logits. The trainer would leave each of several processes with a part of them."""
    net = module.net.to(device).eval()
    with torch.no_grad():
        parts = [net(batch.inputs.to(device), batch.answers.to(device)) for batch in loader]
    module.cpu()
    return torch.cat(parts).float().cpu().numpy()
