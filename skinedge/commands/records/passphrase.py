"""`skinedge records passphrase`: sets another passphrase."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import NEW_PASSPHRASE_VARIABLE, ask_records_passphrase
from skinedge.commands.records.options import PassphraseFile, Records, open_records


def passphrase(
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            help=f"Its first line is the new one; else {NEW_PASSPHRASE_VARIABLE}, else it is asked.", metavar="FILE"
        ),
    ] = None,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Sets another passphrase. Backups made before keep the old one.

    \b
    Example:
      skinedge records passphrase
    """
    with open_records(records, passphrase_file) as store:
        new = ask_records_passphrase(new_passphrase_file, variable=NEW_PASSPHRASE_VARIABLE, twice=True)
        store.change_passphrase(new)
    print("the passphrase was changed")
