"""For health posts and those they report to: records as files to carry away."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from skinedge.commands.options import DEFAULT_CHECKPOINT, AsJson, Model
from skinedge.commands.records import PassphraseFile, Records, VisitId, open_records
from skinedge.errors import ConfigError

if TYPE_CHECKING:
    from skinedge.exchange.collection import Collection
    from skinedge.records.store import RecordStore

OutFile = Annotated[Path, typer.Option(help="File to write.", metavar="FILE")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write over a file that is there already.")]
Since = Annotated[
    datetime | None, typer.Option(help="Only visits from this day on.", formats=["%Y-%m-%d"], show_default="all")
]


class Format(StrEnum):
    """What an export can be."""

    CSV = "csv"
    FHIR = "fhir"
    ODK = "odk"


def export(
    format_: Annotated[
        Format,
        typer.Option("--format", help="csv: a table. fhir: a FHIR R4 bundle. odk: the questions as a form for ODK Collect."),
    ],
    out: OutFile,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    patient: Annotated[str | None, typer.Option(help="Only visits of this patient.", show_default="all")] = None,
    since: Since = None,
    photos: Annotated[bool, typer.Option("--photos", help="Put the photos into the FHIR bundle, too.")] = False,
    model: Model = None,
    overwrite: Overwrite = False,
) -> None:
    """Writes visits, or the form that asks the same questions, into one file.

    The file is not encrypted: whoever has it reads it. The form for ODK holds no visits, and needs no records.

    \b
    Example:
      skinedge records export --format csv --out /media/usb/visits.csv
      skinedge records export --format fhir --since 2026-01-01 --out /media/usb/visits.json
      skinedge records export --format odk --out form.xml
    """
    from skinedge.exchange.delivery import check_place, deliver
    from skinedge.runtime.bundle import default_bundle_path, open_bundle

    if photos and format_ is not Format.FHIR:
        raise ConfigError(f"--photos goes with --format fhir only, got --format {format_}: leave it out")
    check_place(out, overwrite=overwrite)
    contract = open_bundle(model or default_bundle_path()).contract
    if format_ is Format.ODK:
        from skinedge.exchange.xform import xform_xml

        if patient is not None or since is not None:
            raise ConfigError("a form for ODK holds no visits: leave out --patient and --since")
        print(deliver(out, xform_xml(contract), overwrite=overwrite))
        return
    with open_records(records, passphrase_file) as store:
        found = _collect(store, patient, since)
        if format_ is Format.CSV:
            from skinedge.exchange.csv_file import BYTE_ORDER_MARK, Row, csv_text

            text = BYTE_ORDER_MARK + csv_text(map(Row.of, found.records))
        else:
            from skinedge.exchange.fhir import fhir_bundle

            bundle = fhir_bundle(
                found.records, contract, written_at=datetime.now(UTC), photo=store.photo if photos else None
            )
            text = json.dumps(bundle, ensure_ascii=False, indent=1) + "\n"
    print(deliver(out, text, overwrite=overwrite))
    print(f"{len(found.records)} visits", file=sys.stderr)


def slip(
    visit: VisitId,
    out: OutFile,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    language: Annotated[
        str | None, typer.Option(help="en, pt_BR, es, fr or sw.", show_default="that of the visit", metavar="LANGUAGE")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Writes the slip that the person takes along: one page to print, without a photo.

    \b
    Example:
      skinedge records slip 7K3Q9-D2MXA --out slip.pdf
    """
    from skinedge.exchange.delivery import check_place, deliver
    from skinedge.exchange.slip import Slip, slip_pdf
    from skinedge.records.visit import parse_visit_id
    from skinedge.words import translator

    check_place(out, overwrite=overwrite)
    visit_id = parse_visit_id(visit)
    with open_records(records, passphrase_file) as store:
        record = store.record(visit_id)
    words = translator(language or record.visit.language)
    print(deliver(out, slip_pdf(Slip.of(record, words), words), overwrite=overwrite))


def report(
    out: Annotated[Path | None, typer.Option(help="Page to write.", metavar="FILE", show_default="none")] = None,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    since: Since = None,
    model: Model = None,
    reference: Annotated[
        Path | None,
        typer.Option(help="reference_scores.json of the model.", metavar="FILE", show_default="of this install's model"),
    ] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Says how the model does here: counts, rates, scores against a reference, and what was found later.

    The page names no person and shows no photo.

    \b
    Example:
      skinedge records report --out report.html
      skinedge records report --json | jq '.models[].refer'
    """
    from skinedge.exchange.delivery import check_place, deliver
    from skinedge.exchange.drift import drift_report
    from skinedge.exchange.drift_page import page_html
    from skinedge.reference_scores import REFERENCE_FILE, ReferenceScores
    from skinedge.runtime.bundle import default_bundle_path, open_bundle

    if out is None and not as_json:
        raise ConfigError("nothing to write to: give --out report.html, or --json")
    if out is not None:
        check_place(out, overwrite=overwrite)
    bundle = open_bundle(model or default_bundle_path())
    scores = ReferenceScores.load(reference or DEFAULT_CHECKPOINT / REFERENCE_FILE)
    fits = scores.weights_sha256 == bundle.contract.weights_sha256
    if reference is not None and not fits:
        raise ConfigError(f"{reference} is of another model than {bundle.contract.model_name} here: give both of one model")
    with open_records(records, passphrase_file) as store:
        found = _collect(store, None, since)
    made = drift_report(
        found.records,
        {bundle.program_sha256: scores} if fits else {},
        written_at=datetime.now(UTC),
        unreadable=len(found.unreadable),
    )
    if as_json:
        print(made.model_dump_json(indent=2))
    if out is not None:
        place = deliver(out, page_html(made), overwrite=overwrite)
        print(place, file=sys.stderr if as_json else sys.stdout)


def from_odk(
    forms: Annotated[
        list[Path], typer.Argument(metavar="FORM", help="Forms from Collect (.xml) or tables from Central (.csv).")
    ],
    out: OutFile,
    model: Model = None,
    overwrite: Overwrite = False,
) -> None:
    """Turns what ODK Collect brought back into the table of answers that "skinedge screen" takes with a folder of photos.

    \b
    Example:
      skinedge records from-odk instances/*/*.xml --out answers.csv
    """
    from skinedge.exchange.delivery import deliver
    from skinedge.exchange.submissions import answers_csv, read_submissions
    from skinedge.runtime.bundle import default_bundle_path, open_bundle

    contract = open_bundle(model or default_bundle_path()).contract
    found = [submission for path in forms for submission in read_submissions(path, contract)]
    print(deliver(out, answers_csv(found, contract), overwrite=overwrite))
    print(f"{len(found)} forms with consent", file=sys.stderr)


def _collect(store: RecordStore, patient: str | None, since: datetime | None) -> Collection:
    from skinedge.exchange.collection import collect

    # A day starts by the clock of this machine.
    found = collect(store, patient=patient, since=since.astimezone() if since else None)
    if found.unreadable:
        ids = ", ".join(found.unreadable)
        print(f"left out, as they are damaged: {ids}; run skinedge records verify", file=sys.stderr)
    return found
