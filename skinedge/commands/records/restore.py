"""`skinedge records restore`: a record store from a backup."""

from __future__ import annotations

import sys

import typer

from skinedge.commands.records.options import BackupFile, PassphraseFile, Records, WithRecoveryKey, ask_secret
from skinedge.files import check_place


def restore(
    file: BackupFile,
    records: Records = None,
    passphrase_file: PassphraseFile = None,
    recovery_key: WithRecoveryKey = False,
) -> None:
    """Makes a record store from a backup, where there is none, and checks it.

    Patients deleted after the backup are back in it: delete them again. The passphrase and the recovery key are those of the
    day of the backup.

    \b
    Example:
      skinedge records restore /media/stick/records-2026-01-31.skinedge
    """
    from skinedge.records.store import RecordStore, default_folder

    folder = records or default_folder()
    check_place(folder, "--records", "folder")
    with RecordStore.restore(file, folder, ask_secret(passphrase_file, recovery_key=recovery_key)) as store:
        problems, total = store.verify(), store.records(limit=0).total
    print(f"{folder}: {total} visits restored")
    if recovery_key:
        print("Now set another passphrase: skinedge records passphrase --recovery-key", file=sys.stderr)
    for problem in problems:
        print(f"skinedge: {problem}", file=sys.stderr)
    raise typer.Exit(int(bool(problems)))
