"""`skinedge records recovery-key`: makes the key that opens the records when the passphrase is forgotten."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from skinedge.commands.records.options import PassphraseFile, Records, open_records

if TYPE_CHECKING:
    from skinedge.records.recovery_key import RecoveryKey as Key


def recovery_key(records: Records = None, passphrase_file: PassphraseFile = None) -> None:
    """Makes a recovery key, which opens the records when the passphrase is forgotten. One made before opens nothing more.

    It is shown once. Backups made before keep the key of their day.

    \b
    Example:
      skinedge records recovery-key
    """
    with open_records(records, passphrase_file) as store:
        show(store.new_recovery_key())


def show(key: Key) -> None:
    """Prints a new key for paper."""
    print(f"recovery key: {key.spoken()}")
    print(
        "It is shown this once. Write it down, and keep it apart from this computer: whoever has both reads the records.",
        file=sys.stderr,
    )
