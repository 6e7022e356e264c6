"""`make kill-records`: keeps records in 200 processes that are killed at random moments; `test_killed` runs fewer.

    python -m benchmarks.drivers.records_kill FOLDER KILLS [benchmarks/results/records-kills.json]

A process reports each change that is durable in a line of its own. After every kill all of these must be there.
Prints one JSON line: kills, visits and deletions that were acknowledged, and how often a kill fell within an event.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.drivers.stations import OVERRIDE, PASSPHRASE, new_store, new_visit
from skinedge.benchmark.results import write_stamped
from skinedge.errors import UnknownVisitError
from skinedge.records.store import RecordStore

LONGEST_LIFE_S = 0.25


@dataclass
class Acknowledged:
    """The changes that a process reported as done: what must be there, and what must not."""

    photos: dict[str, bytes] = field(default_factory=dict)
    patients: dict[str, str] = field(default_factory=dict)
    overrides: dict[str, int] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    half_way: int = 0

    def read(self, text: str) -> set[str]:
        """Adds the reports of a process. Returns: patients whose deletion was begun and may be done or not."""
        *lines, unfinished = text.split("\n")
        assert not unfinished or len(unfinished) < 200
        begun: set[str] = set()
        for line in lines:
            what, subject, *rest = line.split()
            if what == "visit":
                self.photos[subject], self.patients[subject] = bytes.fromhex(rest[0]), rest[1]
            elif what == "override":
                self.overrides[subject] = self.overrides.get(subject, 0) + 1
            elif what == "deleting":
                begun.add(subject)
            elif what == "deleted":
                begun.discard(subject)
                self.forget(subject)
        return begun

    def forget(self, patient: str) -> None:
        self.deleted |= {visit_id for visit_id, theirs in self.patients.items() if theirs == patient}
        for visit_id in self.deleted:
            self.photos.pop(visit_id, None)
            self.patients.pop(visit_id, None)
            self.overrides.pop(visit_id, None)


def keep_records(folder: Path, generation: int, pipe: int) -> None:
    """Never ends by itself."""
    rng = random.Random(generation)

    def say(*words: str) -> None:
        os.write(pipe, (" ".join(words) + "\n").encode())

    with RecordStore.open(folder, PASSPHRASE) as store:
        for number in range(10**9):
            photo = rng.randbytes(rng.choice((10, 5_000, 100_000)))
            patient = f"P-{generation}-{number % 5}"
            visit = new_visit(patient, photo=photo)
            store.add_visit(visit, photo)
            say("visit", visit.visit_id, photo[:32].hex(), patient)
            if number % 3 == 0:
                store.add_override(visit.visit_id, OVERRIDE)
                say("override", visit.visit_id)
            if number % 7 == 6:
                say("deleting", patient)
                store.delete_patient(patient, reason="a test", by="nobody")
                say("deleted", patient)


def check(folder: Path, acknowledged: Acknowledged, begun: set[str]) -> None:
    with RecordStore.open(folder, PASSPHRASE) as store:
        assert store.verify() == []
        for patient in begun:
            if not store.records(patient=patient).total:
                acknowledged.forget(patient)
        page = store.records(limit=10**6)
        kept = {record.visit.visit_id: record for record in page.records}
        assert not page.unreadable and set(acknowledged.photos) <= set(kept) and not acknowledged.deleted & set(kept)
        for visit_id, beginning in acknowledged.photos.items():
            photo = store.photo(visit_id)
            assert photo is not None and photo[:32] == beginning
            assert len(kept[visit_id].overrides) >= acknowledged.overrides.get(visit_id, 0)
        for visit_id in acknowledged.deleted:
            try:
                store.record(visit_id)
            except UnknownVisitError:
                continue
            raise AssertionError(f"{visit_id} was deleted and is there")
        # One that was written and not yet acknowledged is no loss; take it in.
        for visit_id in set(kept) - set(acknowledged.photos):
            acknowledged.half_way += 1
            photo = store.photo(visit_id)
            assert photo is not None
            acknowledged.photos[visit_id], acknowledged.patients[visit_id] = photo[:32], kept[visit_id].visit.patient


def main(folder: Path, kills: int) -> dict[str, int]:
    rng = random.Random(11)
    new_store(folder).close()
    acknowledged = Acknowledged()
    for generation in range(kills):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            keep_records(folder, generation, writing)
        os.close(writing)
        time.sleep(rng.uniform(0, LONGEST_LIFE_S))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading) as pipe:
            begun = acknowledged.read(pipe.read())
        acknowledged.half_way += len(begun)
        check(folder, acknowledged, begun)
    return {
        "kills": kills,
        "kept": len(acknowledged.photos),
        "deleted": len(acknowledged.deleted),
        "half_way": acknowledged.half_way,
    }


if __name__ == "__main__":
    found = main(Path(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps(found))
    if len(sys.argv) > 3:
        write_stamped(Path(sys.argv[3]), found)
