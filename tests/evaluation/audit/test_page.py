"""The page holds the findings, and nothing that runs, is fetched, or belongs to a patient."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from skinedge.datasets.pad_ufes_20 import read_pad_ufes_20
from skinedge.evaluation.audit.page import page_html, write_page
from skinedge.evaluation.audit.report import Report
from skinedge.evaluation.audit.run import audit
from skinedge.evaluation.predict import Model
from tests.evaluation.audit.planted import model


@pytest.fixture(scope="module")
def report(leaking: Path) -> Report:
    fake = model(lambda level, missing: 0.9 - 0.08 * missing)
    named = Model(fake.engine, fake.contract.model_copy(update={"model_name": "<script>alert(1)</script>"}))
    return audit(read_pad_ufes_20(leaking), "pundhir2022", named, version="9.9.9", photos=4)


def test_the_report_names_the_leaks(report: Report) -> None:
    leaks = [finding.text for finding in report.findings if finding.level == "leak"]
    assert any("patients who also have training images" in text for text in leaks)
    assert any("real patterns lean one way" in text for text in leaks)
    assert report.data.patient_overlap is not None and report.data.patient_overlap > 0
    assert {baseline.protocol for baseline in report.data.baselines} == {"pundhir2022", "grouped"}
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_the_page_runs_nothing_and_fetches_nothing(report: Report) -> None:
    html = page_html(report)
    tags: list[str] = []
    links: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            links.extend(value or "" for name, value in attrs if name in ("src", "href", "xlink:href"))
            assert not any(name.startswith("on") for name, _ in attrs)

    Reader().feed(html)
    assert not {"script", "img", "link", "iframe", "object", "image"} & set(tags)
    assert tags.count("svg") == 7 and "&lt;script&gt;" in html
    assert all(link.startswith("#") for link in links)
    assert set(re.findall(r"https?://[\w.]+", html)) <= {"http://www.w3.org"}


def test_the_page_and_the_document_name_no_patient(report: Report, leaking: Path) -> None:
    text = page_html(report) + report.model_dump_json()
    assert "PAT_" not in text and str(leaking) not in text
    assert "diagnosis" not in text.replace("never a diagnosis", "")


def test_the_page_says_its_protocol_and_its_source(report: Report) -> None:
    html = page_html(report)
    for words in ("the paper&#39;s split", "CC BY 4.0", "9.9.9", "with replacement", "0.45 to 0.55"):
        assert words in html, words


def test_it_is_written_whole_or_not_at_all(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_page(report, tmp_path / "new" / "audit.html")
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>") and len(list(path.parent.iterdir())) == 1
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "folder", path / "below.html"):
        with pytest.raises(OSError, match=place.name):
            write_page(report, place)
    before = path.read_bytes()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_page(report, path)
    assert path.read_bytes() == before and len(list(path.parent.iterdir())) == 1


def test_a_split_without_partitions_says_so(synthetic: Path) -> None:
    report = audit(read_pad_ufes_20(synthetic), "all", version="1")
    assert report.data.overlap == () and report.data.patient_overlap is None and report.model is None
    assert "two partitions to compare" in page_html(report)
    assert any("Nothing is held out" in finding.text for finding in report.findings)
