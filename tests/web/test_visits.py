"""A visit from consent to slip, as a browser sees it."""

from __future__ import annotations

import re
import threading
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.drivers.client import PASSPHRASE, Browser
from skinedge.records.state import present_state
from skinedge.records.visit import parse_visit_id
from skinedge.web import limits
from skinedge.web.station import Station
from tests import fakes

ANSWERS = {"age_years": "63", "itch": "yes"}


def test_a_whole_visit_is_kept_as_it_was_agreed(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, ANSWERS)
    record = station.locker.store.record(path.removeprefix("/visits/"))
    assert record.visit.patient == "K-12" and record.visit.site == "Posto Norte" and record.visit.language == "en"
    assert record.visit.answers == {"age_years": "63", "itch": "yes", "region": None}
    assert record.visit.consent.agreed_to == ("screening", "keep answers", "keep photo")
    assert station.locker.store.photo(record.visit.visit_id) == photo_bytes
    assert "Step 4 of 4" in browser.page.text and "This is not a diagnosis" in browser.page.text
    assert "part of the body" in browser.page.text  # what the model filled in
    assert browser.get(f"{path}/photo.jpg").content == photo_bytes
    slip = browser.get(f"{path}/slip.pdf")
    assert slip.headers["content-type"] == "application/pdf" and slip.content.startswith(b"%PDF")


def test_the_true_place_is_kept_where_the_model_does_not_know_it(
    browser: Browser, station: Station, photo_bytes: bytes
) -> None:
    path = browser.visit(photo_bytes, {"age_years": "63", "itch": "yes", "region": "lower leg"})
    record = station.locker.store.record(path.removeprefix("/visits/"))
    assert record.visit.answers["region"] == "lower leg" and record.visit.result.imputed == ("region",)
    page = " ".join(browser.page.text.split())
    assert "<dt>Part of the body</dt><dd>lower leg</dd>" in page
    assert "does not know this answer, and left it out: lower leg" in page and "had no answer" not in page
    unknown = browser.visit(photo_bytes, {"age_years": "63", "itch": "yes"})
    same = station.locker.store.record(unknown.removeprefix("/visits/"))
    assert same.visit.result.malignancy_score == record.visit.result.malignancy_score


def test_without_agreement_the_photo_is_not_kept(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, ANSWERS, agreement="no_photo")
    record = station.locker.store.record(path.removeprefix("/visits/"))
    assert not record.has_photo and "keep photo" not in record.visit.consent.agreed_to
    assert browser.get(f"{path}/photo.jpg").status_code == 404


def test_a_patient_may_refuse_that_anything_is_kept(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, ANSWERS, agreement="nothing")
    assert path.endswith("/result") and "Nothing of this visit is kept" in browser.page.text
    assert station.locker.store.records().total == 0
    browser.post(path.replace("/result", "/discard"))
    assert browser.get(path).status_code == 410


def test_a_patient_may_stop(browser: Browser, station: Station) -> None:
    draft = browser.start()
    browser.post(f"{draft}/discard")
    assert browser.path == "/visits" and not station.drafts.unfinished()


def test_a_half_finished_visit_survives_a_reload_and_the_lock(browser: Browser, photo_bytes: bytes) -> None:
    draft = browser.start(patient="K-77")
    browser.post(f"{draft}/photo", photo=photo_bytes)
    browser.get(f"{draft}/questions")
    assert browser.client.post(
        f"{draft}/answers", data={"token": browser.token, "answer_age_years": "41"}
    ).status_code == 204  # fmt: skip
    assert 'value="41"' in browser.get(f"{draft}/questions").text
    browser.post("/lock")
    assert browser.path == "/unlock" and "K-77" not in browser.page.text
    browser.post("/unlock", {"passphrase": PASSPHRASE})
    assert "K-77" in browser.page.text and f"{draft}/questions" in browser.page.text


def test_a_form_that_is_sent_twice_makes_one_record(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=photo_bytes)
    browser.get(f"{draft}/questions")
    fields = {"token": browser.token, "answer_itch": "yes"}
    paths: list[str] = []
    senders = [
        threading.Thread(target=lambda: paths.append(browser.client.post(f"{draft}/questions", data=fields).url.path))
        for _ in range(4)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert station.locker.store.records().total == 1 and len(set(paths)) == 1


def test_steps_cannot_be_left_out(browser: Browser, photo_bytes: bytes) -> None:
    browser.post("/drafts")
    draft = browser.path.removesuffix("/consent")
    browser.get(f"{draft}/questions")
    assert browser.path == f"{draft}/consent"
    assert browser.post(f"{draft}/photo", photo=photo_bytes).url.path == f"{draft}/consent"
    assert browser.post(f"{draft}/consent", {"patient": "x"}).status_code == 400
    browser.post(f"{draft}/consent", {"consent": "photo"})
    browser.get(f"{draft}/questions")
    assert browser.path == f"{draft}/photo"


def test_a_patient_without_a_code_gets_one(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, patient="")
    assert station.locker.store.record(path.removeprefix("/visits/")).visit.patient.startswith("P-")


@pytest.mark.parametrize(
    ("answer", "status"), [("63,5", 200), ("", 200), ("121", 400), ("old", 400), ("-1", 400), ("1e3", 400), ("nan", 400)]
)
def test_numbers_are_checked_before_anything_is_screened(
    browser: Browser, station: Station, photo_bytes: bytes, answer: str, status: int
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=photo_bytes)
    response = browser.post(f"{draft}/questions", {"answer_age_years": answer, "answer_itch": "no"})
    assert response.status_code == status
    assert station.locker.store.records().total == (1 if status == 200 else 0)
    if status == 400:
        assert "does not fit" in response.text and 'value="no" checked' in response.text


def test_a_bad_photo_gets_one_line_and_the_visit_goes_on(browser: Browser, photo_bytes: bytes) -> None:
    draft = browser.start()
    for bad in (b"", b"not a photo", photo_bytes[:700]):
        response = browser.post(f"{draft}/photo", photo=bad)
        assert response.status_code == 400 and 'role="alert"' in response.text and "Traceback" not in response.text
    browser.post(f"{draft}/photo", photo=photo_bytes)
    assert browser.page.status_code == 200 and "Use this photo" in browser.page.text


def test_a_photo_of_nothing_is_reported_at_once(browser: Browser, tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), (2, 1, 1)).save(tmp_path / "black.png")
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=(tmp_path / "black.png").read_bytes())
    assert "almost black" in browser.page.text and "Use this photo" not in browser.page.text


def dark_photo(tmp_path: Path) -> bytes:
    Image.fromarray((fakes.lesion_pixels() * 0.3).astype(np.uint8)).save(tmp_path / "dark.png")
    return (tmp_path / "dark.png").read_bytes()


def test_a_photo_with_a_warning_is_to_be_taken_again_before_any_question(
    browser: Browser, station: Station, photo_bytes: bytes, tmp_path: Path
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=dark_photo(tmp_path))
    assert "<h1>Photograph again</h1>" in browser.page.text and "The photo is dark." in browser.page.text
    assert "Use this photo" not in browser.page.text and "Go on with this photo" in browser.page.text
    browser.get(f"{draft}/questions")
    assert browser.path == f"{draft}/photo"
    browser.post(f"{draft}/questions", {"answer_itch": "no"})
    assert browser.path == f"{draft}/photo" and station.locker.store.records().total == 0
    browser.post(f"{draft}/photo", photo=photo_bytes)
    assert "Use this photo" in browser.page.text and "Go on with this photo" not in browser.page.text


@pytest.mark.parametrize(
    ("answers", "decision"),
    [({"age_years": "0", "itch": "no", "region": "back"}, "cannot assess"), ({"age_years": "90", "itch": "yes"}, "refer")],
)
def test_who_goes_on_with_a_photo_is_never_told_to_watch(
    browser: Browser, station: Station, tmp_path: Path, answers: dict[str, str], decision: str
) -> None:
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=dark_photo(tmp_path))
    browser.post(f"{draft}/insist")
    assert browser.path == f"{draft}/questions"
    browser.post(f"{draft}/questions", {f"answer_{name}": answer for name, answer in answers.items()})
    result = station.locker.store.record(browser.path.removeprefix("/visits/")).visit.result
    assert (result.decision, result.insisted, result.advice) == (decision, True, ("dark",))
    assert "The health worker went on with this photo." in browser.page.text
    assert ('class="score"' in browser.page.text) == (decision == "refer")


def test_another_photo_must_be_insisted_on_anew(browser: Browser, tmp_path: Path) -> None:
    draft = browser.start()
    for _ in range(2):
        browser.post(f"{draft}/photo", photo=dark_photo(tmp_path))
        browser.get(f"{draft}/questions")
        assert browser.path == f"{draft}/photo"
        browser.post(f"{draft}/insist")
        assert browser.path == f"{draft}/questions"


def test_photographed_again_the_visit_keeps_patient_and_answers(browser: Browser, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, ANSWERS, patient="K-9")
    browser.post("/drafts", {"again": path.removeprefix("/visits/")})
    assert browser.path.endswith("/photo")
    browser.post(browser.path, photo=photo_bytes)
    page = browser.get(browser.path.replace("/photo", "/questions")).text
    assert 'value="63"' in page and 'value="yes" checked' in page


def test_a_supervisor_decides_with_a_reason(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, ANSWERS)
    assert browser.post(f"{path}/override", {"decision": "watch", "reason": "", "by": "Dr A"}).status_code == 400
    assert browser.post(f"{path}/override", {"decision": "ignore", "reason": "old scar", "by": "Dr A"}).status_code == 400
    browser.post(f"{path}/override", {"decision": "watch", "reason": "an old <scar>", "by": "Dr A"})
    assert browser.path == path and "an old &lt;scar&gt;" in browser.page.text and "The program said:" in browser.page.text
    record = station.locker.store.record(path.removeprefix("/visits/"))
    assert present_state(record).decision == "watch" and record.visit.result.decision == "refer"
    assert browser.get(f"{path}/slip.pdf").content.startswith(b"%PDF")


def test_what_was_found_later_can_be_entered(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, ANSWERS)
    found = {"label": "BCC", "malignant": "yes", "by": "Lab", "on": date.today().isoformat()}
    for wrong in ({"on": "2999-01-01"}, {"on": "yesterday"}, {"label": " "}, {"malignant": "perhaps"}):
        assert browser.post(f"{path}/outcome", found | wrong).status_code == 400
    browser.post(f"{path}/outcome", found)
    assert "What was found later" in browser.page.text
    assert station.locker.store.record(path.removeprefix("/visits/")).outcomes[0].malignant is True


def verdict(page: str) -> str:
    """What is shown first."""
    (found,) = re.findall(r'<div class="(verdict .*?)</div>', page, re.S)
    return str(found)


def test_malignant_and_not_referred_is_an_alert_everywhere(browser: Browser, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, {"age_years": "0", "itch": "no", "region": "back"}, patient="K-1")
    other = browser.visit(photo_bytes, patient="K-2")
    assert "verdict watch" in verdict(browser.get(path).text)
    found = {"label": "MEL <1 mm>", "malignant": "yes", "by": "Lab", "on": date.today().isoformat()}
    browser.post(f"{path}/outcome", found)
    first = verdict(browser.page.text)
    assert "verdict not-referred" in first and "Malignant, not referred" in first and "MEL &lt;1 mm&gt;" in first
    assert "this person was not referred" in first and f"{path}/override?decision=refer" in first
    rest = browser.page.text.replace(first, "")
    assert 'class="card program"' in rest and "The program said: Watch" in " ".join(rest.split())
    for coloured in ("verdict watch", "mark watch", "verdict refer", "mark refer"):
        assert coloured not in browser.page.text
    # At the top of the list, on every page of it, and once only.
    for listed in (browser.get("/visits").text, browser.get("/visits?page=2").text, browser.get(f"{path}/history").text):
        assert "Malignant, not referred: 1" in " ".join(re.sub(r"<svg.*?</svg>", "", listed, flags=re.S).split())
    listed = browser.get("/visits").text
    assert listed.count(f'"{path}"') == 1 and listed.index(f'"{path}"') < listed.index(f'"{other}"')
    assert 'value="refer" required checked' in browser.get(f"{path}/override?decision=refer").text
    browser.post(f"{path}/override", {"decision": "refer", "reason": "melanoma", "by": "Dr A"})
    first = verdict(browser.page.text)
    assert "verdict malignant" in first and "Malignant, referred" in first and "Dr A" in first
    assert "Malignant, not referred" not in browser.get("/visits").text


def test_a_finding_that_is_not_malignant_is_shown_first(browser: Browser, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, ANSWERS)
    assert "verdict refer" in verdict(browser.get(path).text)
    browser.post(f"{path}/outcome", {"label": "a scar", "malignant": "no", "by": "Lab", "on": date.today().isoformat()})
    assert "verdict benign" in verdict(browser.page.text) and "Not malignant" in verdict(browser.page.text)
    assert "mark benign" in browser.get("/visits").text and "mark refer" not in browser.page.text


def test_what_is_sent_twice_is_entered_once(browser: Browser, station: Station, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes)
    override = {"decision": "watch", "reason": "a scar", "by": "Dr A"}
    outcome = {"label": "nevus", "malignant": "no", "on": "2026-01-05", "by": "Dr B"}
    for fields, page in ((override, "override"), (override, "override"), (outcome, "outcome"), (outcome, "outcome")):
        browser.post(f"{path}/{page}", fields)
        assert browser.path == path
    # The same decision after something else was entered is another decision.
    browser.post(f"{path}/override", override)
    record = station.locker.store.record(path.removeprefix("/visits/"))
    assert [type(part).__name__ for part in record.added] == ["Override", "Outcome", "Override"]


def test_an_override_is_shown_first_and_says_nothing_that_the_program_said(browser: Browser, photo_bytes: bytes) -> None:
    path = browser.visit(photo_bytes, ANSWERS)
    browser.post(f"{path}/override", {"decision": "watch", "reason": "a scar", "by": "Dr A"})
    first = verdict(browser.page.text)
    assert "verdict watch" in first and "Dr A" in first and "This photo" not in first and "Refer" not in first
    assert "The program said: Refer" in " ".join(browser.page.text.split())
    assert '<p class="screen-only">a scar</p>' in browser.page.text, "on no paper that the patient may get"
    assert "decided by Dr A" in browser.get("/visits").text


def test_patients_and_visits_are_found(browser: Browser, photo_bytes: bytes) -> None:
    first = browser.visit(photo_bytes, patient="K-1")
    second = browser.visit(photo_bytes, patient="k-1")
    other = browser.visit(photo_bytes, patient="Z-9")
    history = browser.get(f"{first}/history").text
    assert first in history and second in history and other not in history
    assert second in browser.post("/visits/search", {"wanted": " K-1 "}).text
    assert browser.post("/visits/search", {"wanted": other.removeprefix("/visits/").lower()}).url.path == other
    assert "no patient and no visit" in browser.post("/visits/search", {"wanted": "nobody"}).text


def test_the_list_has_pages(browser: Browser, station: Station, photo_bytes: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "VISITS_A_PAGE", 2)
    paths = [browser.visit(photo_bytes, patient=f"N-{n}") for n in range(3)]
    newest = browser.get("/visits").text
    assert paths[2] in newest and paths[1] in newest and paths[0] not in newest and "Page 1 of 2" in newest
    assert paths[0] in browser.get("/visits?page=2").text
    assert browser.get("/visits?page=x").status_code == browser.get("/visits?page=99999999999").status_code == 200


def test_a_visit_that_is_not_there_is_a_calm_page(browser: Browser) -> None:
    for path in (
        "/visits/0000000000",
        "/visits/x",
        "/drafts/x/photo",
        "/nothing",
        f"/visits/{parse_visit_id('0' * 10)}/photo.jpg",
    ):
        response = browser.get(path)
        assert response.status_code in (404, 410) and "<h1>" in response.text
