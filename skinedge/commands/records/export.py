"""`skinedge records export`: visits, or the form that asks for them, as a file to carry away."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from skinedge.commands.options import Model
from skinedge.commands.records.options import (
    OutFile,
    Overwrite,
    PassphraseFile,
    Records,
    Since,
    collect_visits,
    open_records,
)
from skinedge.errors import ConfigError


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
        found = collect_visits(store, patient, since)
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
