"""The page for backups: a file to download, or one in the folder that the operator named; and what the list reminds of."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from skinedge.errors import StoreError
from skinedge.records.backup import Backup, new_name
from skinedge.records.store import RecordStore
from skinedge.web.auth import receive_form, see
from skinedge.web.pages import page, words_of
from skinedge.web.station import station_of

_PIECE_BYTES = 1 << 18


def reminders(request: Request) -> dict[str, object]:
    """What the list of visits says of backups and of the recovery key."""
    store = station_of(request).locker.store
    state = store.backup_state()
    return {
        "backup": state,
        "backup_is_due": state.is_due(datetime.now(UTC)),
        "recovery_key_made_at": store.recovery_key_made_at(),
        "recovery_key_is_on_paper": store.recovery_key_is_on_paper(),
    }


def show_backup(request: Request) -> Response:
    return _backup_page(request)


async def send_backup(request: Request) -> Response:
    """A file for the browser to keep."""
    await receive_form(request)
    store = station_of(request).locker.store
    held = ExitStack()
    copy, made = await run_in_threadpool(held.enter_context, store.lent_copy())
    return Download(store, copy, made, held)


async def write_backup(request: Request) -> Response:
    """A file in the folder that the operator named, such as a stick's."""
    await receive_form(request)
    return await run_in_threadpool(_write, request)


def _write(request: Request) -> Response:
    station, words = station_of(request), words_of(request)
    if station.backups is None:
        return see("/backup")
    if not station.backups.is_dir():
        text = words.gettext("The folder {folder} is not there. Put the stick in, and try again.")
        return _backup_page(request, text.format(folder=station.backups))
    try:
        station.locker.store.backup(station.backups / new_name(datetime.now(UTC)))
    except StoreError as error:
        return _backup_page(request, words.error(error))
    return see("/backup?made")


class Download(StreamingResponse):
    """A lent copy on its way to a browser. The log gets its note when the whole of it was handed to the connection."""

    def __init__(self, store: RecordStore, copy: Path, made: Backup, held: ExitStack) -> None:
        self._store, self._copy, self._made, self._held = store, copy, made, held
        self._name = new_name(datetime.now(UTC))
        self._pieces = self._read()
        headers = {
            # A browser that gets less knows that its file is not whole.
            "Content-Length": str(copy.stat().st_size),
            "Content-Disposition": f'attachment; filename="{self._name}"',
        }
        super().__init__(self._pieces, headers=headers, media_type="application/octet-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._pieces.close()
            self._held.close()

    def _read(self) -> Generator[bytes]:
        with self._copy.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
        self._store.note_backup(self._name, self._made.head)


def _backup_page(request: Request, problem: str | None = None) -> Response:
    values = {"problem": problem, "folder": station_of(request).backups, "made": "made" in request.query_params}
    return page(request, "backup", values | reminders(request), status=409 if problem else 200)
