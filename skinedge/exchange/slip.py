"""What the slip says that a person takes along: one half for the person, and one for the clinic that the person goes to.

It says what holds now, once: what a person decided or found comes first, and what the program said is named as such. Of what
the health post wrote freely it has names alone. `skinedge.exchange.slip_page` draws it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from skinedge.codes import Standing
from skinedge.contract.words import UNKNOWN
from skinedge.questionnaire import COLUMNS, REGION
from skinedge.records.state import PresentState, present_state
from skinedge.records.visit import KEEP_PHOTO, Record
from skinedge.words import Translator
from skinedge.words.markers import N_

HEADLINES: dict[Standing, str] = {
    "not referred": N_("Please go to a clinic now"),
    "malignant": N_("Please go to a clinic now"),
    "benign": N_("Nothing malignant was found"),
    "refer": N_("Please go to a clinic"),
    "watch": N_("Keep an eye on the spot"),
    "photograph again": N_("A new photo is needed"),
    "cannot assess": N_("Let someone look at the spot"),
}
"""What the person reads first."""

_GO_NOW = N_("Something was found that a clinic must look at soon. Take this paper with you.")
WHAT_TO_DO: dict[Standing, str] = {
    "not referred": _GO_NOW,
    "malignant": _GO_NOW,
    "benign": N_("If the spot grows, changes, bleeds or worries you, come back."),
    "refer": N_("A doctor or nurse should look at the spot there. Take this paper with you."),
    "watch": N_(
        "For now there is no reason to send you to a clinic. If the spot grows, changes, bleeds or worries you, come back."
    ),
    "photograph again": N_("Come back for a new photo, or let a doctor or nurse look at the spot."),
    "cannot assess": N_("Let a doctor or nurse look at the spot. Take this paper with you."),
}
"""What to do, said to the person, whoever decided; `skinedge.words.results` says it to the health worker."""

_UNITS = {question.name: question.unit for question in COLUMNS.values() if question.unit in ("years", "mm")}
_DECISION, _FOUND = N_("Decision"), N_("What was found later")
_PROGRAM, _SAID = N_("The program"), N_("The program said:")
_BY_PROGRAM, _BY_PERSON = N_("{decision}, by the program"), N_("{decision}, by {who} on {day}")
_MALIGNANT = {True: N_("malignant"), False: N_("not malignant")}


@dataclass(frozen=True, kw_only=True)
class Slip:
    """The content of a slip, in its language."""

    visit_id: str
    patient: str
    """The number that the health post gave the person; never a name."""
    day: date
    site: str
    """Name of the health post, where it goes back to."""
    standing: Standing
    place: str
    """On the body."""
    facts: tuple[tuple[str, str], ...]
    """For the clinic, each with its name: the decision and whose it is, what was found later, what the program said."""
    answers: tuple[tuple[str, str], ...]
    """Each with what it is about, but for the place."""
    photo: bytes | None = field(default=None, repr=False)
    """Where the person agreed that it is kept."""

    @classmethod
    def of(cls, record: Record, words: Translator, photo: bytes | None = None) -> Slip:
        """The slip of a record. The day is that of this machine's clock."""
        visit = record.visit
        state = present_state(record)
        return cls(
            visit_id=visit.visit_id,
            patient=visit.patient,
            day=visit.created_at.astimezone().date(),
            site=visit.site,
            standing=state.standing,
            place=words.answer(visit.answers.get(REGION) or "unknown"),
            facts=tuple(_facts(record, state, words)),
            answers=tuple(
                (words.short_name(name), _answer(name, answer, words))
                for name, answer in visit.answers.items()
                if name != REGION
            ),
            photo=photo if KEEP_PHOTO in visit.consent.agreed_to else None,
        )


def _facts(record: Record, state: PresentState, words: Translator) -> Iterator[tuple[str, str]]:
    say, result = words.gettext, record.visit.result
    decision = words.decision(state.decision)
    # Where a finding goes against the decision, the finding alone is told.
    if state.standing in (state.decision, "malignant"):
        by = state.override
        day = words.date(by.at.astimezone().date()) if by else ""
        yield (
            say(_DECISION),
            (
                say(_BY_PERSON).format(decision=decision, who=by.by, day=day)
                if by
                else say(_BY_PROGRAM).format(decision=decision)
            ),
        )
    if state.outcome is not None and state.outcome.malignant is not None:
        yield say(_FOUND), f"{say(_MALIGNANT[state.outcome.malignant])}, {words.date(state.outcome.on)}"
    reason = words.reason(result.reason, score=result.malignancy_score, threshold=result.refer_threshold)
    if state.from_a_person:
        yield say(_SAID), f"{words.decision(result.decision)}. {reason}"
    else:
        yield say(_PROGRAM), reason


def _answer(name: str, answer: str | None, words: Translator) -> str:
    if answer is None or answer in UNKNOWN:
        return words.answer("unknown")
    unit = _UNITS.get(name)
    return f"{answer} {words.unit(unit)}" if unit else words.answer(answer)
