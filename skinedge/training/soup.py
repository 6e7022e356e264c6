"""Averages the weights of networks that were trained from the same start.

Source: Wortsman et al., Model soups, ICML 2022. Networks that start from the same weights, heads included, and differ by
chance only end near each other; their average errs less than they do, at the cost of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from skinedge.models.lesion_net import LesionNet
from skinedge.training.module import LesionModule


@torch.no_grad()
def average(nets: Sequence[LesionNet]) -> LesionNet:
    """The first network, with the mean of all their weights."""
    states = [net.state_dict() for net in nets]
    for name, kept in states[0].items():
        if kept.is_floating_point():
            kept.copy_(torch.stack([state[name] for state in states]).mean(dim=0))
    return nets[0]


@torch.no_grad()
def count_again(module: LesionModule, batches: Iterable[tuple[Tensor, Tensor]]) -> None:
    """Takes the mean and variance of every batch normalisation that was trained from photos as they are, unchanged.

    In training they were counted on photos that were turned, zoomed and recoloured, mostly at a lower side, and not for an
    average of networks. Sources: Izmailov et al., UAI 2018; Touvron et al., NeurIPS 2019.

    Args:
        batches: raw photos (B, 3, 448, 448) and raw answers (B, F), many of each class in each batch.
    """
    module.eval()
    frozen = {norm for block in module.frozen for norm in block.modules()}
    norms = [norm for norm in module.net.modules() if isinstance(norm, nn.BatchNorm2d) and norm not in frozen]
    before = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over all batches
        norm.train()
    for photos, answers in batches:
        module.logits(photos, answers)
    for norm, momentum in zip(norms, before, strict=True):
        norm.momentum = momentum
    module.eval()
