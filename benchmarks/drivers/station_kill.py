"""`make kill-station` and `make cut-station`: plays visits on a running station that dies at random moments.

    python -m benchmarks.drivers.station_kill kills 200 [benchmarks/results/station-kills.json]
    python -m benchmarks.drivers.station_kill cuts 20 [benchmarks/results/station-cuts.json]

A kill is `kill -9`; a cut also stops the file system under the records as a loss of power does (`power_cut`). After each
death the station starts again and takes the passphrase, and all that it had acknowledged is there: each step of each
visit under way, and each visit. The one request that was not answered may have been done or not.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from subprocess import Popen

import httpx2 as httpx

from benchmarks.drivers.power_cut import Disk
from benchmarks.drivers.serving import serving
from benchmarks.drivers.stations import PASSPHRASE, new_store
from skinedge.benchmark.results import write_stamped
from skinedge.datasets.synthetic import write_synthetic
from skinedge.records.store import RecordStore
from skinedge.web.drafts import Drafts

LONGEST_LIFE_STEPS = 30
OPEN_VISITS = 5
_ANSWERS = {"age_years": ("41", "63", "8"), "itch": ("yes", "no"), "region": ("face", "arm")}


@dataclass(frozen=True)
class State:
    """A visit as far as it was acknowledged."""

    patient: str = ""
    agreement: str | None = None
    photo_sha256: str | None = None
    answers: tuple[tuple[str, str], ...] = ()


@dataclass
class Told:
    """What the station acknowledged, and what it was asked when it died."""

    under_way: dict[str, State] = field(default_factory=dict)
    visits: dict[str, State] = field(default_factory=dict)
    asked: tuple[str, State | None, bool] | None = None
    """Of the request without an answer: the draft, its state afterwards, None where it is stopped; whether it finishes."""
    steps: int = 0
    half_way: int = 0
    """Requests that were done and never answered."""


class _RefusedError(Exception):
    """A station without power said that it cannot write: nothing was acknowledged."""


class Player:
    """Sends the steps of visits, a few visits at a time, in a random order, until the station dies."""

    def __init__(self, address: str, rng: random.Random, photos: list[bytes], told: Told) -> None:
        self._client = httpx.Client(base_url=address, timeout=60)
        self._rng, self._photos, self._told = rng, photos, told
        self._token = ""
        self._dying = False

    def unlock(self) -> None:
        """The right passphrase is taken at the first try, or the driver fails."""
        self._look("/unlock")
        answer = self._client.post("/unlock", data={"token": self._token, "passphrase": PASSPHRASE})
        assert answer.headers.get("location") == "/visits", f"the passphrase was refused: {answer.status_code}"
        page = self._look("/visits")
        asked = self._told.asked
        for draft_id in set(self._told.under_way) - {asked[0] if asked else ""}:
            assert f"/drafts/{draft_id}/" in page, f"visit {draft_id} is not in the list"

    def play(self, steps: int, die: Callable[[], None]) -> None:
        """Ends when the station is dead: `die` is called some milliseconds after so many steps, while others go on."""
        last = self._told.steps + steps
        death: threading.Timer | None = None
        try:
            while True:
                began = time.monotonic()
                self._step()
                if death is None and self._told.steps >= last:
                    # Within the next request or two, however fast this computer is.
                    death = threading.Timer(self._rng.uniform(0, 2 * (time.monotonic() - began)), self._end, [die])
                    death.start()
        except (httpx.TransportError, _RefusedError):
            pass
        finally:
            self.close()
            if death:
                death.join()

    def _end(self, die: Callable[[], None]) -> None:
        self._dying = True
        die()

    def _step(self) -> None:
        told = self._told.under_way
        if len(told) < OPEN_VISITS:
            self._start()
        draft_id = self._rng.choice(list(told))
        state = told[draft_id]
        if state.agreement is None:
            self._consent(draft_id, state)
        elif state.photo_sha256 is None or self._rng.random() < 0.1:
            self._photo(draft_id, state)
        elif self._rng.random() < 0.1:
            self._ask(draft_id, None, "discard")
        else:
            self._answer(draft_id, state)

    def close(self) -> None:
        self._client.close()

    def _start(self) -> None:
        location = self._post("/drafts", {}).headers["location"]
        self._told.under_way[location.split("/")[2]] = State()
        self._told.steps += 1

    def _consent(self, draft_id: str, state: State) -> None:
        agreement = self._rng.choice(("photo", "photo", "no_photo", "nothing"))
        after = replace(state, agreement=agreement, patient=f"K-{self._rng.randrange(10**6)}")
        self._ask(draft_id, after, "consent", {"consent": agreement, "patient": after.patient})

    def _photo(self, draft_id: str, state: State) -> None:
        photo = _commented(self._rng.choice(self._photos), self._rng)
        after = replace(state, photo_sha256=hashlib.sha256(photo).hexdigest())
        self._ask(draft_id, after, "photo", photo=photo)

    def _answer(self, draft_id: str, state: State) -> None:
        answers = tuple((name, self._rng.choice(known)) for name, known in _ANSWERS.items() if self._rng.random() < 0.7)
        after = replace(state, answers=tuple(sorted(answers)))
        finishes = self._rng.random() < 0.4
        fields = {f"answer_{name}": answer for name, answer in answers}
        self._ask(draft_id, after, "questions" if finishes else "answers", fields, finishes=finishes)

    def _ask(
        self,
        draft_id: str,
        after: State | None,
        step: str,
        fields: dict[str, str] | None = None,
        *,
        photo: bytes | None = None,
        finishes: bool = False,
    ) -> None:
        self._told.asked = draft_id, after, finishes
        location = self._post(f"/drafts/{draft_id}/{step}", fields or {}, photo).headers.get("location", "")
        self._told.asked = None
        if finishes and location.endswith("/photo"):
            # A warning stands: nothing was taken yet.
            self._post(f"/drafts/{draft_id}/insist", {})
            return
        self._told.steps += 1
        if after is None:
            del self._told.under_way[draft_id]
            return
        self._told.under_way[draft_id] = after
        if location.startswith("/visits/"):
            self._told.visits[location.split("/")[2].partition("?")[0]] = self._told.under_way.pop(draft_id)
        elif location.endswith("/result"):
            # It is taken off the disk once it is shown, so from now on it may be there or not.
            self._told.under_way.pop(draft_id)
            self._look(location)

    def _post(self, path: str, fields: dict[str, str], photo: bytes | None = None) -> httpx.Response:
        files = None if photo is None else {"file": ("x.jpg", photo, "image/jpeg")}
        answer = self._client.post(path, data={"token": self._token, **fields}, files=files)
        if self._dying and answer.status_code >= 400:
            raise _RefusedError
        assert answer.status_code in (204, 303), f"{path}: {answer.status_code} {answer.text[-900:]}"
        return answer

    def _look(self, path: str) -> str:
        page = self._client.get(path)
        assert page.status_code == 200, f"{path}: {page.status_code}"
        found = re.search(r'name="token" value="(\w+)"', page.text)
        assert found, page.text
        self._token = found[1]
        return page.text


def check(folder: Path, told: Told) -> None:
    """Holds a store against what was acknowledged. Takes in what was done and not yet answered."""
    with RecordStore.open(folder, PASSPHRASE) as store:
        assert store.verify() == []
        drafts = Drafts(store.drafts)
        asked, after, finishes = told.asked or ("", None, False)
        for draft_id, state in list(told.under_way.items()):
            draft = drafts.find(draft_id)
            if draft is not None and draft.is_open:
                photo = drafts.photo(draft_id)
                sha256 = hashlib.sha256(photo).hexdigest() if photo else None
                found = State(draft.patient, draft.agreement, sha256, tuple(sorted(draft.answers.items())))
                assert found in ((state, after) if draft_id == asked else (state,)), f"{draft_id}: {state} became {found}"
                told.half_way += found != state
                told.under_way[draft_id] = found
            else:
                assert draft_id == asked, f"{draft_id} is lost: {state}"
                assert draft is None if after is None else (finishes and draft is not None and draft.visit_id), draft_id
                told.half_way += 1
                del told.under_way[draft_id]
                if draft is not None and after is not None:
                    told.visits[str(draft.visit_id)] = after
        kept = {record.visit.visit_id: record for record in store.records(limit=10**6).records}
        assert set(kept) == set(told.visits), f"lost {set(told.visits) - set(kept)}, not told {set(kept) - set(told.visits)}"
        for visit_id, state in told.visits.items():
            visit, photo_kept = kept[visit_id].visit, store.photo(visit_id)
            assert visit.patient == state.patient and visit.result.photo_sha256 == state.photo_sha256
            assert {name: answer for name, answer in visit.answers.items() if answer} == dict(state.answers)
            assert (photo_kept is not None) == (state.agreement == "photo")
    told.asked = None


def kills(folder: Path, number: int, *, seed: int = 11) -> dict[str, int]:
    """Kills a station again and again. Returns: what was there afterwards. Raises: AssertionError where anything is lost."""
    new_store(folder / "records").close()
    return _deaths(folder / "records", folder, number, seed, lambda process: process.kill(), lambda: None)


def cuts(folder: Path, number: int, *, seed: int = 13) -> dict[str, int]:
    """Cuts a station's power again and again, see `kills`. Needs root and loop devices of Linux."""
    with Disk(folder / "disk") as disk:
        new_store(disk.mounted / "records").close()

        def cut(process: Popen[str]) -> None:
            disk.cut()
            process.kill()

        return _deaths(disk.mounted / "records", folder, number, seed, cut, disk.start_again)


def _deaths(
    records: Path, folder: Path, number: int, seed: int, die: Callable[[Popen[str]], None], start_again: Callable[[], None]
) -> dict[str, int]:
    rng, told = random.Random(seed), Told()
    photos = [
        path.read_bytes()
        for path in sorted((write_synthetic(folder / "synthetic", photos=6, side_px=480) / "images").iterdir())
    ]
    for _ in range(number):
        with serving(records) as (address, process):
            player = Player(address, rng, photos, told)
            player.unlock()
            check(records, told)
            player.play(rng.randrange(1, LONGEST_LIFE_STEPS), partial(die, process))
            process.wait()
        start_again()
    with serving(records) as (address, _):
        last = Player(address, rng, photos, told)
        last.unlock()
        last.close()
        check(records, told)
    return {
        "deaths": number,
        "acknowledged_steps": told.steps,
        "visits": len(told.visits),
        "under_way_at_the_end": len(told.under_way),
        "half_way": told.half_way,
        "lost": 0,
    }


def _commented(photo: bytes, rng: random.Random) -> bytes:
    """The same photo with comments, so that it is one of its own, of up to a megabyte."""
    comments = [rng.randbytes(rng.randrange(60_000)) for _ in range(rng.choice((1, 1, 4, 30)))]
    segments = (b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment for comment in comments)
    return photo[:2] + b"".join(segments) + photo[2:]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder_:
        counted = {"kills": kills, "cuts": cuts}[sys.argv[1]](Path(folder_), int(sys.argv[2]))
    print(json.dumps(counted))
    if len(sys.argv) > 3:
        write_stamped(Path(sys.argv[3]), counted)
