"""`make load-web`: a running station with many visits: how long its pages take over HTTP, and how much memory it needs.

Writes milliseconds (median and 95th percentile) and MiB to `benchmarks/results/station-load.json`.
"""

from __future__ import annotations

import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2 as httpx
import numpy as np

from benchmarks import RESULTS
from benchmarks.drivers.client import PASSPHRASE
from benchmarks.drivers.serving import serving
from skinedge.benchmark.results import write_stamped
from skinedge.datasets.synthetic import write_synthetic
from skinedge.records.store import RecordStore
from skinedge.records.visit import Consent, Visit, new_visit_id
from skinedge.screening.screener import Screener

ROUNDS = 60
_ANSWERS = {"age_years": "63", "region": "face", "itch": "yes"}


def main(visits: int) -> dict[str, object]:
    """Fills a store, serves it and measures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Of 12 megapixels, as a phone takes them.
        photo = next((write_synthetic(folder / "synthetic", photos=6, side_px=3464) / "images").iterdir())
        _fill(
            folder / "records", visits, next((write_synthetic(folder / "small", photos=6, side_px=900) / "images").iterdir())
        )
        with serving(folder / "records") as (address, process):
            at_rest = _memory_mib(process.pid, "VmRSS")
            client = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
            page = client.get("/unlock")
            page = client.post("/unlock", data={"token": _token(page), "passphrase": PASSPHRASE})
            ids = re.findall(r'href="/visits/([0-9A-Z]{10})"', page.text)
            rng = random.Random(0)
            last = visits // 25
            times = {
                "list_ms": _time(lambda: client.get(f"/visits?page={rng.randint(1, last)}")),
                "visit_ms": _time(lambda: client.get(f"/visits/{rng.choice(ids)}")),
                "photo_ms": _time(lambda: client.get(f"/visits/{rng.choice(ids)}/photo.jpg")),
                "history_ms": _time(lambda: client.get(f"/visits/{rng.choice(ids)}/history")),
            }
            visit_times = _screenings(client, photo.read_bytes())
            return {
                "visits": visits,
                "photo_megapixels": 12,
                "photo_mb": round(photo.stat().st_size / 1e6, 1),
                **times,
                **visit_times,
                "memory_at_start_mib": at_rest,
                "memory_after_mib": _memory_mib(process.pid, "VmRSS"),
                "memory_peak_mib": _memory_mib(process.pid, "VmHWM"),
                "load_average": os.getloadavg()[0],
            }


def _fill(folder: Path, visits: int, photo: Path) -> None:
    result = Screener().screen(photo, _ANSWERS)
    data = photo.read_bytes()
    start = datetime.now(UTC) - timedelta(days=visits)
    with RecordStore.create(folder, PASSPHRASE) as store:
        for number in range(visits):
            at = start + timedelta(days=number)
            consent = Consent(agreed_to=("screening", "keep answers", "keep photo"), at=at)
            patient = f"K-{number % (visits // 3)}"
            store.add_visit(
                Visit(
                    visit_id=new_visit_id(),
                    patient=patient,
                    created_at=at,
                    language="en",
                    consent=consent,
                    answers=_ANSWERS,
                    result=result,
                ),
                data,
            )


def _screenings(client: httpx.Client, photo: bytes) -> dict[str, dict[str, float]]:
    """Whole visits: the upload with its decoding, and the form that is answered with advice."""
    uploads, advice = [], []
    for _ in range(15):
        page = client.post("/drafts", data={"token": _token(client.get("/visits"))})
        draft = str(page.url.path).removesuffix("/consent")
        page = client.post(f"{draft}/consent", data={"token": _token(page), "consent": "photo"})
        token = _token(page)
        started = time.perf_counter()
        page = client.post(f"{draft}/photo", data={"token": token}, files={"file": ("x.jpg", photo, "image/jpeg")})
        uploads.append(1000 * (time.perf_counter() - started))
        started = time.perf_counter()
        page = client.post(f"{draft}/questions", data={"token": token, "answer_age_years": "63"})
        advice.append(1000 * (time.perf_counter() - started))
        assert page.url.path.startswith("/visits/"), page.url
    return {"upload_ms": _summary(uploads), "screening_ms": _summary(advice)}


def _time(ask: Callable[[], httpx.Response]) -> dict[str, float]:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        assert ask().status_code == 200
        times.append(1000 * (time.perf_counter() - started))
    return _summary(times)


def _summary(times: list[float]) -> dict[str, float]:
    return {"median": round(float(np.median(times)), 1), "p95": round(float(np.percentile(times, 95)), 1)}


def _memory_mib(pid: int, what: str) -> int:
    return int(_found(rf"{what}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())) // 1024


def _token(page: httpx.Response) -> str:
    return _found(r'name="token" value="(\w+)"', page.text)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, f"no {pattern} in {text[:500]}"
    return found[1]


if __name__ == "__main__":
    write_stamped(RESULTS / "station-load.json", main(int(sys.argv[1])))
