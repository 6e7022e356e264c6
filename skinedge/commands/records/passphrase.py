"""`skinedge records passphrase`: sets another passphrase."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import NEW_PASSPHRASE_VARIABLE, ask_records_passphrase
from skinedge.commands.records.options import PassphraseFile, Records, WithRecoveryKey, ask_secret


def passphrase(
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option(
            help=f"Its first line is the new one; else {NEW_PASSPHRASE_VARIABLE}, else it is asked.", metavar="FILE"
        ),
    ] = None,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    recovery_key: WithRecoveryKey = False,
) -> None:
    """Sets another passphrase. Backups made before keep the old one.

    \b
    Example:
      skinedge records passphrase
      skinedge records passphrase --recovery-key   # the old one is forgotten
    """
    from skinedge.records.store import RecordStore, default_folder

    secret = ask_secret(passphrase_file, recovery_key=recovery_key)
    with RecordStore.open(records or default_folder(), secret) as store:
        new = ask_records_passphrase(new_passphrase_file, variable=NEW_PASSPHRASE_VARIABLE, twice=True)
        store.change_passphrase(new)
    print("the passphrase was changed")
