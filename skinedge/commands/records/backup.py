"""`skinedge records backup`: an encrypted copy."""

from __future__ import annotations

from skinedge.commands.records.options import BackupFile, PassphraseFile, Records, open_records
from skinedge.files import check_place


def backup(file: BackupFile, records: Records = None, passphrase_file: PassphraseFile = None) -> None:
    """Writes an encrypted copy of all records to a new file. The passphrase of today opens it.

    \b
    Example:
      skinedge records backup /media/stick/records-2026-01-31.skinedge
    """
    check_place(file, "FILE")
    with open_records(records, passphrase_file) as store:
        print(f"{file}: a backup, whose log ends at {store.backup(file)}")
