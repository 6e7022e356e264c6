"""A browser without a window, for drivers and tests: follows redirects, and sends the token of the page that it is on."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2 as httpx
from starlette.testclient import TestClient

from skinedge.records.store import RecordStore
from skinedge.records.vault import Cost
from skinedge.screening.screener import Screener
from skinedge.web.app import create_app
from skinedge.web.keystore import Locker
from skinedge.web.sessions import Attempts, Sessions
from skinedge.web.station import Station

PASSPHRASE = "four quiet words here"
ADDRESS = "http://127.0.0.1:8765"


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def station(
    bundle: Path, folder: Path, clock: Clock | None = None, *, host: str = "127.0.0.1", pin: str | None = None
) -> Station:
    """A station with a small model and no visits; its passphrase is quick to check."""
    RecordStore.create(folder / "records", PASSPHRASE, cost=Cost(n=1 << 10, p=1)).close()
    time = clock or Clock()
    return Station(
        screener=Screener(bundle, threads=1, allow_unsigned=True),
        locker=Locker(folder / "records"),
        site="Posto Norte",
        host=host,
        pin=pin,
        sessions=Sessions(clock=time),
        pin_attempts=Attempts(clock=time),
        passphrase_attempts=Attempts(clock=time),
    )


class Browser:
    """Visits pages of a station in this process, or by a client of one that runs in another."""

    def __init__(self, of: Station | httpx.Client, *, language: str = "en") -> None:
        self.client: httpx.Client = (
            of
            if isinstance(of, httpx.Client)
            else TestClient(
                create_app(of), base_url=ADDRESS, headers={"Accept-Language": language}, raise_server_exceptions=False
            )
        )
        self.page = self.get("/")

    @property
    def path(self) -> str:
        return self.page.url.path

    @property
    def token(self) -> str:
        found = re.search(r'name="token" value="([0-9a-f]{64})"', self.page.text)
        assert found, self.page.text
        return found[1]

    def get(self, path: str) -> httpx.Response:
        self.page = self.client.get(path)
        return self.page

    def post(self, path: str, fields: dict[str, str] | None = None, *, photo: bytes | None = None) -> httpx.Response:
        """Sends a form, with the token; a photo makes it one of several parts."""
        # An unused file input comes along as a file without a name, as browsers send it.
        files = (
            None
            if photo is None
            else {"camera": ("", b"", "application/octet-stream"), "file": ("x.jpg", photo, "image/jpeg")}
        )
        self.page = self.client.post(path, data={"token": self.token, **(fields or {})}, files=files)
        return self.page

    def unlock(self) -> Browser:
        self.post("/unlock", {"passphrase": PASSPHRASE})
        if self.path.startswith(("/drafts/", "/visits/")):  # What was sent while it was locked comes first.
            self.get("/visits")
        assert self.path == "/visits", self.page.text
        return self

    def start(self, *, agreement: str = "photo", patient: str = "K-12") -> str:
        """Begins a visit up to the photo. Returns: the path of the draft."""
        self.post("/drafts")
        draft = self.path.removesuffix("/consent")
        self.post(f"{draft}/consent", {"consent": agreement, "patient": patient})
        assert self.path == f"{draft}/photo", self.page.text
        return draft

    def visit(
        self, photo: bytes, answers: dict[str, str] | None = None, *, agreement: str = "photo", patient: str = "K-12"
    ) -> str:
        """A whole visit. Returns: the path of its result."""
        draft = self.start(agreement=agreement, patient=patient)
        self.post(f"{draft}/photo", photo=photo)
        self.post(f"{draft}/questions", {f"answer_{name}": answer for name, answer in (answers or {}).items()})
        assert self.page.status_code == 200, self.page.text
        return self.path
