"""`skinedge records log`: what was added and deleted, and when."""

from __future__ import annotations

import json

from skinedge.commands.options import AsJson
from skinedge.commands.records.options import PassphraseFile, Records, open_records


def log(records: Records = None, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Shows the log: what was added and deleted, when, and by which model.

    \b
    Example:
      skinedge records log
    """
    from skinedge.records.display import event_json, event_line

    with open_records(records, passphrase_file) as store:
        events = store.log()
    print(json.dumps([event_json(event) for event in events], indent=2) if as_json else "\n".join(map(event_line, events)))
