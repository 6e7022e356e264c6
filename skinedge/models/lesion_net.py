"""LesionNet: the paper's network, photo and answers to six classes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from skinedge.contract import ClinicalField
from skinedge.models.backbones import Backbone
from skinedge.models.clinical import AnswerEncoder, AnswersHead, Imputer
from skinedge.models.fusion import FUSED, FUSIONS, FeatureMaps
from skinedge.models.super_resolution import SuperResolutionDecoder


class ImageEncoder(nn.Module):
    """Backbone and adaptive 1 x 1 convolution to the width of the clinical features."""

    def __init__(self, backbone: Backbone, *, taps: int = 0) -> None:
        super().__init__()
        self.features = backbone.features
        self.tapped = [position for position, _ in backbone.taps[:taps]]
        self.adapt = nn.Sequential(nn.Conv2d(backbone.channels, FUSED, 1, bias=False), nn.BatchNorm2d(FUSED), nn.ReLU())

    def forward(self, pixels: Tensor) -> FeatureMaps:
        """(B, 3, H, W) normalised pixels to the maps at the taps and (B, 512, H / 32, W / 32)."""
        return self.after(0, pixels)

    def after(self, start: int, maps: Tensor) -> FeatureMaps:
        """What `forward` gives, from the output of the first `start` blocks; no tap may lie in them."""
        tapped = []
        for position in range(start, len(self.features)):
            maps = self.features[position](maps)
            if position in self.tapped:
                tapped.append(maps)
        return (*tapped, self.adapt(maps))


class Classifier(nn.Module):
    """Two fully connected layers on the fused features."""

    def __init__(self, inputs: int, labels: int, *, hidden: int = 256, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, labels)
        )

    def forward(self, fused: Tensor) -> Tensor:
        """(B, inputs) to (B, L) logits."""
        logits: Tensor = self.layers(fused)
        return logits


@dataclass(frozen=True)
class Outputs:
    """What training needs beside the logits."""

    logits: Tensor
    reconstruction: Tensor | None


class LesionNet(nn.Module):
    """Khurshid, Vatsa and Singh, Optimizing skin lesion classification via multimodal data and auxiliary task
    integration, 2024. `decoder` is None where there is no auxiliary task, and in everything that is exported."""

    def __init__(
        self,
        backbone: Backbone,
        fields: tuple[ClinicalField, ...],
        *,
        labels: int = 6,
        fusion: str = "product",
        dropout: float = 0.0,
        with_decoder: bool = True,
    ) -> None:
        super().__init__()
        self.answer_encoder = AnswerEncoder(fields)
        self.imputer = Imputer(self.answer_encoder)
        parts = FUSIONS[fusion](self.answer_encoder.width, tuple(channels for _, channels in backbone.taps))
        self.image_encoder = ImageEncoder(backbone, taps=parts.taps)
        self.clinical, self.fuse = parts.clinical, parts.fuse
        self.classifier = Classifier(parts.width, labels, dropout=dropout)
        self.answers_head: AnswersHead | None = None  # attached once the rest is trained
        self.decoder = SuperResolutionDecoder(FUSED) if with_decoder else None

    def train_forward(self, pixels: Tensor, answers: Tensor, *, reconstruct: int, start: int = 0) -> Outputs:
        """Normalised pixels (B, 3, H, W) and raw answers (B, F) to logits (B, L) and photos (reconstruct, 3, 2H, 2W).

        `pixels` may also be the output of the backbone's first `start` blocks. The decoder reconstructs the first
        `reconstruct` photos of the batch, and is not run for 0: on a CPU it costs more than the backbone.
        """
        maps = self.image_encoder.after(start, pixels)
        logits = self.classifier(self.fuse(maps, self.clinical(self.imputed(answers))))
        return Outputs(logits, self.decoder(maps[-1][:reconstruct]) if self.decoder is not None and reconstruct else None)

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        """Normalised pixels (B, 3, H, W) and raw answers (B, F) to logits (B, L). The decoder is not run."""
        imputed = self.imputed(answers)
        logits: Tensor = self.classifier(self.fuse(self.image_encoder(pixels), self.clinical(imputed)))
        return logits if self.answers_head is None else logits.log_softmax(dim=1) + self.answers_head(imputed)

    def imputed(self, answers: Tensor) -> Tensor:
        """(B, F) raw answers to (B, width) encoded with the blanks imputed in."""
        imputed: Tensor = self.imputer(*self.answer_encoder(answers))
        return imputed
