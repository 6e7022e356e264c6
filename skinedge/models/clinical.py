"""Raw answers to features: encoding, neural imputation of missing answers, and the clinical network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skinedge.contract import ClinicalField


class AnswerEncoder(nn.Module):
    """Encodes answers: numbers as standard scores, choices as one-hot vectors, yes and no as 1 and 0.

    Encoded answers have `width` slots; `slots` gives the slice of each field.
    """

    centre: Tensor
    scale: Tensor
    source: Tensor
    level: Tensor
    is_choice: Tensor

    def __init__(self, fields: tuple[ClinicalField, ...]) -> None:
        super().__init__()
        self.fields = fields
        source: list[int] = []
        level: list[float] = []
        self.slots: list[slice] = []
        for position, field in enumerate(fields):
            count = len(field.choices) if field.kind == "choice" else 1
            self.slots.append(slice(len(source), len(source) + count))
            source += [position] * count
            level += [float(i) if field.kind == "choice" else -1.0 for i in range(count)]
        self.width = len(source)
        self.register_buffer("source", torch.tensor(source), persistent=False)
        self.register_buffer("level", torch.tensor(level), persistent=False)
        self.register_buffer("is_choice", torch.tensor(level) >= 0, persistent=False)
        self.register_buffer("centre", torch.zeros(self.width))
        self.register_buffer("scale", torch.ones(self.width))

    @torch.no_grad()
    def fit(self, answers: Tensor) -> None:
        """Takes the mean and deviation of each number from (N, F) raw answers, ignoring missing ones."""
        for position, field in enumerate(self.fields):
            values = answers[:, position]
            values = values[values >= 0]
            if field.kind == "number" and len(values) > 1:
                self.centre[self.slots[position]] = values.mean()
                self.scale[self.slots[position]] = values.std().clamp_min(1e-3)

    def forward(self, answers: Tensor) -> tuple[Tensor, Tensor]:
        """(B, F) raw answers to encoded answers (B, width) and a mask (B, width), 1 where answered, both float32."""
        raw = answers.index_select(1, self.source)
        answered = (raw >= 0).to(raw.dtype)
        number = (raw - self.centre) / self.scale
        encoded = torch.where(self.is_choice, (raw == self.level).to(raw.dtype), number)
        return encoded * answered, answered


class Imputer(nn.Module):
    """Predicts missing answers from the observed ones.

    It returns expectations (a probability of yes, one for each choice, a mean), never the likeliest value: most lesions
    do not bleed, so the likeliest value would turn "not asked" into "does not bleed".

    Source: neural imputation as in the paper, section 2, after Pundhir et al., ICPR 2022.
    """

    def __init__(self, encoder: AnswerEncoder, *, hidden: int) -> None:
        super().__init__()
        self.kinds: list[tuple[str, slice]] = [
            (field.kind, slot) for field, slot in zip(encoder.fields, encoder.slots, strict=True)
        ]
        self.layers = nn.Sequential(nn.Linear(2 * encoder.width, hidden), nn.ReLU(), nn.Linear(hidden, encoder.width))

    def guess(self, encoded: Tensor, answered: Tensor) -> Tensor:
        """(B, width) expected encoded answers to every question, answered or not."""
        raw = self.layers(torch.cat([encoded, answered], dim=1))
        parts = []
        for kind, slot in self.kinds:
            part = raw[:, slot]
            if kind == "choice":
                part = part.softmax(dim=1)
            elif kind == "yes_no":
                part = part.sigmoid()
            parts.append(part)
        return torch.cat(parts, dim=1)

    def forward(self, encoded: Tensor, answered: Tensor) -> Tensor:
        """(B, width) encoded answers, the missing ones imputed. The classifier's loss does not reach the imputer."""
        return encoded + (1 - answered) * self.guess(encoded, answered).detach()


class AnswersHead(nn.Module):
    """A second opinion from the answers alone, added to the logits with a fixed weight.

    Trained together, the product leans on the photo, because the backbone has learnt the training photos by heart. This
    head trains on answers only, including rows without a photo, and makes up for that. It is not in the paper.
    """

    def __init__(self, inputs: int, labels: int, *, weight: float, hidden: int) -> None:
        super().__init__()
        self.weight = weight
        self.layers = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(), nn.Dropout(0.2), nn.Linear(hidden, labels))

    def forward(self, imputed: Tensor) -> Tensor:
        """(B, width) imputed answers to (B, L) weighted log-probabilities."""
        logits: Tensor = self.layers(imputed)
        return self.weight * logits.log_softmax(dim=1)


class ClinicalNetwork(nn.Sequential):
    """Fully connected layers, ReLU after all but the last: four in the paper, section 2.1."""

    def __init__(self, inputs: int, widths: tuple[int, ...]) -> None:
        layers: list[nn.Module] = []
        for before, after in zip((inputs, *widths[:-1]), widths, strict=True):
            layers += [nn.Linear(before, after), nn.ReLU()]
        super().__init__(*layers[:-1])
        last = self[-1]
        assert isinstance(last, nn.Linear)
        # The output weighs the image features; starting near one leaves a pretrained image branch as it is.
        nn.init.normal_(last.weight, std=0.01)
        nn.init.ones_(last.bias)
