"""Answers become the numbers that a program expects, or an error."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from skinedge.contract import CONTRACT_FILE, MISSING, Answer, ClinicalField, Contract, numbered, yes_or_no
from skinedge.errors import AnswerError, ContractError
from skinedge.questionnaire import COLUMNS, LABELS, MALIGNANT, fields_named
from tests import fakes


@pytest.mark.parametrize(
    ("name", "answer", "value"),
    [
        ("age_years", "63", 63), ("age_years", 0, 0), ("age_years", " 120 ", 120), ("age_years", 47.5, 47.5),
        ("itch", "Yes", 1), ("itch", False, 0), ("itch", True, 1), ("itch", "n", 0), ("itch", 1, 1),
        ("itch", "VERDADEIRO", 1), ("itch", "Na\u0303o", 0), ("itch", "Não", 0), ("itch", "1.0", 1), ("itch", " falso", 0),
        ("region", "arm", 0), ("region", " BACK", 2),
        ("age_years", None, MISSING), ("itch", "unknown", MISSING), ("region", "", MISSING), ("itch", "Don't know", MISSING),
    ],
)  # fmt: skip
def test_an_answer_is_encoded_at_its_position(name: str, answer: Answer, value: float) -> None:
    contract = fakes.contract()
    encoded = contract.encode({name: answer})
    position = [field.name for field in contract.fields].index(name)
    assert encoded[position] == value
    assert all(other == MISSING for i, other in enumerate(encoded) if i != position)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("age_years", "old"), ("age_years", -1), ("age_years", 121), ("age_years", "nan"), ("age_years", "inf"),
        ("age_years", True), ("itch", "maybe"), ("itch", 2), ("region", "moon"), ("region", 0), ("itch", "-1"),
        ("age_years", "6_3"), ("age_years", "٦٣"), ("age_years", "6,5"), ("itch", "nope"),
    ],
)  # fmt: skip
def test_an_answer_that_a_question_does_not_take_is_refused(name: str, answer: Answer) -> None:
    with pytest.raises(AnswerError, match=rf"^{name}: got .*expected .*unknown$"):
        fakes.contract().encode({name: answer})


def test_what_is_neither_yes_nor_no_is_not_a_no() -> None:
    assert yes_or_no(" Sí ") is True and yes_or_no("FALSE") is False
    assert yes_or_no("") is yes_or_no("maybe") is yes_or_no("unknown") is yes_or_no("2") is None


@given(answer=st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none()))
def test_no_valid_answer_looks_missing(answer: Answer) -> None:
    for field in COLUMNS.values():
        try:
            value = field.encode(answer)
        except AnswerError:
            continue
        assert value >= 0 or (value == MISSING and (answer is None or isinstance(answer, str)))


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(AnswerError, match="unknown question 'weight': this model asks age_years, itch, region"):
        fakes.contract().encode({"weight": 1})


def test_a_contract_survives_its_file(tmp_path: Path) -> None:
    contract = Contract(
        model_name="full",
        labels=LABELS,
        malignant_labels=MALIGNANT,
        fields=numbered(tuple(COLUMNS.values())),
    )
    contract.save(tmp_path)
    assert Contract.load(tmp_path) == contract
    assert contract.malignant_indices == [1, 2, 4]


@pytest.mark.parametrize(
    "change",
    [
        {"surprise": 1}, {"schema_version": 3}, {"malignant_labels": ["XXX"]}, {"temperature": 0}, {"fields": [1]},
        {"refer": {"value": 1.5}}, {"watch_below": {"value": 0.6}}, {"labels": "ACK"}, {"missing": -2}, {"missing": 0},
        {"labels": ["BCC", "MEL", "BCC", "NEV"]}, {"malignant_labels": ["MEL", "MEL"]}, {"temperature": float("inf")},
        {"two\nlines": 1},
    ],
)  # fmt: skip
def test_a_contract_that_says_something_else_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    fakes.contract().save(tmp_path)
    path = tmp_path / "contract.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ContractError, match=r"contract\.json cannot be used") as error:
        Contract.load(tmp_path)
    assert "\n" not in str(error.value)


def test_a_contract_from_before_there_was_a_band_can_be_read(tmp_path: Path) -> None:
    fakes.contract().save(tmp_path)
    path = tmp_path / "contract.json"
    old = json.loads(path.read_text())
    del old["watch_below"]
    path.write_text(json.dumps(old))
    with pytest.raises(ContractError, match="watch_below is missing"):
        Contract.load(tmp_path)
    del old["model"], old["missing"]
    path.write_text(json.dumps(old | {"schema_version": 1, "backbone": "none", "blank": -1.0}))
    assert Contract.load(tmp_path) == fakes.contract()


@pytest.mark.parametrize("name", ["schema_version", "missing", "temperature", "refer", "watch_below"])
def test_a_contract_that_lost_what_decides_is_refused(tmp_path: Path, name: str) -> None:
    fakes.contract().save(tmp_path)
    path = tmp_path / "contract.json"
    document = json.loads(path.read_text())
    del document[name]
    path.write_text(json.dumps(document))
    with pytest.raises(ContractError, match=rf"{name} is missing"):
        Contract.load(tmp_path)


def test_a_contract_that_says_a_limit_twice_is_refused(tmp_path: Path) -> None:
    fakes.contract().save(tmp_path)
    path = tmp_path / "contract.json"
    path.write_text(path.read_text().replace('"temperature"', '"temperature": 9.0, "temperature"'))
    with pytest.raises(ContractError, match="temperature stands twice"):
        Contract.load(tmp_path)


def test_sides_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"image\.side_px must be twice model\.side_px, got 64 and 224"):
        Contract.model_validate(fakes.contract().model_dump() | {"model": {"backbone": "mobilenet_v2"}})


@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"model_name": "a\nb"}'])
def test_a_contract_that_is_not_json_is_one_line(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "contract.json").write_bytes(text)
    with pytest.raises(ContractError, match=r"contract\.json cannot be used: .+; make it anew") as error:
        Contract.load(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("kind", "settings", "says"),
    [
        ("number", {}, "must have a minimum and a maximum"),
        ("number", {"minimum": 1}, "must have a minimum and a maximum"),
        ("number", {"maximum": 1}, "must have a minimum and a maximum"),
        ("number", {"minimum": 3, "maximum": 2}, "0 <= minimum <= maximum"),
        ("number", {"minimum": -1, "maximum": 2}, "0 <= minimum <= maximum"),  # -1 would read as MISSING.
        ("number", {"minimum": 0, "maximum": float("nan")}, "finite"),
        ("choice", {}, "must have choices"),
        ("choice", {"choices": ("arm", "arm")}, "differ"),
        ("choice", {"choices": ("Arm", "face")}, "lower case"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_is_refused(kind: str, settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ClinicalField.model_validate({"name": "q", "kind": kind, "question": "?", **settings})


def test_a_number_may_have_one_value_and_no_unit() -> None:
    field = ClinicalField(name="q", kind="number", question="?", minimum=0, maximum=0)
    assert field.encode(0) == 0
    with pytest.raises(AnswerError, match="expected a number from 0 to 0, or unknown"):
        field.encode(1)


def test_names_of_questions_differ() -> None:
    fields = numbered(fields_named(("itch", "region", "itch")))
    with pytest.raises(ValueError, match="names of fields must differ, got itch, region, itch"):
        Contract(model_name="m", labels=LABELS, malignant_labels=(), fields=fields)


def test_positions_must_be_in_order(tmp_path: Path) -> None:
    fields = fields_named(("region", "itch"))
    with pytest.raises(ValueError, match="positions"):
        Contract(model_name="m", labels=LABELS, malignant_labels=(), fields=fields)
    assert [field.position for field in numbered(fields)] == [0, 1]


def test_a_missing_contract_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"no contract\.json in"):
        Contract.load(tmp_path)


def test_a_contract_that_is_there_and_cannot_be_read_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / CONTRACT_FILE).write_text("{}")

    def failing(_: Path) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "read_bytes", failing)
    with pytest.raises(ContractError, match=r"cannot read .*contract\.json: "):
        Contract.load(tmp_path)
