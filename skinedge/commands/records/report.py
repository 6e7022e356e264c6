"""`skinedge records report`: how the model does here."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import AsJson, Model, need_extra
from skinedge.commands.records.options import Overwrite, PassphraseFile, Records, Since, collect_visits, open_records
from skinedge.errors import ConfigError


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
    need_extra("station", "jinja2")
    from skinedge.default_model import REFERENCE_SCORES
    from skinedge.exchange.delivery import check_place, deliver
    from skinedge.exchange.drift import drift_report
    from skinedge.exchange.drift_page import page_html
    from skinedge.reference_scores import ReferenceScores
    from skinedge.runtime.bundle import default_bundle_path, open_bundle

    if out is None and not as_json:
        raise ConfigError("nothing to write to: give --out report.html, or --json")
    if out is not None:
        check_place(out, overwrite=overwrite)
    bundle = open_bundle(model or default_bundle_path())
    scores = ReferenceScores.load(reference or REFERENCE_SCORES)
    fits = scores.weights_sha256 == bundle.contract.weights_sha256
    if reference is not None and not fits:
        raise ConfigError(f"{reference} is of another model than {bundle.contract.model_name} here: give both of one model")
    with open_records(records, passphrase_file) as store:
        found = collect_visits(store, None, since)
    made = drift_report(
        found.records,
        {bundle.program_sha256: scores} if fits else {},
        written_at=datetime.now(UTC),
        unreadable=len(found.unreadable),
    )
    if made.not_referred:
        print(f"malignant and not referred: {len(made.not_referred)}", file=sys.stderr)
    if as_json:
        print(made.model_dump_json(indent=2))
    if out is not None:
        place = deliver(out, page_html(made), overwrite=overwrite)
        print(place, file=sys.stderr if as_json else sys.stdout)
