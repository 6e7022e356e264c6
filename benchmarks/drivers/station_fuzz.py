"""`make fuzz-web`: 5,000 mutated uploads and forms against a whole station, and `benchmarks/results/station-fuzz.json`.

The everyday tests send a few hundred. Seeds are synthetic photos (JPEG with EXIF, PNG) and the forms that the pages send.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
from PIL import Image
from starlette.routing import Route

from benchmarks import RESULTS
from benchmarks.drivers.client import PASSPHRASE, Browser
from benchmarks.drivers.client import station as new_station
from skinedge.benchmark.results import write_stamped
from skinedge.commands.process import quiet_libraries
from skinedge.datasets.synthetic import write_synthetic
from skinedge.records.recovery_key import RecoveryKey
from skinedge.runtime.bundle import default_bundle_path
from skinedge.web.app import ROUTES
from skinedge.web.security_headers import SECURITY_HEADERS
from skinedge.web.station import Station

_POSTS = sorted(
    {route.path for route in ROUTES if isinstance(route, Route) and "POST" in (route.methods or ())} - {"/lock", "/unlock"}
)
_FIELDS = ("consent", "patient", "answer_age_years", "answer_itch", "answer_region", "decision", "reason", "by", "label",
           "malignant", "on", "wanted", "language", "back", "again", "pin", "passphrase", "repeated", "key")  # fmt: skip
_USUAL = ("photo", "no_photo", "nothing", "K-12", "63", "yes", "no", "face", "refer", "watch", "BCC", "2024-02-29",
          "pt_BR", "/visits", PASSPHRASE, RecoveryKey.new().spoken())  # fmt: skip
_ODD = ("", " ", "\0", "\ud83d", "é" * 50, "%", "%(num)s", "{count}", "{{7*7}}", "<script>", "-1", "1e309", "nan", "٣",
        "9" * 400, "0000-00-00", "10000-01-01", "//x", "/\\x", "\r\nSet-Cookie: a=b", "' OR 1=1--", "x" * 2001,
        "x" * 9000)  # fmt: skip
_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=frontier", "multipart/form-data",
          "multipart/form-data; boundary=" + "x" * 300, "multipart/form-data; boundary=frontier; charset=utf-7",
          "application/x-www-form-urlencoded; charset=rot13", "text/plain", "",
          "multipart/form-data; boundary=\xff")  # fmt: skip


def fuzz(requests: int, *, seed: int, bundle: Path, folder: Path) -> Counter[int]:
    """Sends mutated requests. Returns: how often each status came. Raises: AssertionError at the first that is not calm."""
    station = new_station(bundle, folder)
    try:
        # What libraries log and warn of is kept off the station's log by the command line, and so here.
        with quiet_libraries():
            return _fuzz(station, requests, seed, list(_seeds(folder)), folder)
    finally:
        station.locker.lock()


def _fuzz(station: Station, requests: int, seed: int, photos: list[bytes], folder: Path) -> Counter[int]:
    rng = random.Random(seed)
    station.backups = folder / "stick"
    station.backups.mkdir()
    browser = Browser(station).unlock()
    kept = browser.visit(photos[0])
    statuses: Counter[int] = Counter()
    log = io.StringIO()
    for number in range(requests):
        if browser.path != "/visits" or number % 20 == 0:
            for draft in station.drafts.unfinished():
                station.drafts.discard(draft.id)
            browser.unlock() if browser.get("/visits").url.path == "/unlock" else None
            if browser.get(kept).status_code == 404:  # One of them deleted it.
                kept = browser.visit(photos[0])
            draft_path = browser.start()
            browser.post(f"{draft_path}/photo", photo=photos[0])
            browser.get("/visits")
        send = rng.choice((_send_photo, _send_photo, _send_fields, _send_fields, _send_bytes, _send_address))
        # Else none would get past the count of wrong tries.
        station.passphrase_attempts.forget()
        with contextlib.redirect_stderr(log):
            response = send(rng, browser, photos, draft_path, kept)
        statuses[response.status_code] += 1
        case = (
            f"request {number} of seed {seed}: {response.request.method} {response.request.url} gave {response.status_code}"
        )
        assert response.status_code < 500 and not log.getvalue(), f"{case}\n{log.getvalue()}"
        assert b"Traceback" not in response.content and response.headers.items() >= _LOWER.items(), case
    if browser.get("/visits").url.path == "/unlock":  # the last of them may have locked it
        browser.unlock()
    assert browser.visit(photos[0]).startswith("/visits/")
    assert station.locker.store.verify() == []
    return statuses


_LOWER = {name.lower(): value for name, value in SECURITY_HEADERS.items()}


def _seeds(folder: Path) -> Iterator[bytes]:
    synthetic = write_synthetic(folder / "synthetic", photos=6, side_px=240)
    for path in sorted((synthetic / "images").iterdir()):
        image = Image.open(path)
        exif = Image.Exif()
        exif[0x0112] = 6
        for format_ in ("JPEG", "PNG"):
            file = io.BytesIO()
            image.save(file, format_, exif=exif)
            yield file.getvalue()


def mutate(rng: random.Random, data: bytes) -> bytes:
    """One to eight changes: bytes flipped, cut, doubled, put in, or set to an edge value."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(6):
            case 0:
                changed[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                del changed[at:]
            case 2:
                changed[at:at] = changed[at : at + rng.randrange(1, 400)]
            case 3:
                changed[at:at] = rng.randbytes(rng.randrange(1, 60))
            case 4:
                changed[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"))
            case 5:
                del changed[at : at + rng.randrange(1, 400)]
    return bytes(changed)


def _send_photo(rng: random.Random, browser: Browser, photos: list[bytes], draft: str, _: str) -> httpx.Response:
    photo = mutate(rng, rng.choice(photos))
    response = browser.client.post(
        f"{draft}/photo", data={"token": browser.token}, files={"file": ("x.jpg", photo, "image/jpeg")}
    )
    if response.status_code == 200:
        # A photo that was taken in spite of it is screened as well.
        response = browser.client.post(f"{draft}/questions", data={"token": browser.token, "answer_itch": "yes"})
    return response


def _send_fields(rng: random.Random, browser: Browser, _: list[bytes], draft: str, kept: str) -> httpx.Response:
    fields = {
        name: rng.choice((*_USUAL, *_ODD)).encode("utf-8", "surrogatepass")
        for name in rng.sample(_FIELDS, rng.randint(0, 9))
    }
    body = b"&".join(name.encode() + b"=" + _quoted(value) for name, value in fields.items())
    body += b"&token=" + browser.token.encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return browser.client.post(_path(rng, draft, kept), content=body, headers=headers)


def _send_bytes(rng: random.Random, browser: Browser, photos: list[bytes], draft: str, kept: str) -> httpx.Response:
    """A body whose very form is damaged."""
    parts = [b'--frontier\r\nContent-Disposition: form-data; name="token"\r\n\r\n' + browser.token.encode()]
    parts.append(
        b'\r\n--frontier\r\nContent-Disposition: form-data; name="file"; filename="x"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    body = mutate(rng, b"".join(parts) + rng.choice(photos)[:3000] + b"\r\n--frontier--\r\n")
    headers = {b"Content-Type": rng.choice((_TYPES[1], _TYPES[1], *_TYPES)).encode("latin-1")}
    return browser.client.post(_path(rng, draft, kept), content=body, headers=headers)


def _send_address(rng: random.Random, browser: Browser, _: list[bytes], draft: str, kept: str) -> httpx.Response:
    """An odd address, language or cookie."""
    path = mutate(
        rng,
        rng.choice((draft, f"{draft}/photo", kept, f"{kept}/slip.pdf", "/visits?page=2", "/static/station.css")).encode(),
    )
    quoted = "/" + _quoted(path.lstrip(b"/"), safe=b"/?=.").decode()
    headers = {b"Accept-Language": mutate(rng, b"pt-BR,pt;q=0.9").translate(None, b"\r\n\0")}
    if rng.random() < 0.2:
        headers[b"Cookie"] = mutate(rng, b"skinedge_session=abcdefghijklmnopqrstuvwxyz").translate(None, b"\r\n\0")
    return browser.client.get(quoted, headers=headers)


def _path(rng: random.Random, draft: str, kept: str) -> str:
    return rng.choice(_POSTS).replace("/drafts/{draft}", draft).replace("/visits/{visit}", kept)


def _quoted(data: bytes, safe: bytes = b"") -> bytes:
    return b"".join(bytes([b]) if (chr(b).isalnum() and b < 128) or b in safe else b"%%%02X" % b for b in data)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder_:
        seed_ = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
        print(f"seed {seed_}", file=sys.stderr)
        with quiet_libraries():  # As the command does.
            found = fuzz(int(sys.argv[1]), seed=seed_, bundle=default_bundle_path(), folder=Path(folder_))
        counted = dict(sorted(found.items()))
        print(counted)
        write_stamped(
            RESULTS / "station-fuzz.json",
            {
                "seed": seed_,
                "requests": sum(counted.values()),
                "taken": sum(count for status, count in counted.items() if status < 400),
                "refused": sum(count for status, count in counted.items() if status >= 400),
                "statuses": counted,
            },
        )
