"""A model soup: one network with the average weights of several, distilled from them.

Source: Wortsman et al., Model soups, ICML 2022. Networks that start from the same weights, heads included, and differ in
nothing but the seed end near each other; their average errs less than each of them, at the cost of one.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import cycle, islice

import torch
from torch import nn

from skinedge.errors import ConfigError
from skinedge.models.lesion_net import LesionNet
from skinedge.progress import track
from skinedge.training.distillation import Teachers
from skinedge.training.module import LesionModule
from skinedge.training.photo_dataset import PhotoDataset, train_loader

BATCHNORM_EPOCHS = 3
"""Of photos, on which batch normalisation statistics are re-estimated."""

DISTILLATION_RATE = 2e-4
"""The learning rate at the start of the distillation of a soup. 5e-4 destroyed the soup on the first grouped fold."""


def make_soup(modules: Sequence[LesionModule], photos: PhotoDataset, device: torch.device) -> LesionModule:
    """The first module, on this device, with the soup of all their networks; of one network, with that network."""
    module, recipe = modules[0], modules[0].recipe
    nets = [each.net.cpu() for each in modules]
    teachers = Teachers.of(copy.deepcopy(nets), recipe.distillation_temperature) if recipe.distillation_epochs else None
    average(nets)
    module.to(device).eval()
    if recipe.reestimate_batchnorm:
        reestimate_batchnorm(module, photos)
    if teachers is not None:
        distill(module, teachers, photos)
    return module


@torch.no_grad()
def average(nets: Sequence[LesionNet]) -> LesionNet:
    """The first network, with the mean of all their weights."""
    states = [net.state_dict() for net in nets]
    for name, kept in states[0].items():
        if kept.is_floating_point():
            kept.copy_(torch.stack([state[name] for state in states]).mean(dim=0))
    return nets[0]


def reestimate_batchnorm(module: LesionModule, photos: PhotoDataset) -> None:
    """Re-estimates the mean and variance of every trained batch normalisation on the photos of the last epochs.

    Those left by training are of the single networks, not of their average, and mostly of smaller photos.

    Sources: Izmailov et al., Averaging weights leads to wider optima and better generalization, UAI 2018; Touvron et al.,
    Fixing the train-test resolution discrepancy, NeurIPS 2019.
    """
    recipe = module.recipe
    module.eval()
    frozen = {norm for block in module.frozen for norm in block.modules()}
    norms = [norm for norm in module.net.modules() if isinstance(norm, nn.BatchNorm2d) and norm not in frozen]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
        norm.train()
    for epoch in recipe.epochs_like(recipe.epochs - 1)[-BATCHNORM_EPOCHS:]:
        module.begin(epoch)
        photos.set_epoch(epoch)
        for batch in train_loader(photos, batch_size=recipe.batch_size, seed=module.seed + epoch):
            module.observe(batch)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
    module.eval()


def distill(module: LesionModule, teachers: Teachers, photos: PhotoDataset) -> None:
    """Distils a soup, in place, from the average prediction of its networks. It uses no labels.

    Averaging predictions gains more than averaging weights; distillation gets some of that back. The statistics of batch
    normalisation and the weights of the imputer, which predicts answers and not classes, do not change.
    """
    recipe, net = module.recipe, module.net
    teachers.to(module.device)
    module.eval()
    parts = (net.image_encoder, net.clinical, net.fuse, net.classifier)
    learning = [weights for part in parts for weights in part.parameters() if weights.requires_grad]
    optimizer = torch.optim.Adam(learning, DISTILLATION_RATE)
    steps = recipe.distillation_epochs * len(train_loader(photos, batch_size=recipe.batch_size, seed=0))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    epochs = list(islice(cycle(recipe.epochs_like(recipe.epochs - 1)), recipe.distillation_epochs))
    for turn, epoch in enumerate(track(epochs, "distilling the soup")):
        module.begin(epoch)
        photos.set_epoch(epoch)
        for batch in train_loader(photos, batch_size=recipe.batch_size, seed=module.seed + recipe.epochs + turn):
            loss = module.distillation_loss(batch, teachers)
            if not loss.isfinite():
                raise ConfigError(
                    f"the distillation of the soup stopped: its loss is {loss.item():g}; try a learning_rate below "
                    f"{recipe.learning_rate:g}, in another folder"
                )
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
