"""LesionNet: the paper's network, from a photo and answers to six classes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from skinedge.contract import Contract
from skinedge.models.backbones import Backbone, with_weights
from skinedge.models.clinical import AnswerEncoder, AnswersHead, Imputer
from skinedge.models.fusion import FeatureMaps, build_fusion
from skinedge.models.super_resolution import SuperResolutionDecoder


class ImageEncoder(nn.Module):
    """Backbone and adaptive 1 x 1 convolution to the width of the clinical features."""

    def __init__(self, backbone: Backbone, channels: int, *, taps: int = 0) -> None:
        super().__init__()
        self.features = backbone.features
        self.tapped = [position for position, _ in backbone.taps[:taps]]
        self.adapt = nn.Sequential(
            nn.Conv2d(backbone.channels, channels, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()
        )

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

    def __init__(self, inputs: int, labels: int, *, hidden: int, dropout: float = 0.0) -> None:
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

    def __init__(self, contract: Contract, backbone: Backbone, *, dropout: float = 0.0, with_decoder: bool = True) -> None:
        """Builds what `contract.network` says around a backbone, for the contract's fields and labels."""
        super().__init__()
        self.config = config = contract.network
        channels = config.clinical_widths[-1]
        self.answer_encoder = AnswerEncoder(contract.fields)
        self.imputer = Imputer(self.answer_encoder, hidden=config.imputer_width)
        fusion = build_fusion(config, self.answer_encoder.width, tuple(channels for _, channels in backbone.taps))
        self.image_encoder = ImageEncoder(backbone, channels, taps=fusion.taps)
        self.clinical, self.fuse = fusion.clinical, fusion.fuse
        self.classifier = Classifier(fusion.width, len(contract.labels), hidden=config.classifier_width, dropout=dropout)
        self.answers_head: AnswersHead | None = None  # attached once the rest is trained
        self.decoder = SuperResolutionDecoder(channels) if with_decoder else None

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
        """(B, F) raw answers to (B, width) encoded answers, the missing ones imputed."""
        imputed: Tensor = self.imputer(*self.answer_encoder(answers))
        return imputed


def build_network(
    contract: Contract, *, weights: str = "none", dropout: float = 0.0, with_decoder: bool = False
) -> LesionNet:
    """An untrained network of a contract, without a head on the answers alone.

    Args:
        weights: of the backbone, as in `backbones.with_weights`.

    Raises: ConfigError where there is no such backbone or fusion, or the weights do not fit; ContractError where the
        contract does not say how its network is built.
    """
    return LesionNet(contract, with_weights(contract.network.backbone, weights), dropout=dropout, with_decoder=with_decoder)


def build_answers_head(contract: Contract, inputs: int) -> AnswersHead:
    """An untrained head on the answers alone, for `inputs` encoded answers."""
    config = contract.network
    return AnswersHead(inputs, len(contract.labels), weight=config.answers_head_weight, hidden=config.answers_head_width)
