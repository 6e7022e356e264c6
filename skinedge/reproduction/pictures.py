"""The paper's figures of our networks: where photos lie in the embedding, and what the decoder reconstructs.

They show no patient's photo: the decoder reconstructs a synthetic lesion.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from skinedge.datasets.pad_ufes_20 import label_indices
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.models.lesion_net import LesionNet
from skinedge.models.upscalers import upscaler
from skinedge.preprocess.pipeline import Enhance, Normalize, halve
from skinedge.questionnaire import LABELS
from skinedge.reproduction.grid import Cell
from skinedge.reproduction.report import FIGURES
from skinedge.reproduction.run import Bench, parts_of, train_part
from skinedge.training.recipe import Recipe
from skinedge.training.tensors import Tensors

_BATCH = 16


def draw_embeddings(bench: Bench, backbone: str, tensors: Tensors) -> Path:
    """t-SNE of the held-out photos of the first grouped fold, without and with the decoder (paper, figure 5)."""
    from matplotlib.figure import Figure
    from sklearn.manifold import TSNE

    part = parts_of(bench, "grouped")[0]
    labels = label_indices(bench.records)[part.test]
    picture = Figure(figsize=(8, 3.6), layout="constrained")
    for axes, target in zip(picture.subplots(1, 2), ("none", "bilinear"), strict=True):
        cell = Cell("proposed", backbone, target)
        net, _ = train_part(bench, cell, part, tensors, bench.folder(cell, "grouped") / part.name)
        vectors = _embed(net, bench.recipe(cell), tensors, part.test)
        points = TSNE(perplexity=min(30, (len(vectors) - 1) / 3), random_state=0).fit_transform(vectors)
        for k, label in enumerate(LABELS):
            axes.scatter(*points[labels == k].T, s=9, label=label)
        axes.set(xticks=[], yticks=[], title="without the decoder" if target == "none" else "with the decoder")
    axes.legend(frameon=False, fontsize=7)
    return _save(picture, bench.report / FIGURES / f"embedding-{backbone}.png")


def draw_reconstruction(bench: Bench, cell: Cell, tensors: Tensors) -> Path:
    """A synthetic lesion, the decoder's target and what the decoder makes of it (paper, figure 2)."""
    from matplotlib.figure import Figure

    part, recipe = parts_of(bench, "grouped")[0], bench.recipe(cell)
    net, _ = train_part(bench, cell, part, tensors, bench.folder(cell, "grouped") / part.name)
    net = net.eval()
    if net.decoder is None or recipe.sr_target == "none":
        raise ValueError(f"{cell.name} has no decoder")
    lesion = draw_lesion(np.random.default_rng(3), "BCC", 2 * recipe.side_px)
    photo = torch.from_numpy(np.ascontiguousarray(lesion)).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        rgb = Enhance(recipe.side_px)(halve(photo))
        reconstruction = net.decoder(
            net.image_encoder(Normalize(net.config.pixel_mean, net.config.pixel_std)(rgb))[-1]
        ).clamp(0, 1)
        target = upscaler(recipe.sr_target, bench.sr_weights.get(cell.target))(rgb)
    picture = Figure(figsize=(8, 3), layout="constrained")
    panels = (
        ("what the network sees", rgb / 255),
        (f"target: {cell.target}", target),
        ("reconstruction by the decoder", reconstruction),
    )
    for axes, (title, image) in zip(picture.subplots(1, 3), panels, strict=True):
        axes.imshow(image[0].permute(1, 2, 0).numpy().clip(0, 1))
        axes.set_title(title, fontsize=9)
        axes.axis("off")
    return _save(picture, bench.report / FIGURES / f"reconstruction-{cell.name}.png")


def _embed(net: LesionNet, recipe: Recipe, tensors: Tensors, indices: NDArray[np.int64]) -> NDArray[np.float32]:
    """(N, width) fused features, which the classifier gets."""
    net, enhance, normalize = net.eval(), Enhance(recipe.side_px), Normalize(net.config.pixel_mean, net.config.pixel_std)
    out = []
    for start in range(0, len(indices), _BATCH):
        batch = torch.from_numpy(indices[start : start + _BATCH])
        with torch.no_grad():
            pixels = normalize(enhance(halve(tensors.photos[batch].float())))
            clinical = net.clinical(net.imputed(tensors.answers[batch]))
            out.append(net.fuse(net.image_encoder(pixels), clinical))
    return torch.cat(out).numpy()


def _save(picture: object, path: Path) -> Path:
    from matplotlib.figure import Figure

    assert isinstance(picture, Figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.savefig(path, dpi=110)
    return path
