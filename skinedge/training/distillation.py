"""Knowledge distillation: a network learns the probabilities of trained networks.

Sources: Hinton, Vinyals and Dean, 2015, for the loss; Beyer et al., CVPR 2022, for teachers that see the same pixels as
the student in every step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from skinedge.contract import RGB, Contract
from skinedge.errors import ConfigError
from skinedge.evaluation.run_folder import Run
from skinedge.evaluation.run_inputs import RunInputs
from skinedge.models.checkpoint import load_checkpoint
from skinedge.models.lesion_net import LesionNet
from skinedge.training.recipe import Recipe


@dataclass(frozen=True)
class Teachers:
    """Trained networks in eval mode, whose average the student learns."""

    nets: tuple[LesionNet, ...]
    temperature: float

    @classmethod
    def of(cls, nets: Sequence[LesionNet], temperature: float) -> Teachers:
        for net in nets:
            net.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(tuple(nets), temperature)

    def to(self, device: torch.device) -> None:
        """Moves the networks."""
        for net in self.nets:
            net.to(device)

    def distillation_loss(self, inputs: Tensor, answers: Tensor, logits: Tensor, *, start: int = 0) -> Tensor:
        """The divergence of the student's (B, L) logits from the teachers', on the same inputs.

        Inputs, answers and `start` are those of `LesionNet.train_forward`. It leaves out the teachers' heads on the answers:
        the student gets a head of its own once it is trained, and the answers would count twice.

        The factor of the squared temperature keeps gradients as large as those of the other loss.
        """
        # Targets need not be exact: bfloat16 takes a third of the time, on a CPU as on a GPU.
        with torch.no_grad(), torch.autocast(inputs.device.type, dtype=torch.bfloat16):
            each = [net.train_forward(inputs, answers, reconstruct=0, start=start).logits.float() for net in self.nets]
            target = torch.stack(each).mean(dim=0)
        t = self.temperature
        divergence = F.kl_div((logits / t).log_softmax(dim=1), (target / t).softmax(dim=1), reduction="batchmean")
        return divergence * t**2


def load_teachers(runs: Sequence[Path], part: str, recipe: Recipe, contract: Contract, inputs: RunInputs) -> Teachers | None:
    """The networks of finished runs that were trained on the same part of the split as the student.

    Args:
        part: folder of the part in each run, such as `fold0/checkpoint`.

    Returns: None where there are no runs.
    Raises: ConfigError where a run was made from other data, questions or pixels, or with another split.
    """
    nets = []
    for run in runs:
        made = load_checkpoint(run / part)
        Run.load(run)  # A run that is not finished says so.
        teacher = RunInputs.load(run)
        if teacher is None:
            raise ConfigError(f"{run} cannot be a teacher: it kept no record of its data; train it anew")
        for what, got, expected in _compared(made.contract, teacher, contract, inputs):
            if got != expected:
                raise ConfigError(
                    f"{run} cannot be a teacher of this model: {what}: got {got}, expected {expected}; train it anew"
                )
        assert isinstance(made.net, LesionNet)
        nets.append(made.net)
    return Teachers.of(nets, recipe.distillation_temperature) if nets else None


def _compared(
    teacher: Contract, teacher_inputs: RunInputs, student: Contract, inputs: RunInputs
) -> list[tuple[str, object, object]]:
    return [
        ("split", teacher_inputs.split, inputs.split),
        ("data", teacher_inputs.data_sha256, inputs.data_sha256),
        ("questions", [field.name for field in teacher.fields], [field.name for field in student.fields]),
        ("range of pixels", _pixels(teacher), _pixels(student)),
    ]


def _pixels(contract: Contract) -> tuple[RGB, RGB]:
    return contract.network.pixel_mean, contract.network.pixel_std
