"""`skinedge screen` and `skinedge questions` as a health worker meets them."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from skinedge import __version__, cli
from skinedge.screening.answers import split_arguments
from skinedge.screening.display import score_bar
from skinedge.screening.screener import Screener
from skinedge.words import translator
from tests.conftest import Command

MODEL = ("--allow-unsigned", "--model")
ANSWERS = ("--age-years", "63", "--itch=yes")


@pytest.mark.parametrize("first", [True, False], ids=["photo first", "photo last"])
def test_json_is_the_result(skinedge: Command, bundle: Path, photo: Path, first: bool) -> None:
    order = (photo, *ANSWERS) if first else (*ANSWERS, photo)
    code, out, err = skinedge("screen", "--json", *order, *MODEL, bundle)
    assert (code, err) == (0, "")
    expected = Screener(bundle, allow_unsigned=True).screen(photo, {"age_years": 63, "itch": "yes"})
    found = json.loads(out)
    words = found.pop("words")
    assert found == expected.model_dump(mode="json")
    assert words["language"] == "en" and words["decision"] == "Refer" and "or more means: refer" in words["reason"]


def test_text_says_what_to_do_and_fits_80_columns(skinedge: Command, bundle: Path, photo: Path) -> None:
    code, out, _ = skinedge("screen", photo, *ANSWERS, *MODEL, bundle)
    assert code == 0
    assert "REFER" in out and "Send this person" in out and "score of 0.50 or more" in out
    assert "This question had no answer, so the program filled it in: part of the body." in out.replace("\n", " ")
    assert "never a diagnosis" in out.replace("\n", " ")
    assert max(map(len, out.splitlines())) <= 80


def test_a_photo_of_nothing_is_an_answer_not_an_error(skinedge: Command, bundle: Path, tmp_path: Path) -> None:
    Image.new("RGB", (300, 300)).save(tmp_path / "black.png")
    code, out, err = skinedge("screen", tmp_path / "black.png", *MODEL, bundle)
    assert (code, err) == (0, "") and "PHOTOGRAPH AGAIN" in out and "almost black" in out and "score" not in out


def test_a_place_that_the_model_does_not_know_is_no_answer(skinedge: Command, bundle: Path, photo: Path) -> None:
    arguments = ("screen", photo, *MODEL, bundle, "--age-years", "63", "--itch", "yes", "--region", "lower leg")
    code, out, _ = skinedge(*arguments)
    assert code == 0 and "does not know this answer, and left it out: lower leg" in " ".join(out.split())
    told = json.loads(skinedge(*arguments, "--json")[1])
    assert told["imputed"] == ["region"]
    assert told["malignancy_score"] == json.loads(skinedge(*arguments[:-2], "--json")[1])["malignancy_score"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--weight", "70"], "unknown question 'weight': this model asks age_years, itch, region"),
        (["--age-years", "-5"], "age_years: got '-5', expected a number from 0 to 120 years"),
        (["--age-years"], "--age-years has no value"),
        (["--itch", "--age-years", "3"], "--itch has no value"),
        (["--itch", "yes", "--itch=no"], "--itch is given twice"),
        (["--region", "moon"], "expected one of arm, face, back"),
        (["other.jpg"], "got 2 photos"),
        (["-x"], "-x has no value"),
    ],
)
def test_wrong_answers_are_one_line_and_exit_1(
    skinedge: Command, bundle: Path, photo: Path, arguments: list[str], says: str
) -> None:
    code, out, err = skinedge("screen", photo, *MODEL, bundle, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("skinedge: ") and says in err and err.count("\n") == 1


def test_no_photo_is_reported(skinedge: Command, bundle: Path) -> None:
    code, _, err = skinedge("screen", "--itch", "yes", *MODEL, bundle)
    assert code == 1 and "got 0 photos" in err


def test_a_line_break_in_a_file_name_stays_one_line(skinedge: Command, bundle: Path) -> None:
    code, _, err = skinedge("screen", "a\nb.jpg", *MODEL, bundle)
    assert code == 1 and err.count("\n") == 1


def test_a_tampered_model_is_reported(skinedge: Command, bundle: Path, photo: Path) -> None:
    (bundle / "model_card.md").write_text("# Better than it is\n")
    code, out, err = skinedge("screen", photo, *MODEL, bundle)
    assert (code, out) == (1, "") and "model_card.md" in err and err.count("\n") == 1


def test_questions_come_from_the_contract(skinedge: Command, bundle: Path) -> None:
    _, out, _ = skinedge("questions", "--model", bundle)
    for text in ("--age-years", "0 to 120 years", "Does it itch?", "yes, no", "arm, ", "face, ", "back, ", "lower leg"):
        assert text in out
    _, out, _ = skinedge("questions", "--model", bundle, "--json")
    asked = json.loads(out)["questions"]
    assert [q["option"] for q in asked] == ["--age-years", "--itch", "--region"]
    assert asked[2]["choices"] == ["arm", "face", "back"]


def test_version(skinedge: Command) -> None:
    assert skinedge("--version") == (0, f"skinedge {__version__}\n", "")


def stopped_by(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def app(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)


def test_a_full_disk_and_an_interrupt_are_calm(skinedge: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped_by(OSError(errno.ENOSPC, "No space left on device"), monkeypatch)
    code, _, err = skinedge("questions")
    assert code == 1 and "disk is full" in err
    stopped_by(KeyboardInterrupt(), monkeypatch)
    assert skinedge("questions")[0] == 130


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped_by(ZeroDivisionError(), monkeypatch)
    with pytest.raises(ZeroDivisionError):
        cli.main(["questions"])


def test_a_real_process_answers_without_torch_or_a_traceback(bundle: Path, photo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "skinedge.cli", "screen", *MODEL, str(bundle)]
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run([*command, str(photo)], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (0, "") and "#" in done.stdout  # A bar that ASCII terminals can show.
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr.count("\n") == 1


@given(score=st.floats(0, 1), threshold=st.floats(0, 1))
def test_the_bar_agrees_with_the_decision(score: float, threshold: float) -> None:
    bar, under = score_bar(score, threshold, translator(), ascii_only=True).splitlines()
    assert len(bar) == 66 and len(under) <= 80
    filled, pointer = bar.count("#"), under.index("^") - 4
    assert filled >= pointer if score >= threshold else filled <= pointer


def test_arguments_may_come_in_any_order() -> None:
    assert split_arguments(["--region", "face", "a.jpg", "--itch="]) == (Path("a.jpg"), {"region": "face", "itch": ""})
