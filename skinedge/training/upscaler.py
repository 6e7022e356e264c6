"""Trains a small x2 network on photos, for those who cannot download the published weights of EDSR or NinaSR."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save
from torch.nn import functional as F

from skinedge.contract import ImageSpec
from skinedge.datasets.pad_ufes_20 import DataSet
from skinedge.files import write_whole
from skinedge.models.upscalers import NetworkTarget, network
from skinedge.preprocess.pipeline import halve
from skinedge.progress import track
from skinedge.training.tensors import load_tensors

SIDE_PX, BATCH, RATE = 300, 8, 5e-4
"""The side is that of the smallest photos of PAD-UFES-20, so that little of the detail is interpolated."""


def train_upscaler(
    data: DataSet, target: NetworkTarget, out: Path, *, steps: int, crop_px: int = 96, seed: int = 0
) -> float:
    """Trains on random crops of all photos and their halved copies, and writes a safetensors file.

    It uses no labels, but photos of every split: a network that is later tested on a split has seen its photos here.

    Returns: PSNR in dB on the last tenth of the steps, before learning from their crops.
    Raises: OSError where `out` cannot be written.
    """
    torch.manual_seed(seed)
    photos = load_tensors(data.with_photos(), (), ImageSpec(side_px=SIDE_PX)).photos
    net = network(target).train()
    optimizer = torch.optim.Adam((p for p in net.parameters() if p.requires_grad), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    errors = []
    for _ in track(range(steps), f"training {target}"):
        top, left = (int(torch.randint(0, SIDE_PX - crop_px + 1, ())) for _ in range(2))
        indices = torch.randint(0, len(photos), (BATCH,))
        sharp = photos[indices, :, top : top + crop_px, left : left + crop_px].float()
        upscaled = net(halve(sharp) * (1 / 255))
        loss = F.l1_loss(upscaled, sharp * (1 / 255))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        errors.append(F.mse_loss(upscaled.detach(), sharp * (1 / 255)))
    write_whole(out, save({name: value.contiguous() for name, value in net.state_dict().items()}))
    return float(-10 * torch.stack(errors[-max(1, steps // 10) :]).mean().log10())
