"""Trains the head on the answers alone, once the rest of the network is trained."""

from __future__ import annotations

import torch
from torch import Tensor

from skinedge.contract import Contract
from skinedge.models.lesion_net import LesionNet, build_answers_head
from skinedge.training.answer_dropout import AnswerDropout
from skinedge.training.losses import class_weights, weighted_cross_entropy
from skinedge.training.recipe import Recipe

EPOCHS, BATCH, RATE, WEIGHT_DECAY = 60, 128, 6e-3, 1e-2


def attach_answers_head(net: LesionNet, answers: Tensor, labels: Tensor, recipe: Recipe, contract: Contract) -> None:
    """Trains a head on (N, F) raw answers and (N,) labels, and attaches it; the rest of the network does not change."""
    torch.manual_seed(recipe.seed)
    classes = len(contract.labels)
    head = build_answers_head(contract, net.answer_encoder.width)
    dropout = AnswerDropout(answers.numpy(), labels.numpy(), classes, recipe.answer_dropout)
    weights = class_weights(labels.numpy(), classes)
    batch = min(BATCH, len(labels))
    steps = EPOCHS * max(1, len(labels) // batch)
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(steps):
        indices = torch.randint(0, len(labels), (batch,))
        with torch.no_grad():
            imputed = net.imputed(dropout(answers[indices], labels[indices]))
        loss = weighted_cross_entropy(head.layers(imputed), labels[indices], weights)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    net.answers_head = head.eval()
