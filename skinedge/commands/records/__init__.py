"""`skinedge records`: the records of a screening station."""

from __future__ import annotations

from skinedge.commands.options import new_group
from skinedge.commands.records.backup import backup
from skinedge.commands.records.delete_patient import delete_patient
from skinedge.commands.records.export import export
from skinedge.commands.records.from_odk import from_odk
from skinedge.commands.records.init import init
from skinedge.commands.records.list import list_
from skinedge.commands.records.log import log
from skinedge.commands.records.passphrase import passphrase
from skinedge.commands.records.recovery_key import recovery_key
from skinedge.commands.records.report import report
from skinedge.commands.records.restore import restore
from skinedge.commands.records.show import show
from skinedge.commands.records.slip import slip
from skinedge.commands.records.verify import verify

group = new_group(
    "Keeps the records of a screening station.",
    init,
    list_,
    show,
    log,
    verify,
    backup,
    restore,
    delete_patient,
    passphrase,
    recovery_key,
    export,
    from_odk,
    slip,
    report,
)
