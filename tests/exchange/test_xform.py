"""The form for ODK Collect, and what comes back from it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pyxform.validators import odk_validate
from pyxform.xls2xform import convert

from skinedge.contract import ClinicalField, Contract, numbered
from skinedge.errors import AnswerError, ContractError, DataError
from skinedge.exchange.submissions import ReturnedForms, Submission, read_submissions
from skinedge.exchange.xform import form_id, unknown_box, xform_xml, xlsform
from skinedge.questionnaire import COLUMNS, offered_answers
from skinedge.runtime.bundle import default_bundle_path
from skinedge.words import LANGUAGES
from tests import fakes

NS = {"x": "http://www.w3.org/2002/xforms", "h": "http://www.w3.org/1999/xhtml"}


def all_questions() -> Contract:
    return fakes.contract().model_copy(update={"fields": numbered(tuple(COLUMNS.values()))})


@pytest.fixture(params=["default", "all"])
def contract(request: pytest.FixtureRequest) -> Contract:
    """The contract of the model of this install, and one that asks all 21 questions."""
    return Contract.load(default_bundle_path()) if request.param == "default" else all_questions()


def test_the_form_asks_every_question_in_every_language(contract: Contract) -> None:
    root = ElementTree.fromstring(xform_xml(contract))
    assert len(root.findall(".//x:translation", NS)) == len(LANGUAGES)
    asked = {node.get("ref", "").rpartition("/")[2]: node for node in root.find("h:body", NS).iter() if node.get("ref")}  # type: ignore[union-attr]
    binds = {node.get("nodeset", "").rpartition("/")[2]: node for node in root.iter(f"{{{NS['x']}}}bind")}
    assert asked["image"].get("mediatype") == "image/*"
    for field in contract.fields:
        bind = binds[field.name]
        assert bind.get("required") == "true()"
        if field.kind == "number":
            assert bind.get("type") == "decimal" and bind.get("constraint") == (
                f". >= {field.minimum:g} and . <= {field.maximum:g}"
            )
            assert unknown_box(field.name) in bind.get("relevant", "") and unknown_box(field.name) in asked
        else:
            offered = "yes_no" if field.kind == "yes_no" else field.name
            names = [node.text for node in root.findall(f".//x:instance[@id='{offered}']/x:root/x:item/x:name", NS)]
            assert names == [*(("yes", "no") if field.kind == "yes_no" else offered_answers(field)), "unknown"]


def test_the_same_contract_gives_the_same_form(contract: Contract) -> None:
    assert xform_xml(contract) == xform_xml(contract)
    other = contract.model_copy(update={"fields": contract.fields[:-1]})
    assert xlsform(other)["settings"][0]["version"] != xlsform(contract)["settings"][0]["version"]


def test_pyxform_has_nothing_to_warn_of(contract: Contract) -> None:
    assert convert(xlsform(contract)).warnings == []


def test_odk_validate_takes_the_form(contract: Contract, tmp_path: Path) -> None:
    """With JavaRosa, which Collect itself runs; pyxform brings it along."""
    if shutil.which("java") is None:
        pytest.skip("no Java here: ODK Validate cannot run")
    (tmp_path / "form.xml").write_text(xform_xml(contract), encoding="utf-8")
    assert odk_validate.check_xform(str(tmp_path / "form.xml")) == []


def test_a_question_cannot_be_called_as_the_photo() -> None:
    field = ClinicalField(name="image", kind="yes_no", question="Is there an image?")
    with pytest.raises(ContractError, match="rename that question"):
        xform_xml(fakes.contract().model_copy(update={"fields": (field,)}))


def test_a_name_that_xml_does_not_take_is_one_line() -> None:
    field = ClinicalField(name="how old?", kind="yes_no", question="How old?")
    with pytest.raises(ContractError) as error:
        xform_xml(fakes.contract().model_copy(update={"fields": (field,)}))
    assert "\n" not in str(error.value)


def filled_in(
    path: Path,
    *,
    consent: str = "yes",
    image: str = "1718.jpg",
    itch: str = "unknown",
    region: str = "face",
    form: str = "",
) -> Path:
    path.write_text(
        f"""<?xml version="1.0"?>
        <data id="{form or form_id(fakes.contract())}" version="1"><start>2026-01-05T09:00:00.000+02:00</start>
        <consent>{consent}</consent><visit><patient> 0042 </patient><image>{image}</image>
        <age_years_page><age_years>63</age_years><age_years_unknown/></age_years_page>
        <itch>{itch}</itch><region>{region}</region></visit>
        <meta><instanceID>uuid:1</instanceID></meta></data>"""
    )
    return path


def test_a_form_from_collect_becomes_answers(tmp_path: Path) -> None:
    found = read_submissions(filled_in(tmp_path / "form.xml"), fakes.contract()).submissions
    answers = {"age_years": "63", "itch": "unknown", "region": "face"}
    assert found == (Submission(patient="0042", photo="1718.jpg", answers=answers),)
    assert fakes.contract().encode(found[0].answers) == [63, -1, 1]


def test_a_place_that_the_model_does_not_know_comes_back(tmp_path: Path) -> None:
    (found,) = read_submissions(filled_in(tmp_path / "form.xml", region="lower leg"), fakes.contract()).submissions
    assert found.answers["region"] == "lower leg"


def test_what_the_form_sends_is_what_is_read(tmp_path: Path) -> None:
    """The empty instance that the form itself carries, filled in at its own places."""
    contract = fakes.contract()
    root = ElementTree.fromstring(xform_xml(contract))
    data = root.find(".//x:instance/x:data", NS)
    assert data is not None
    given = {
        "consent": "yes",
        "patient": "7",
        "image": "a.jpg",
        "age_years_unknown": "unknown",
        "itch": "no",
        "region": "back",
    }
    for node in data.iter():
        node.text = given.get(node.tag.rpartition("}")[2], node.text)
    (tmp_path / "form.xml").write_bytes(ElementTree.tostring(data))
    (found,) = read_submissions(tmp_path / "form.xml", contract).submissions
    assert contract.encode(found.answers) == [-1, 0, 2] and found.photo == "a.jpg"


@pytest.mark.parametrize("prefix", ["", "visit-", "visit/"])
def test_a_table_from_central_becomes_answers(tmp_path: Path, prefix: str) -> None:
    columns = ["SubmissionDate", "consent", *(prefix + name for name in ("patient", "image", "age_years", "itch", "region"))]
    rows = [
        ["2026-01-05", "yes", "1", "1.jpg", "63", "yes", "face"],
        ["2026-01-05", "no", "", "", "", "", ""],
        ["2026-01-05", "yes", "2", "2.jpg", "", "unknown", "unknown"],
    ]
    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns, *rows])
    returned = read_submissions(tmp_path / "t.csv", fakes.contract())
    found = returned.submissions
    assert [one.photo for one in found] == ["1.jpg", "2.jpg"] and (returned.without_consent, returned.rejected) == (1, 0)
    assert set(found[1].answers.values()) == {"unknown"}


def test_without_consent_nothing_is_read(tmp_path: Path) -> None:
    for consent in ("no", ""):
        returned = read_submissions(filled_in(tmp_path / "form.xml", consent=consent, image=""), fakes.contract())
        assert returned == ReturnedForms((), without_consent=1, rejected=0)


HEADER = "SubmissionDate,consent,visit-patient,visit-image,visit-age_years,visit-itch,visit-region,KEY,ReviewState\n"
FORM = "2026-01-05,yes,1,1.jpg,63.5,yes,face,uuid:1,\n"


@pytest.mark.parametrize(
    "table",
    [
        HEADER + FORM,
        (HEADER + FORM).replace(",", ";").replace("63.5", "63,5"),
        "\ufeff" + (HEADER + FORM).replace("\n", "\r\n"),
        HEADER.replace("visit-", "visit/") + FORM,
        HEADER + FORM.replace(",yes,", ",YES,"),
        HEADER + FORM.replace(",yes,", ",TRUE,"),
        HEADER + FORM.replace("1.jpg", "media/1.jpg"),
        HEADER + FORM.replace("1.jpg", "media\\1.jpg"),
        HEADER + FORM.replace("1.jpg", "media\\\\1.jpg"),
        HEADER + FORM.replace("face", " Face\u00a0"),
        HEADER + FORM + FORM.replace("uuid:1,", "uuid:2,rejected").replace("1.jpg", "2.jpg"),
        HEADER.replace("ReviewState", "_validation_status") + FORM + FORM.replace("uuid:1,", "uuid:2,Not Approved"),
    ],
)
def test_tables_of_other_servers_and_spreadsheets_are_the_same_forms(tmp_path: Path, table: str) -> None:
    (tmp_path / "t.csv").write_text(table, encoding="utf-8", newline="")
    returned = read_submissions(tmp_path / "t.csv", fakes.contract())
    (found,) = returned.submissions
    assert (found.patient, found.photo) == ("1", "1.jpg") and fakes.contract().encode(found.answers) == [63.5, 1, 1]
    assert returned.rejected == table.count("uuid:2")


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (HEADER + FORM + "2026-01-05,yes,2,2.jpg,40\n", r"t\.csv line 3 is cut short"),
        (HEADER + FORM.rstrip() + ",and,more\n", r"t\.csv line 2 is cut short or too long"),
        (HEADER.strip() + ",note-itch\n" + FORM.strip() + ",no\n", "two columns 'itch', 'visit-itch' and 'note-itch'"),
        (HEADER + FORM.replace(",yes,", ",perhaps,", 1), "line 2: consent 'perhaps', expected yes or no"),
        (HEADER + FORM.replace("face", "moon"), "line 2: region: got 'moon'"),
        (HEADER.replace("visit-itch", "Does it itch?") + FORM, "has no column 'itch'"),
        ((HEADER + FORM.replace("face", "Ménière")).encode("cp1252"), "Windows-1252"),
    ],
)
def test_a_damaged_table_of_forms_is_one_line(tmp_path: Path, table: str | bytes, says: str) -> None:
    (tmp_path / "t.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    with pytest.raises(DataError, match=says) as error:
        read_submissions(tmp_path / "t.csv", fakes.contract())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("image", ["", "..", "../../etc/passwd", "a/b.jpg", "c:\\x.jpg", "media/..", "media/", "media/a/b"])
def test_a_form_cannot_point_elsewhere(tmp_path: Path, image: str) -> None:
    with pytest.raises(DataError, match="photo"):
        read_submissions(filled_in(tmp_path / "form.xml", image=image), fakes.contract())


def test_mistakes_are_one_line(tmp_path: Path) -> None:
    contract = fakes.contract()
    with pytest.raises(DataError, match="form 'other'"):
        read_submissions(filled_in(tmp_path / "a.xml", form="other"), contract)
    with pytest.raises(AnswerError, match="itch"):
        read_submissions(filled_in(tmp_path / "b.xml", itch="perhaps"), contract)
    (tmp_path / "bomb.xml").write_text('<!DOCTYPE d [<!ENTITY a "b">]><data id="x">&a;</data>')
    (tmp_path / "cut.xml").write_text("<data")
    (tmp_path / "t.csv").write_text("consent,image\nyes,1.jpg\n")
    (tmp_path / "latin.csv").write_bytes(b"consent\n\xe9\n")
    for name in ("bomb.xml", "cut.xml", "none.xml", "t.csv", "latin.csv", "photo.jpg"):
        with pytest.raises(DataError) as error:
            read_submissions(tmp_path / name, contract)
        assert "\n" not in str(error.value)
