"""Records as text for a terminal, and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from skinedge.records.store import Event
from skinedge.records.visit import Record, spoken_visit_id


def record_json(record: Record) -> dict[str, object]:
    """A record as JSON data."""
    return {
        "decision": record.decision,
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
    visit = record.visit
    outcome = record.outcomes[-1].label if record.outcomes else ""
    line = f"{local(visit.created_at)}  {spoken_visit_id(visit.visit_id)}  {record.decision:16}  {visit.patient}  {outcome}"
    return printable(line).rstrip()


def record_lines(record: Record) -> list[str]:
    """All of a record but the photo."""
    visit, result = record.visit, record.visit.result
    rows = [
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
        ("Advice", f"{result.decision}. {result.reason}"),
        ("Model", f"{result.model_name}, {result.model_sha256[:12]}"),
        ("Photo", "kept" if record.has_photo else "not kept"),
        *(("Override", f"{o.decision}, by {o.by}, {local(o.at)}: {o.reason}") for o in record.overrides),
        *(("Outcome", f"{o.label}, {_MALIGNANT[o.malignant]}, of {o.on}, entered by {o.by}") for o in record.outcomes),
    ]
    return [printable(f"{name:12} {value}") for name, value in rows]


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


_MALIGNANT = {True: "malignant", False: "benign", None: "malignant or not: not said"}
