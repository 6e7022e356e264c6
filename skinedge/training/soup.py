"""Averages the weights of networks that were trained from the same start.

Source: Wortsman et al., Model soups, ICML 2022. Networks that start from the same weights, heads included, and differ by
chance only end near each other; their average errs less than they do, at the cost of one.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from skinedge.models.lesion_net import LesionNet
from skinedge.training.module import LesionModule
from skinedge.training.tensors import Rows, train_loader

COUNTED_EPOCHS = 3
"""How many epochs of photos batch normalisation is counted on."""


@torch.no_grad()
def average(nets: Sequence[LesionNet]) -> LesionNet:
    """The first network, with the mean of all their weights."""
    states = [net.state_dict() for net in nets]
    for name, kept in states[0].items():
        if kept.is_floating_point():
            kept.copy_(torch.stack([state[name] for state in states]).mean(dim=0))
    return nets[0]


def count_again(module: LesionModule, rows: Rows) -> None:
    """Takes the mean and variance of every batch normalisation that was trained from the photos of the last epochs.

    Those that training left are of other networks than their average, and mostly of smaller photos.

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
    for epoch in recipe.epochs_like(recipe.epochs - 1)[-COUNTED_EPOCHS:]:
        module.begin(epoch)
        for batch in train_loader(rows, batch_size=recipe.batch_size, seed=module.chance + epoch):
            module.see(batch)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
    module.view = None
    module.eval()
