"""`skinedge records backup`: an encrypted copy."""

from __future__ import annotations

import sys

from skinedge.commands.records.options import BackupFile, PassphraseFile, Records, open_records
from skinedge.files import check_place


def backup(file: BackupFile, records: Records = None, passphrase_file: PassphraseFile = None) -> None:
    """Writes an encrypted copy of all records to a new file. The passphrase and the recovery key of today open it.

    \b
    Example:
      skinedge records backup /media/stick/records-2026-01-31.skinedge
    """
    check_place(file, "FILE")
    with open_records(records, passphrase_file) as store:
        made = store.backup(file)
    print(f"{file}: a backup, read back, whose log ends at {made.head}")
    for problem in made.damage:
        print(f"skinedge: the records themselves are damaged, and so is this copy: {problem}", file=sys.stderr)
