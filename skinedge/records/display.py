"""Records as text for a terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from skinedge.records.state import PresentState, present_state, state_json
from skinedge.records.store import Event
from skinedge.records.visit import Record, spoken_visit_id


def record_json(record: Record) -> dict[str, object]:
    """A record as JSON data."""
    state = present_state(record)
    return {
        "decision": state.decision,
        "state": state_json(state),
        "has_photo": record.has_photo,
        "visit": record.visit.model_dump(mode="json"),
        "overrides": [override.model_dump(mode="json") for override in record.overrides],
        "outcomes": [outcome.model_dump(mode="json") for outcome in record.outcomes],
    }


def event_json(event: Event) -> dict[str, object]:
    """An entry of the log as JSON data."""
    return {**asdict(event.entry), "note": dict(event.note)}


def record_line(record: Record) -> str:
    """One line of a list."""
    visit, state = record.visit, present_state(record)
    line = f"{local(visit.created_at)}  {spoken_visit_id(visit.visit_id)}  {state.decision:16}  {visit.patient}"
    outcome = f"  {state.outcome.label}, {_MALIGNANT[state.malignant]}" if state.outcome else ""
    return printable(f"{line}{outcome}{f'  {ALERT}' if state.is_alert else ''}")


def record_lines(record: Record) -> list[str]:
    """All of a record but the photo."""
    visit, result, state = record.visit, record.visit.result, present_state(record)
    rows = [
        *([("Alert", ALERT)] if state.is_alert else []),
        ("Now", _now(state)),
        ("Visit", spoken_visit_id(visit.visit_id)),
        ("Patient", visit.patient),
        ("When", local(visit.created_at)),
        ("Where", visit.site or "not said"),
        ("Screened by", visit.screened_by or "not said"),
        ("Consent", f"{', '.join(visit.consent.agreed_to) or 'to nothing'}, {local(visit.consent.at)}"),
        *(
            (name.replace("_", " ").capitalize(), "don't know" if answer is None else answer)
            for name, answer in visit.answers.items()
        ),
        ("Program said", f"{result.decision}. {result.reason}"),
        ("Model", f"{result.model_name}, {result.model_sha256[:12]}"),
        ("Photo", "kept" if record.has_photo else "not kept"),
        *(("Override", f"{o.decision}, by {o.by}, {local(o.at)}: {o.reason}") for o in record.overrides),
        *(("Outcome", f"{o.label}, {_MALIGNANT[o.malignant]}, of {o.on}, entered by {o.by}") for o in record.outcomes),
    ]
    return [printable(f"{name:12} {value}") for name, value in rows]


def _now(state: PresentState) -> str:
    by = f"decided by {state.override.by}" if state.override else "as the program said"
    found = f"; found later: {state.outcome.label}, {_MALIGNANT[state.malignant]}" if state.outcome else ""
    return f"{state.decision}, {by}{found}"


def event_line(event: Event) -> str:
    """One line of the log."""
    entry = event.entry
    visit = spoken_visit_id(entry.visit_id) if entry.visit_id else ""
    note = ", ".join(f"{name}: {value}" for name, value in event.note.items())
    return printable(f"{entry.sequence:6}  {entry.time}  {entry.kind:10}  {visit:11}  {note}").rstrip()


def local(moment: datetime) -> str:
    """A moment by the clock of this place, to the minute."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def printable(text: str) -> str:
    """Free text without the characters that would move the cursor."""
    return "".join(character if character.isprintable() else "?" for character in text)


ALERT = "MALIGNANT AND NOT REFERRED"
"""So that nobody overlooks it."""
_MALIGNANT = {True: "malignant", False: "benign", None: "malignant or not: not said"}
