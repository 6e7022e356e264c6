"""The codes of results, for records, exchange and other languages. The words are in `skinedge.words`."""

from __future__ import annotations

from typing import Literal

Decision = Literal["refer", "watch", "photograph again", "cannot assess"]

Standing = Literal["not referred", "malignant", "benign", "refer", "watch", "photograph again", "cannot assess"]
"""What a visit comes to now, see `skinedge.records.state`: a later finding that says malignant or not, or else a decision.
"not referred" is malignant and not referred: somebody must act."""

AdviceCode = Literal["blurred", "compressed", "dark", "glare", "tiny_lesion", "no_skin"]
"""Warnings: why a photo cannot be judged well, and what to do better with the next one. See `skinedge.screening.triage`."""

ReasonCode = Literal[
    "score_reaches_threshold",
    "score_below_threshold",
    "score_near_threshold",
    "almost_black",
    "almost_white",
    "one_colour",
    AdviceCode,
]
"""The reasons of decisions: the first three go with a score, the others with a photo that must be taken again. A warning is
also the reason of `cannot assess`, where a person insisted on an answer."""
