"""While a warning stands nobody is told to watch: one rule for photo, folder, station and Python."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from skinedge.codes import AdviceCode, ReasonCode
from skinedge.contract import Answer, Contract
from skinedge.screening.photo_check import PhotoCheck
from skinedge.screening.screener import Screener, ScreeningResult
from skinedge.screening.triage import assess, needs_score, triage
from tests import fakes
from tests.conftest import Command

WARNINGS = get_args(AdviceCode)
MALIGNANT: dict[str, Answer] = {"age_years": 90, "itch": True}
BENIGN: dict[str, Answer] = {"age_years": 0, "itch": False, "region": "back"}
"""Answers on which the program of `fakes` says refer and watch."""

scores = st.floats(0, 1)
warned = st.lists(st.sampled_from(WARNINGS), min_size=1, unique=True).map(lambda codes: PhotoCheck(None, tuple(codes)))
contracts = st.sampled_from([fakes.contract(threshold=0.5), fakes.contract(threshold=0.5, watch_below=0.2)])


@given(check=warned, score=scores | st.none(), contract=contracts)
def test_a_photo_with_a_warning_is_to_be_taken_again(check: PhotoCheck, score: float | None, contract: Contract) -> None:
    assert not needs_score(check)
    assert assess(check, score, contract) == ("photograph again", check.advice[0])


@given(check=warned, score=scores, contract=contracts)
def test_who_insists_is_never_told_to_watch(check: PhotoCheck, score: float, contract: Contract) -> None:
    assert needs_score(check, insist=True)
    decision, reason = assess(check, score, contract, insist=True)
    assert decision == ("refer" if score >= 0.5 else "cannot assess")
    assert reason in ("score_reaches_threshold", "score_near_threshold", check.advice[0])


@given(score=scores, contract=contracts, insist=st.booleans())
def test_a_photo_without_a_warning_gets_what_the_score_says(score: float, contract: Contract, insist: bool) -> None:
    assert needs_score(PhotoCheck(None), insist=insist)
    assert assess(PhotoCheck(None), score, contract, insist=insist) == triage(score, contract)


@given(score=scores, contract=contracts)
def test_a_soft_photo_is_told_to_watch_under_half_of_the_limit(score: float, contract: Contract) -> None:
    decision, reason = triage(score, contract)
    half = 0.5 * (0.5 if contract.watch_below is None else 0.2)
    expected = ("cannot assess", "score_near_threshold") if decision == "watch" and score >= half else (decision, reason)
    assert assess(PhotoCheck(None, soft=True), score, contract) == expected


@pytest.mark.parametrize("insist", [False, True])
def test_nobody_can_insist_on_a_photo_that_shows_nothing(insist: bool) -> None:
    check = PhotoCheck("almost_black")
    assert not needs_score(check, insist=insist)
    assert assess(check, None, fakes.contract(), insist=insist) == ("photograph again", "almost_black")


def test_every_warning_is_a_reason() -> None:
    assert set(WARNINGS) < set(get_args(ReasonCode))


@pytest.fixture
def dark(tmp_path: Path) -> Path:
    path = tmp_path / "photos" / "dark.png"
    path.parent.mkdir()
    Image.fromarray((fakes.lesion_pixels() * 0.3).astype(np.uint8)).save(path)
    return path


def test_a_dark_photo_gets_no_score_until_somebody_insists(bundle: Path, dark: Path) -> None:
    screener = Screener(bundle, allow_unsigned=True)
    again = screener.screen(dark, BENIGN)
    assert (again.decision, again.reason, again.malignancy_score) == ("photograph again", "dark", None)
    assert again.probabilities == {} and not again.insisted
    benign, malignant = screener.screen(dark, BENIGN, insist=True), screener.screen(dark, MALIGNANT, insist=True)
    assert (benign.decision, benign.reason) == ("cannot assess", "dark")
    assert (malignant.decision, malignant.reason) == ("refer", "score_reaches_threshold")
    assert benign.malignancy_score is not None and benign.malignancy_score < 0.5 and benign.insisted
    assert benign.advice == malignant.advice == again.advice == ("dark",) and benign.other_warnings == ()


def test_results_of_older_versions_are_read(bundle: Path, photo: Path) -> None:
    result = Screener(bundle, allow_unsigned=True).screen(photo, BENIGN)
    old = json.loads(result.model_dump_json())
    del old["insisted"]
    assert ScreeningResult.model_validate(old) == result


def test_the_command_says_how_to_go_on_with_a_photo(skinedge: Command, bundle: Path, dark: Path) -> None:
    command = ("screen", dark, "--itch", "no", "--allow-unsigned", "--model", bundle)
    code, printed, _ = skinedge(*command)
    assert code == 0 and "PHOTOGRAPH AGAIN" in printed and "--insist" in printed and "score" not in printed
    assert printed.count("The photo is dark.") == 1
    code, printed, _ = skinedge(*command, "--insist")
    assert code == 0 and "CANNOT ASSESS" in printed and "--insist" not in printed and "refer from" not in printed
    _, printed, _ = skinedge(*command, "--insist", "--json")
    result = json.loads(printed)
    assert (result["decision"], result["reason"], result["insisted"]) == ("cannot assess", "dark", True)
    assert result["words"]["reason"].startswith("The photo is dark.")


def test_a_folder_says_how_many_photos_must_be_taken_again(skinedge: Command, bundle: Path, dark: Path) -> None:
    fakes.photo(dark.parent / "good.jpg")
    out = dark.parents[1] / "results.csv"
    command = ("screen", dark.parent, "--allow-unsigned", "--model", bundle, "--out")
    code, printed, _ = skinedge(*command, out)
    assert code == 0 and "1 photo must be taken again" in printed
    with out.open(newline="") as file:
        rows = {row["photo"]: row for row in csv.DictReader(file)}
    assert (rows["dark.png"]["decision"], rows["dark.png"]["reason"]) == ("photograph again", "dark")
    assert rows["dark.png"]["malignancy_score"] == "" and rows["dark.png"]["insisted"] == "no"
    code, printed, _ = skinedge(*command, out, "--insist", "--json")
    decisions = json.loads(printed)["decisions"]
    assert code == 0 and decisions["photograph again"] == 0 and decisions["cannot assess"] + decisions["refer"] >= 1
    assert out.read_text().count(",yes,") == 2  # rows of a run that did not insist are made anew
