"""`skinedge records recovery-key`: makes the key that opens the records when the passphrase is forgotten."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from skinedge.commands.records.options import PassphraseFile, Records, open_records

if TYPE_CHECKING:
    from skinedge.records.store import RecordStore


def recovery_key(records: Records = None, passphrase_file: PassphraseFile = None) -> None:
    """Makes a recovery key, which opens the records when the passphrase is forgotten. One made before opens nothing more.

    It is shown once. Backups made before keep the key of their day.

    \b
    Example:
      skinedge records recovery-key
    """
    with open_records(records, passphrase_file) as store:
        show_new_key(store)


def show_new_key(store: RecordStore) -> None:
    """Makes a key and prints it for paper. Printed, it counts as being there: the station does not ask for it."""
    print(f"recovery key: {store.new_recovery_key().spoken()}", flush=True)
    store.note_recovery_key_on_paper()
    print(
        "It is shown this once. Write it down, and keep it apart from this computer: whoever has both reads the records.",
        file=sys.stderr,
    )
