"""`skinedge records slip`: the page that the person takes along."""

from __future__ import annotations

from typing import Annotated

import typer

from skinedge.commands.options import need_extra
from skinedge.commands.records.options import OutFile, Overwrite, PassphraseFile, Records, VisitId, open_records


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
    """Writes the slip that the person takes along: one page to print, half of it for the clinic.

    The photo is on it where the person agreed that it is kept.

    \b
    Example:
      skinedge records slip 7K3Q9-D2MXA --out slip.pdf
    """
    need_extra("station", "reportlab", "babel")
    from skinedge.exchange.delivery import check_place, deliver
    from skinedge.exchange.slip import Slip
    from skinedge.exchange.slip_page import slip_pdf
    from skinedge.records.visit import parse_visit_id
    from skinedge.words import translator

    check_place(out, overwrite=overwrite)
    visit_id = parse_visit_id(visit)
    with open_records(records, passphrase_file) as store:
        record, photo = store.record(visit_id), store.photo(visit_id)
    words = translator(language or record.visit.language)
    print(deliver(out, slip_pdf(Slip.of(record, words, photo), words), overwrite=overwrite))
