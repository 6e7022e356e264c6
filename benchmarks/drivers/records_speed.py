"""`make speed-records`: how long a store with many visits takes, for `benchmarks/results/records-speed.json`."""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path

from benchmarks import RESULTS
from benchmarks.drivers.stations import add_visit, new_store
from skinedge.benchmark.clock import timed
from skinedge.benchmark.results import write_stamped
from skinedge.benchmark.worker import peak_memory_mib

PHOTO_BYTES = 300_000
TIMES = 5
"""The slowest of so many is reported."""


def main(visits: int) -> dict[str, object]:
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as folder, new_store(Path(folder) / "records") as store:
        ids = [
            add_visit(store, f"P-{number % 300}", photo=rng.randbytes(PHOTO_BYTES), minutes=number).visit_id
            for number in range(visits)
        ]
        actions = {
            "list_all_ms": lambda: store.records(limit=visits),
            "page_ms": lambda: store.records(limit=50),
            "visit_ms": lambda: store.record(ids[visits // 2]),
            "verify_ms": store.verify,
        }
        found = {name: round(max(timed(action)[1] for _ in range(TIMES)), 2) for name, action in actions.items()}
        peak = peak_memory_mib()
        return {"visits": visits, "photo_kb": PHOTO_BYTES // 1000, **found, "peak_memory_mib": peak and round(peak, 1)}


if __name__ == "__main__":
    write_stamped(RESULTS / "records-speed.json", main(int(sys.argv[1])))
