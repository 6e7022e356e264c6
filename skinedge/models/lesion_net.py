"""LesionNet: the paper's network, photo and answers to six classes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from skinedge.contract import ClinicalField
from skinedge.models.backbones import Backbone
from skinedge.models.clinical import WIDTHS, AnswerEncoder, AnswersHead, ClinicalNetwork, Imputer
from skinedge.models.super_resolution import SuperResolutionDecoder

FUSED = WIDTHS[-1]


class ImageEncoder(nn.Module):
    """Backbone and adaptive 1 x 1 convolution to the width of the clinical features."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.features = backbone.features
        self.adapt = nn.Sequential(nn.Conv2d(backbone.channels, FUSED, 1, bias=False), nn.BatchNorm2d(FUSED), nn.ReLU())

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, H, W) normalised pixels to (B, 512, H / 32, W / 32)."""
        mapped: Tensor = self.adapt(self.features(pixels))
        return mapped


class Classifier(nn.Module):
    """Two fully connected layers on the fused features."""

    def __init__(self, labels: int, *, hidden: int = 256, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(FUSED, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, labels)
        )

    def forward(self, fused: Tensor) -> Tensor:
        """(B, 512) to (B, L) logits."""
        logits: Tensor = self.layers(fused)
        return logits


def fuse(feature_map: Tensor, clinical: Tensor) -> Tensor:
    """Element-wise product of pooled image features and clinical features (B, 512): paper, equation 2."""
    return feature_map.mean(dim=(2, 3)) * clinical


@dataclass(frozen=True)
class Outputs:
    """What training needs beside the logits."""

    logits: Tensor
    redrawn: Tensor | None


class LesionNet(nn.Module):
    """Khurshid, Vatsa and Singh, Optimizing skin lesion classification via multimodal data and auxiliary task
    integration, 2024. `decoder` is None where there is no auxiliary task, and in everything that is exported."""

    def __init__(
        self,
        backbone: Backbone,
        fields: tuple[ClinicalField, ...],
        *,
        labels: int = 6,
        dropout: float = 0.0,
        with_decoder: bool = True,
    ) -> None:
        super().__init__()
        self.image_encoder = ImageEncoder(backbone)
        self.answer_encoder = AnswerEncoder(fields)
        self.imputer = Imputer(self.answer_encoder)
        self.clinical = ClinicalNetwork(self.answer_encoder.width)
        self.classifier = Classifier(labels, dropout=dropout)
        self.answers_head: AnswersHead | None = None  # attached once the rest is trained
        self.decoder = SuperResolutionDecoder(FUSED) if with_decoder else None

    def train_forward(self, pixels: Tensor, answers: Tensor, *, redraw: int) -> Outputs:
        """Normalised pixels (B, 3, H, W) and raw answers (B, F) to logits (B, L) and photos (redraw, 3, 2H, 2W).

        The decoder redraws the first `redraw` photos of the batch: on a CPU it costs more than the backbone.
        """
        feature_map = self.image_encoder(pixels)
        logits = self.classifier(fuse(feature_map, self.clinical(self.filled(answers))))
        return Outputs(logits, self.decoder(feature_map[:redraw]) if self.decoder is not None else None)

    def forward(self, pixels: Tensor, answers: Tensor) -> Tensor:
        """Normalised pixels (B, 3, H, W) and raw answers (B, F) to logits (B, L). The decoder is not run."""
        filled = self.filled(answers)
        logits: Tensor = self.classifier(fuse(self.image_encoder(pixels), self.clinical(filled)))
        return logits if self.answers_head is None else logits.log_softmax(dim=1) + self.answers_head(filled)

    def filled(self, answers: Tensor) -> Tensor:
        """(B, F) raw answers to (B, width) codes with the blanks filled in."""
        filled: Tensor = self.imputer(*self.answer_encoder(answers))
        return filled
