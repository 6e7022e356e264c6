"""`skinedge records show`: all that is kept of a visit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import AsJson
from skinedge.commands.records.options import PassphraseFile, Records, VisitId, open_records
from skinedge.errors import StoreError
from skinedge.files import write_new


def show(
    visit: VisitId,
    photo: Annotated[
        Path | None, typer.Option(help="Writes the photo to this new file, unencrypted.", metavar="FILE")
    ] = None,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Shows all that is kept of a visit.

    \b
    Example:
      skinedge records show 7K3Q9-D2MXA
    """
    from skinedge.records.display import record_json, record_lines
    from skinedge.records.visit import parse_visit_id

    visit_id = parse_visit_id(visit)
    with open_records(records, passphrase_file) as store:
        record, image = store.record(visit_id), store.photo(visit_id) if photo else None
    if photo:
        _write_photo(photo, image)
    print(json.dumps(record_json(record), indent=2) if as_json else "\n".join(record_lines(record)))


def _write_photo(file: Path, photo: bytes | None) -> None:
    if photo is None:
        raise StoreError("the photo of this visit was not kept: leave out --photo")
    try:
        write_new(file, photo, mode=0o600)
    except OSError as error:
        raise StoreError(f"cannot write {file}: {error.strerror}; give another place") from None
