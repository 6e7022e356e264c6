"""No photo that was made worse and no drawn thing is told to watch: a sweep over synthetic lesions, and one over things.

`make degraded` does the same with real photos; `benchmarks/results/degraded.json` has what was found.
"""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import RESULTS
from benchmarks.degradations import DEGRADATIONS, THINGS, Pixels, draw_thing
from benchmarks.drivers.degraded import ANSWERED, BLANK, BY_SCORE, SHARP, document, examine
from skinedge.contract import Answer
from skinedge.datasets.synthetic_lesion import draw_lesion
from skinedge.screening.screener import Screener
from tests import fakes

SIDE_PX = 300
MILD = frozenset(
    {"blur, 1 px", "shaken, 2 px across", "shaken, 4 px across", "shaken, 4 px aslant", "JPEG, quality 30"}
    | {"light, 0.5 times", "light, 1.6 times", "bleached", "shrunk to 150 px", "shrunk to 100 px"}
)
"""After these some synthetic lesions can still be judged; real photos are softer."""
BENIGN: dict[str, Answer] = {"age_years": 0, "itch": False, "region": "back"}
"""Answers on which the program of `fakes` says watch of any photo without a warning."""


@pytest.fixture(scope="module")
def screener(tmp_path_factory: pytest.TempPathFactory) -> Screener:
    folder = tmp_path_factory.mktemp("degraded") / "bundle"
    fakes.write_bundle(folder, program=fakes.onnx_program(side_px=448), of=fakes.contract(side_px=448))
    return Screener(folder, threads=1, allow_unsigned=True)


@pytest.fixture(scope="module")
def lesions() -> list[Pixels]:
    """Sharp ones, on light and dark skin."""
    return [
        draw_lesion(np.random.default_rng(seed), label, SIDE_PX, skin_type=skin_type)
        for seed, (label, skin_type) in enumerate((("BCC", 1.0), ("MEL", 3.0), ("SCC", 5.0)))
    ]


def test_sharp_lesions_are_told_to_watch(screener: Screener, lesions: list[Pixels]) -> None:
    """So that the sweep below can fail."""
    assert [screener.screen(lesion, BENIGN).decision for lesion in lesions] == ["watch"] * len(lesions)


@pytest.mark.parametrize("name", sorted(DEGRADATIONS.keys() - MILD))
def test_no_lesion_is_told_to_watch_once_it_cannot_be_judged(screener: Screener, lesions: list[Pixels], name: str) -> None:
    for lesion in lesions:
        worse = DEGRADATIONS[name](lesion)
        assert screener.screen(worse, BENIGN).decision == "photograph again"
        assert screener.screen(worse, BENIGN, insist=True).decision in ("cannot assess", "photograph again")


@pytest.mark.parametrize("name", THINGS)
def test_no_thing_is_told_to_watch(screener: Screener, name: str) -> None:
    for seed in range(3):
        thing = draw_thing(name, 2 * SIDE_PX, seed=seed)
        assert screener.screen(thing, BENIGN).decision == "photograph again", seed
        assert screener.screen(thing, BENIGN, insist=True).decision != "watch", seed


def test_the_driver_counts_what_the_score_alone_would_say(screener: Screener, lesions: list[Pixels]) -> None:
    row = examine(screener, lesions[1], {"age_years": 90, "itch": True})
    assert row[ANSWERED][SHARP] == "refer" and row[ANSWERED]["blur, 8 px"].startswith("photograph again")
    found = document([row], {})
    decisions = found["decisions"]
    assert isinstance(decisions, dict) and decisions[ANSWERED][SHARP]["refer"] == 1
    assert decisions[ANSWERED]["JPEG, quality 5"] == {
        "refer": 0, "watch": 0, "photograph again": 1, "cannot assess": 0, BY_SCORE: 0,
    }  # fmt: skip


def test_no_real_photo_was_told_to_watch() -> None:
    """What `make degraded` found, of malignant photos that are referred when they are sharp."""
    found = json.loads((RESULTS / "degraded.json").read_text(encoding="utf-8"))
    assert found["photos"][ANSWERED] >= 50 and found["photos"][BLANK] >= 50
    for name in (ANSWERED, BLANK):
        assert found["decisions"][name].keys() == {SHARP, *DEGRADATIONS}
        assert {counts["watch"] for counts in found["decisions"][name].values()} == {0}, name
    assert found["things"].keys() == THINGS.keys()
    assert {counts["watch"] for counts in found["things"].values()} == {0}
