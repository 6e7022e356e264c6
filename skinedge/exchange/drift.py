"""What a health post's records say about how the model does there: counts, rates, scores and what was found later.

Nothing in it names a person or a photo. It is of aggregates, by the model that gave the answers, so that a change of model
shows; only visits that somebody must act on are named, by their ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import get_args

from skinedge.codes import Decision
from skinedge.contract import Frozen
from skinedge.exchange.statistics import (
    Share,
    chance_limit,
    equal_parts,
    grouped,
    mixture_share,
    stability_index,
)
from skinedge.records.state import present_state
from skinedge.records.visit import Record
from skinedge.reference_scores import BINS, ReferenceScores, bin_of

GROUPS = 10
"""Of the reference with about as many scores each, as is usual for PSI."""
SMALL, LARGE = 0.1, 0.25
"""Below and above these, PSI is commonly called small and large: a habit of credit scoring, not a law."""
FEW = 50
"""The number of scores below which the report does not judge their distribution."""

References = Mapping[str, ReferenceScores]
"""Reference scores and names of models, by the hash of their program."""


class Week(Frozen):
    """The visits of one week."""

    monday: date
    decisions: Mapping[Decision, int]
    """The program's decisions."""


class Distance(Frozen):
    """How far the scores are from those of the reference."""

    reference: tuple[int, ...]
    """`BINS` counts."""
    reference_protocol: str
    psi: float
    chance_limit: float
    """The PSI that chance alone exceeds in 5 of 100 cases."""
    malignant_share_in_reference: float
    best_malignant_share: float
    """The share of malignant photos with which a mixture of the reference's scores fits best. It is no estimate of illness:
    it assumes that malignant lesions here score as they did there."""
    psi_of_best_mixture: float
    verdict: str


class Agreement(Frozen):
    """Decisions against later findings, for the visits where a finding says malignant or not."""

    sensitivity: Share
    """Malignant ones that were referred."""
    specificity: Share
    """Others that were not."""
    neither: int
    """Visits with a finding whose decision was neither refer nor watch; they are in no share."""


class ModelRecords(Frozen):
    """The visits that one model answered."""

    model_name: str
    model_sha256: str
    first: date
    last: date
    visits: int
    refer: Share
    """Of all answers (refer or watch), as the program gave them."""
    photograph_again: Share
    cannot_assess: Share
    overridden: Share
    """Visits where a person overrode the program's decision."""
    referred_in_the_end: Share
    """Of all visits, after overrides."""
    imputed: Mapping[str, Share]
    """By question: answers that the program imputed."""
    threshold: float
    """Of the last visit."""
    scores: tuple[int, ...]
    """`BINS` counts."""
    distance: Distance | None
    """None where no reference of this model is at hand."""
    findings: int
    program: Agreement
    in_the_end: Agreement


class NotReferred(Frozen):
    """A visit where something malignant was found, and that was not referred."""

    visit_id: str
    day: date
    decision: Decision
    """What counts now."""
    program_decision: Decision
    found_on: date


class DriftReport(Frozen):
    """The whole report."""

    written_at: datetime
    visits: int
    not_referred: tuple[NotReferred, ...]
    """Visits that somebody must act on now, newest first."""
    unreadable: int
    """Damaged visits, which are in no figure."""
    weeks: tuple[Week, ...]
    """From the first to the last, without gaps."""
    models: tuple[ModelRecords, ...]
    """In the order of their first visit."""


def drift_report(
    records: Iterable[Record], references: References, *, written_at: datetime, unreadable: int = 0
) -> DriftReport:
    """The drift report of records. Dates are in UTC."""
    records = sorted(records, key=lambda record: record.visit.created_at)
    by_model: dict[str, list[Record]] = {}
    for record in records:
        by_model.setdefault(record.visit.result.model_sha256, []).append(record)
    return DriftReport(
        written_at=written_at,
        visits=len(records),
        not_referred=_not_referred(records),
        unreadable=unreadable,
        weeks=_weeks(records),
        models=tuple(_of_model(own, references.get(model)) for model, own in by_model.items()),
    )


def _weeks(records: Sequence[Record]) -> tuple[Week, ...]:
    counts: dict[date, Counter[Decision]] = {}
    for record in records:
        day = record.visit.created_at.date()
        counts.setdefault(day - timedelta(days=day.weekday()), Counter())[record.visit.result.decision] += 1
    if not counts:
        return ()
    mondays = [min(counts) + timedelta(weeks=week) for week in range((max(counts) - min(counts)).days // 7 + 1)]
    return tuple(
        Week(monday=monday, decisions={name: counts.get(monday, Counter())[name] for name in get_args(Decision)})
        for monday in mondays
    )


def _not_referred(records: Sequence[Record]) -> tuple[NotReferred, ...]:
    return tuple(
        NotReferred(
            visit_id=record.visit.visit_id,
            day=record.visit.created_at.date(),
            decision=state.decision,
            program_decision=record.visit.result.decision,
            found_on=state.outcome.on,
        )
        for record in reversed(records)
        if (state := present_state(record)).is_alert and state.outcome
    )


def _of_model(records: Sequence[Record], reference: ReferenceScores | None) -> ModelRecords:
    results = [record.visit.result for record in records]
    states = [present_state(record) for record in records]
    decisions = Counter(result.decision for result in results)
    scores = [0] * BINS
    for result in results:
        if result.malignancy_score is not None:
            scores[bin_of(result.malignancy_score)] += 1
    questions = {name for record in records for name in (*record.visit.answers, *record.visit.result.imputed)}
    imputed = Counter(name for result in results for name in result.imputed)
    n = len(records)
    return ModelRecords(
        model_name=results[0].model_name,
        model_sha256=results[0].model_sha256,
        first=records[0].visit.created_at.date(),
        last=records[-1].visit.created_at.date(),
        visits=n,
        refer=Share(count=decisions["refer"], of=decisions["refer"] + decisions["watch"]),
        photograph_again=Share(count=decisions["photograph again"], of=n),
        cannot_assess=Share(count=decisions["cannot assess"], of=n),
        overridden=Share(count=sum(s.decision != r.decision for s, r in zip(states, results, strict=True)), of=n),
        referred_in_the_end=Share(count=sum(state.decision == "refer" for state in states), of=n),
        imputed={name: Share(count=imputed[name], of=n) for name in sorted(questions)},
        threshold=results[-1].refer_threshold,
        scores=tuple(scores),
        distance=None if reference is None else distance(scores, reference),
        findings=sum(state.malignant is not None for state in states),
        program=_agreement((result.decision, state.malignant) for result, state in zip(results, states, strict=True)),
        in_the_end=_agreement((state.decision, state.malignant) for state in states),
    )


def distance(scores: Sequence[int], reference: ReferenceScores) -> Distance:
    """Compares `BINS` counts of scores with a reference."""
    cuts = equal_parts(reference.counts, GROUPS)
    found, expected = grouped(scores, cuts), grouped(reference.counts, cuts)
    malignant, benign = grouped(reference.malignant, cuts), grouped(reference.benign, cuts)
    there = sum(malignant) / sum(expected)
    best = mixture_share(malignant, benign, found) if sum(found) else there
    # As many as the reference holds, in the other proportion.
    mixture = [
        sum(expected) * (best * m / max(sum(malignant), 1) + (1 - best) * b / max(sum(benign), 1))
        for m, b in zip(malignant, benign, strict=True)
    ]
    psi, mixed = stability_index(expected, found), stability_index(mixture, found)
    limit = chance_limit(len(expected), sum(expected), max(sum(found), 1))
    return Distance(
        reference=reference.counts,
        reference_protocol=reference.protocol,
        psi=psi,
        chance_limit=limit,
        malignant_share_in_reference=there,
        best_malignant_share=best,
        psi_of_best_mixture=mixed,
        verdict=_verdict(psi, mixed, limit, scores=int(sum(found))),
    )


def _verdict(psi: float, mixed: float, limit: float, *, scores: int) -> str:
    if scores < FEW:
        return f"Too few scores to say anything: {scores}, and it takes {FEW} at the least."
    if psi <= max(limit, SMALL):
        return "The scores look like those of the reference, as far as this many can tell."
    size = "far from" if psi > LARGE else "somewhat unlike"
    if mixed <= max(limit, SMALL):
        return (
            f"The scores are {size} those of the reference. Another mix of malignant and benign spots than in the reference "
            "is enough to explain it, and to be expected where people are screened who were not sent by a doctor."
        )
    return (
        f"The scores are {size} those of the reference, and another mix of malignant and benign spots does not explain it. "
        "Look at the camera, the light, who is screened and how questions are answered, and compare with findings."
    )


def _agreement(cases: Iterable[tuple[Decision, bool | None]]) -> Agreement:
    counts = Counter((decision, malignant) for decision, malignant in cases if malignant is not None)
    hits, misses = counts["refer", True], counts["watch", True]
    right, alarms = counts["watch", False], counts["refer", False]
    return Agreement(
        sensitivity=Share(count=hits, of=hits + misses),
        specificity=Share(count=right, of=right + alarms),
        neither=counts.total() - hits - misses - right - alarms,
    )
