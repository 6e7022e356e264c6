"""One photo and its answers in, one result out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import skinedge
from skinedge.errors import AnswerError, ContractError, PhotoError
from skinedge.preprocess.photo import PhotoBytes, load_photo
from skinedge.runtime.bundle import file_sha256
from skinedge.runtime.engine import program_input
from skinedge.screening.screener import Screener
from skinedge.screening.triage import triage
from skinedge.words import translator
from skinedge.words.translator import distinct_figures
from tests import fakes

fractions = st.floats(0, 1)


def test_a_result_is_what_the_program_says(bundle: Path, photo: Path) -> None:
    screener = Screener(bundle, allow_unsigned=True)
    result = screener.screen(photo, {"age_years": 63, "itch": "yes"})
    expected = fakes.expected_probabilities(
        program_input(load_photo(photo, screener.contract.image)), np.array([[63, 1, -1]], dtype=np.float32)
    )
    assert list(result.probabilities) == list(fakes.LABELS)
    np.testing.assert_allclose(list(result.probabilities.values()), expected, atol=1e-5)
    assert result.malignancy_score == pytest.approx(expected[1] + expected[2], abs=1e-5)
    assert result.imputed == ("region",)
    assert result.photo_sha256 == file_sha256(photo)
    assert result.model_sha256 == file_sha256(bundle / "skinedge.onnx")
    assert result.model_name == "tiny" and result.notice == screener.contract.notice


def test_a_photo_in_memory_is_screened_as_its_file_is(bundle: Path, photo: Path) -> None:
    screener = Screener(bundle, allow_unsigned=True)
    in_memory = PhotoBytes(photo.read_bytes())
    assert screener.screen(in_memory, {"itch": "yes"}) == screener.screen(photo, {"itch": "yes"})
    with pytest.raises(PhotoError, match=r"^the photo is not a photo"):
        screener.screen(PhotoBytes(b"text"), {})


def test_answers_change_the_decision(bundle: Path, photo: Path) -> None:
    screener = Screener(bundle, threads=1, allow_unsigned=True)
    assert screener.screen(photo, {"age_years": 90, "itch": True}).decision == "refer"
    assert screener.screen(photo, {"age_years": 0, "itch": False, "region": "back"}).decision == "watch"


def test_a_photo_of_nothing_gets_no_score(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "covered.png"
    Image.new("RGB", (300, 300), (2, 1, 1)).save(path)
    result = Screener(bundle, allow_unsigned=True).screen(path, {"itch": "yes"})
    assert result.decision == "photograph again" and result.reason == "almost_black"
    assert result.malignancy_score is None and result.probabilities == {}
    assert result.imputed == ("age_years", "region") and result.photo_sha256 == file_sha256(path)


def test_wrong_answers_photos_and_models_are_reported(bundle: Path, photo: Path, tmp_path: Path) -> None:
    screener = Screener(bundle, allow_unsigned=True)
    with pytest.raises(AnswerError, match="unknown question 'weight': this model asks age_years, itch, region"):
        screener.screen(photo, {"weight": 70})
    with pytest.raises(PhotoError, match="no photo at"):
        screener.screen(tmp_path / "none.jpg", {})
    with pytest.raises(ContractError, match=r"no manifest\.json"):
        Screener(tmp_path / "no-model")


def test_a_broken_program_gives_no_result(tmp_path: Path, photo: Path) -> None:
    folder = fakes.write_bundle(tmp_path / "logits", program=fakes.onnx_program(final="Identity"))
    with pytest.raises(ContractError, match="gave no usable answer"):
        Screener(folder, allow_unsigned=True).screen(photo, {})


@pytest.mark.parametrize(("score", "decision"), [(0.5, "refer"), (np.nextafter(0.5, 0), "watch"), (0, "watch")])
def test_the_threshold_itself_means_refer(score: float, decision: str) -> None:
    assert triage(score, fakes.contract(threshold=0.5))[0] == decision


@pytest.mark.parametrize(
    ("score", "decision"),
    [(0.5, "refer"), (np.nextafter(0.5, 0), "cannot assess"), (0.2, "cannot assess"), (np.nextafter(0.2, 0), "watch")],
)
def test_a_score_between_watch_and_refer_cannot_be_assessed(score: float, decision: str) -> None:
    assert triage(score, fakes.contract(threshold=0.5, watch_below=0.2))[0] == decision


def test_who_cannot_be_assessed_is_to_be_referred_if_in_doubt(tmp_path: Path, photo: Path) -> None:
    folder = fakes.write_bundle(tmp_path / "unsure", of=fakes.contract(threshold=1, watch_below=0))
    result = Screener(folder, allow_unsigned=True).screen(photo, {})
    assert (result.decision, result.reason) == ("cannot assess", "score_near_threshold")
    assert result.malignancy_score is not None and result.watch_below == 0
    assert "refer" in translator().what_to_do(result.decision)


def test_the_score_adds_up_malignant_labels_only() -> None:
    assert fakes.contract().score([0.125, 0.25, 0.5, 0.125]) == 0.75
    assert fakes.contract().score([0, 0.5004, 0.5004, 0]) == 1.0


@given(score=fractions, threshold=fractions)
def test_the_reason_never_contradicts_the_decision(score: float, threshold: float) -> None:
    decision, reason = triage(score, fakes.contract(threshold=threshold))
    ours, limit = distinct_figures(score, threshold)
    assert (float(ours) >= float(limit)) == (decision == "refer")
    assert ("or more means" in translator().reason(reason, score=score, threshold=threshold)) == (decision == "refer")


def test_the_package_exports_lazily() -> None:
    assert skinedge.Screener is Screener
