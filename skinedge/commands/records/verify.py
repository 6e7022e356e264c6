"""`skinedge records verify`: looks for what was changed from outside."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from skinedge.commands.options import AsJson
from skinedge.commands.records.options import PassphraseFile, Records, open_records


def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(help="Head of the log as it was printed once; may be given again.", show_default=False),
    ] = None,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJson = False,
) -> None:
    """Looks for any edit, deletion or reordering of the records. Exits with 1 where it finds one.

    An older copy of the whole store that was put back is found only with a head that was printed since.

    \b
    Example:
      skinedge records verify --head 412:9f86d081884c7d65
    """
    from skinedge.records.chain import Head

    heads = [Head.parse(text) for text in head or ()]
    with open_records(records, passphrase_file) as store:
        problems = store.verify(*heads)
        now = None if problems else store.head()
    if as_json:
        print(json.dumps({"ok": not problems, "head": now and str(now), "problems": problems}, indent=2))
    else:
        print("\n".join(problems) or f"ok: nothing was changed; write down the head of the log: {now}")
    raise typer.Exit(int(bool(problems)))
