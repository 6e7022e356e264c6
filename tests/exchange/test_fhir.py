"""Visits as FHIR R4: fhirclient's models of 4.0.1 take them, and where it is at hand, HAPI's validator does."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fhirclient.models.bundle import Bundle

from skinedge.contract import Contract, numbered
from skinedge.exchange.fhir import fhir_bundle
from skinedge.questionnaire import COLUMNS
from skinedge.records.visit import Record
from tests import fakes
from tests.exchange import visits

AT = datetime(2026, 6, 1, tzinfo=UTC)
HERE = Path(__file__).parent
HAPI_VARIABLE = "SKINEDGE_HAPI"
"""Folder of the jars of HAPI's validator, which `make fhir` fetches."""
EVERY_ANSWER = {
    name: None if place % 5 == 4 else {"number": "5.5", "yes_no": "no"}.get(field.kind) or field.choices[0]
    for place, (name, field) in enumerate((field.name, field) for field in COLUMNS.values())
}


def some_records() -> list[Record]:
    """All that a record can hold: no score, overrides, outcomes, two posts, two models, every question and a strange one."""
    return [
        visits.record(1),
        visits.record(2, score=None, patient='O\'Neill "<&>" ñ', advice=("dark",)),
        visits.followed(visits.overridden(visits.record(3, 0.25), "refer", "It's < 5 mm & grows"), malignant=True),
        visits.followed(visits.followed(visits.record(4), malignant=None, label="not seen"), malignant=False, label="NEV"),
        visits.followed(visits.record(7, 0.25), malignant=True),
        visits.record(5, answers=EVERY_ANSWER, imputed=tuple(n for n, a in EVERY_ANSWER.items() if a is None)),
        visits.record(6, answers={"region": "knee", "shoe_size": "42", "mood": None}, model_sha256="00" * 32, imputed=()),
    ]


def bundle(records: list[Record] | None = None, **options: Any) -> dict[str, Any]:
    return fhir_bundle(some_records() if records is None else records, visits.contract(), written_at=AT, **options)


def of_kind(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in found.get("entry", ()) if entry["resource"]["resourceType"] == kind]


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(references, node))
    if isinstance(node, dict):
        return set().union({node["reference"]} if "reference" in node else set(), *map(references, node.values()))
    return set()


@pytest.mark.parametrize("records", [None, []])
def test_r4_takes_it(records: list[Record] | None) -> None:
    """Names, types and numbers of elements; fhirclient knows no value sets."""
    found = bundle(records, photo=lambda _: b"\x89PNG and more")
    assert Bundle(json.loads(json.dumps(found))).as_json()["type"] == "collection"


def test_every_reference_is_in_the_bundle() -> None:
    found = bundle()
    urls = [entry["fullUrl"] for entry in found["entry"]]
    assert len(set(urls)) == len(urls) and all(url.startswith("urn:uuid:") for url in urls)
    assert references(found) <= set(urls)
    forms = {form["url"] for form in of_kind(found, "Questionnaire")}
    assert {response["questionnaire"] for response in of_kind(found, "QuestionnaireResponse")} == forms
    assert not forms & set(urls), "R4 forbids it where the resource has no id"


def test_the_same_visit_has_the_same_uuids() -> None:
    first, again = bundle(), bundle()
    assert first == again
    (one,) = {entry["fullUrl"] for entry in bundle([visits.record(1)])["entry"]} - {
        e["fullUrl"] for e in first["entry"]
    } or {""}
    assert not one


def test_one_person_at_one_post_is_one_patient() -> None:
    found = bundle([visits.record(1), visits.record(2, patient=" p-0042 ")])
    (patient,) = of_kind(found, "Patient")
    assert set(patient) == {"resourceType", "text", "identifier"}, "a pseudonym, and nothing else of the person"
    assert len(of_kind(found, "Device")) == len(of_kind(found, "Questionnaire")) == 1


def test_answers_have_their_types_and_gaps_are_reported() -> None:
    (response,) = of_kind(bundle([visits.record()]), "QuestionnaireResponse")
    age, itch, region = response["item"]
    assert age["answer"] == [{"valueDecimal": 63.0}] and itch["answer"] == [{"valueBoolean": True}]
    assert "answer" not in region and region["extension"][0]["valueCode"] == "asked-unknown"


def test_scores_and_people_s_decisions_are_apart() -> None:
    found = bundle(some_records()[2:3])
    advice, decision = of_kind(found, "RiskAssessment")
    assert advice["prediction"][0]["probabilityDecimal"] == 0.25 and advice["mitigation"] == "Advice: watch"
    assert decision["mitigation"] == "Decision: refer" and decision["performer"] == {"display": "Dr. Neema"}
    (finding,) = of_kind(found, "Observation")
    assert finding["valueString"] == "BCC" and finding["component"][0]["valueBoolean"] is True
    (unscored,) = of_kind(bundle([visits.record(score=None)]), "RiskAssessment")
    assert unscored["status"] == "cancelled" and "prediction" not in unscored


def test_the_true_place_is_told_though_the_model_does_not_know_it() -> None:
    record = visits.followed(visits.record(answers={"region": "lower leg"}, imputed=("region",)), malignant=False)
    found = bundle([record, visits.record(2, answers={"region": None}), visits.record(3, answers={"region": "other"})])
    (response, *_), (media, *others) = of_kind(found, "QuestionnaireResponse"), of_kind(found, "Media")
    assert response["item"][0]["answer"][0]["valueCoding"]["code"] == "lower leg"
    (form,) = {json.dumps(form["item"]) for form in of_kind(found, "Questionnaire")}
    assert "lower leg" in form
    assert media["bodySite"]["text"] == of_kind(found, "Observation")[0]["bodySite"]["text"] == "lower leg"
    assert not [other for other in others if "bodySite" in other]


def test_malignant_and_not_referred_is_flagged() -> None:
    alert = visits.followed(visits.record(1, 0.25), malignant=True)
    (flag,) = of_kind(bundle([alert, visits.overridden(visits.followed(visits.record(2, 0.25), True), "refer")]), "Flag")
    assert flag["identifier"][0]["value"] == visits.visit_id(1) and flag["status"] == "active"


def test_a_photo_is_inside_only_when_asked_for() -> None:
    (media,) = of_kind(bundle([visits.record()]), "Media")
    assert "data" not in media["content"] and media["identifier"][0]["value"] == "cd" * 32
    assert media["content"]["url"] == "ni:///sha-256;zc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc0"
    (media,) = of_kind(bundle([visits.record()], photo=lambda _: b"\xff\xd8\xff JPEG"), "Media")
    assert (
        base64.b64decode(media["content"]["data"]) == b"\xff\xd8\xff JPEG"
        and media["content"]["contentType"] == "image/jpeg"
    )


def test_no_word_makes_a_diagnosis_of_it() -> None:
    text = json.dumps(bundle())
    assert text.lower().count("diagnos") == text.count("not a diagnosis") + text.count("never a diagnosis")
    assert "Condition" not in text and "DiagnosticReport" not in text


def test_hapi_takes_it(tmp_path: Path) -> None:
    """The whole of R4: invariants, value sets, references, and the answers against their Questionnaire."""
    jars = os.environ.get(HAPI_VARIABLE)
    if jars is None:
        pytest.skip("takes a minute, Java and 144 MB of jars: make fhir")
    found = bundle(photo=lambda _: b"\x89PNG and more")
    real = Contract.load(Path(fakes.__file__).parents[1] / "skinedge" / "assets" / "default")
    whole = real.model_copy(update={"fields": numbered(tuple(COLUMNS.values()))})
    files = {"all.json": found, "default.json": fhir_bundle(some_records(), whole, written_at=AT), "empty.json": bundle([])}
    for name, content in files.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    # That it can fail at all: a status that R4 does not know, and an answer of another type than its question.
    for name, before, after in (
        ("status", '"cancelled"', '"nonsense"'),
        ("type", '"valueBoolean": true}]', '"valueString": "x"}]'),
    ):
        assert before in json.dumps(found)
        (tmp_path / f"bad_{name}.json").write_text(json.dumps(found).replace(before, after), encoding="utf-8")
    command = ["java", "-cp", f"{jars}/*", str(HERE / "hapi" / "Validate.java"), *sorted(map(str, tmp_path.iterdir()))]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=300)
    statuses = dict(line.split(": ", 1) for line in run.stdout.splitlines())
    assert set(statuses) == {path.name for path in tmp_path.iterdir()}, run.stderr[-2000:]
    assert all((what == "ok") != name.startswith("bad_") for name, what in statuses.items()), run.stdout
