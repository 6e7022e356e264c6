"""`skinedge records export`, `slip`, `report` and `from-odk` as they are typed, with a real store."""

from __future__ import annotations

import json
from pathlib import Path

import pypdfium2
import pytest

from skinedge.commands.options import RECORDS_PASSPHRASE_VARIABLE
from skinedge.contract import Contract
from skinedge.exchange.collection import collect
from skinedge.exchange.csv_file import Row, read_csv
from skinedge.exchange.xform import form_id
from skinedge.records.store import RecordStore
from skinedge.records.vault import Cost
from skinedge.records.visit import spoken_visit_id
from skinedge.runtime.bundle import default_bundle_path, open_bundle
from tests.conftest import Command
from tests.exchange import visits

PASSPHRASE = "correct horse battery"
CHEAP = Cost(n=1 << 10, p=1)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three visits of two patients: one referred, one overridden and followed, one without a score."""
    monkeypatch.setenv(RECORDS_PASSPHRASE_VARIABLE, PASSPHRASE)
    folder = tmp_path / "records"
    changed = visits.followed(visits.overridden(visits.record(2, 0.25, patient="P-2", days=1), "refer"), malignant=True)
    with RecordStore.create(folder, PASSPHRASE, cost=CHEAP) as made:
        for record in (visits.record(1), changed, visits.record(3, None, days=2)):
            made.add_visit(record.visit, None)
            for override in record.overrides:
                made.add_override(record.visit.visit_id, override)
            for outcome in record.outcomes:
                made.add_outcome(record.visit.visit_id, outcome)
    return folder


def test_a_table_of_the_visits(skinedge: Command, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "usb" / "visits.csv"
    code, printed, err = skinedge("records", "export", "--format", "csv", "--out", out, "--records", store)
    assert (code, printed.strip(), err.strip()) == (0, str(out), "3 visits")
    rows = read_csv(out.read_bytes().decode("utf-8"))
    with RecordStore.open(store, PASSPHRASE) as opened:
        assert rows == tuple(map(Row.of, collect(opened).records))
    assert [row.decision for row in rows] == ["refer", "refer", "photograph again"]
    for chosen, count in ((("--patient", "p-2"), 1), (("--since", "2026-01-06"), 2), (("--since", "2027-01-01"), 0)):
        done = skinedge("records", "export", "--format", "csv", "--out", out, "--overwrite", "--records", store, *chosen)
        assert done[0] == 0 and len(read_csv(out.read_text("utf-8"))) == count


def test_nothing_is_written_over_by_mistake(skinedge: Command, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "there.json"
    out.write_text("before")
    for command in (
        ("export", "--format", "fhir", "--records", store),
        ("slip", visits.visit_id(1), "--records", store),
        ("report", "--records", store),
    ):
        code, printed, err = skinedge("records", *command, "--out", out)
        assert (code, printed) == (1, "") and "--overwrite" in err and err.count("\n") == 1
        assert out.read_text() == "before"
    code, _, err = skinedge("records", "export", "--format", "csv", "--out", tmp_path, "--records", store, "--overwrite")
    assert code == 1 and "folder" in err


def test_a_fhir_bundle(skinedge: Command, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "visits.json"
    assert skinedge("records", "export", "--format", "fhir", "--out", out, "--records", store, "--photos")[0] == 0
    kinds = [entry["resource"]["resourceType"] for entry in json.loads(out.read_text("utf-8"))["entry"]]
    assert (kinds.count("Patient"), kinds.count("RiskAssessment"), kinds.count("Observation")) == (2, 4, 1)


def test_a_form_needs_no_records(skinedge: Command, tmp_path: Path) -> None:
    out = tmp_path / "form.xml"
    code, printed, _ = skinedge("records", "export", "--format", "odk", "--out", out)
    assert code == 0 and printed.strip() == str(out)
    contract = Contract.load(default_bundle_path())
    assert form_id(contract) in out.read_text("utf-8")


def test_from_collect_to_answers(skinedge: Command, tmp_path: Path) -> None:
    contract = Contract.load(default_bundle_path())
    for number in (1, 2):
        filled_in = f"<consent>yes</consent><visit><image>{number}.jpg</image><itch>yes</itch></visit>"
        (tmp_path / f"{number}.xml").write_text(f'<data id="{form_id(contract)}">{filled_in}</data>')
    forms = [tmp_path / "1.xml", tmp_path / "2.xml"]
    out = tmp_path / "answers.csv"
    code, _, err = skinedge("records", "from-odk", *forms, "--out", out)
    assert code == 0 and err.strip() == "2 forms with consent"
    lines = out.read_text("utf-8").splitlines()
    assert lines[0] == ",".join(["photo", *(field.name for field in contract.fields)])
    assert lines[1].startswith("1.jpg,unknown,unknown,yes,") and len(lines) == 3
    code, _, err = skinedge("records", "from-odk", forms[0], forms[0], "--out", out, "--overwrite")
    assert code == 1 and "'1.jpg'" in err


def test_a_slip_by_the_id_that_people_type(skinedge: Command, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "slip.pdf"
    code, printed, _ = skinedge("records", "slip", "0000o-00001", "--out", out, "--records", store, "--language", "en")
    assert code == 0 and printed.strip() == str(out)
    text = pypdfium2.PdfDocument(out)[0].get_textpage().get_text_range()
    assert "00000-00001" in text and "P-0042" in text
    code, _, err = skinedge("records", "slip", "99999-99999", "--out", tmp_path / "none.pdf", "--records", store)
    assert code == 1 and err.count("\n") == 1 and not (tmp_path / "none.pdf").exists()


def test_a_report_for_people_and_for_machines(skinedge: Command, store: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    code, printed, err = skinedge("records", "report", "--out", out, "--json", "--records", store)
    document = json.loads(printed)
    assert code == 0 and err.strip() == str(out) and document["visits"] == 3
    (model,) = document["models"]
    assert model["distance"] is None, "the reference of the install's model says nothing of another one"
    assert model["in_the_end"]["sensitivity"] | {"interval": 0} == {"count": 1, "of": 1, "value": 1.0, "interval": 0}
    assert "P-0042" not in out.read_text("utf-8")
    code, _, err = skinedge("records", "report", "--records", store)
    assert code == 1 and "--json" in err


def test_a_report_names_who_was_not_referred(skinedge: Command, store: Path, tmp_path: Path) -> None:
    with RecordStore.open(store, PASSPHRASE) as records:
        (visit, *_) = [one.visit for one in records.records().records if one.visit.result.decision == "photograph again"]
        records.add_outcome(visit.visit_id, visits.followed(visits.record(), malignant=True).outcomes[0])
    code, _, err = skinedge("records", "report", "--out", tmp_path / "report.html", "--records", store)
    assert code == 0 and "malignant and not referred: 1" in err
    assert spoken_visit_id(visit.visit_id) in (tmp_path / "report.html").read_text("utf-8")


def test_the_reference_of_the_install_goes_with_its_model(
    skinedge: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RECORDS_PASSPHRASE_VARIABLE, PASSPHRASE)
    bundle = open_bundle(default_bundle_path())
    with RecordStore.create(tmp_path / "r", PASSPHRASE, cost=CHEAP) as made:
        made.add_visit(visits.record(model_sha256=bundle.program_sha256).visit, None)
    code, printed, _ = skinedge("records", "report", "--json", "--records", tmp_path / "r")
    distance = json.loads(printed)["models"][0]["distance"]
    assert code == 0 and sum(distance["reference"]) == 1024 and "Too few" in distance["verdict"]


def test_options_that_do_not_go_together(skinedge: Command, store: Path, tmp_path: Path) -> None:
    for options in (("--format", "csv", "--photos"), ("--format", "odk", "--patient", "P-1")):
        code, _, err = skinedge("records", "export", *options, "--out", tmp_path / "x", "--records", store)
        assert code == 1 and err.count("\n") == 1 and not (tmp_path / "x").exists()
