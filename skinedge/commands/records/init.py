"""`skinedge records init`: makes a record store."""

from __future__ import annotations

import sys

from skinedge.commands.options import ask_records_passphrase
from skinedge.commands.records.options import PassphraseFile, Records
from skinedge.commands.records.recovery_key import show_new_key
from skinedge.files import check_place


def init(records: Records = None, passphrase_file: PassphraseFile = None) -> None:
    """Makes an empty record store, encrypted under a passphrase that is asked for twice, and prints its recovery key.

    \b
    Example:
      skinedge records init
    """
    from skinedge.records.store import RecordStore, default_folder

    folder = records or default_folder()
    check_place(folder, "--records", "folder")
    passphrase = ask_records_passphrase(passphrase_file, twice=True)
    with RecordStore.create(folder, passphrase) as store:
        print(f"{folder}: an empty record store, whose log begins at {store.head()}")
        show_new_key(store)
    print("Keep the passphrase in a safe place: without it and the recovery key nobody reads the records.", file=sys.stderr)
