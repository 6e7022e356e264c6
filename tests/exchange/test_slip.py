"""The slip, as it is printed: rendered, and read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray

from skinedge.exchange.slip import Slip, printable, slip_pdf
from skinedge.words import LANGUAGES, translator
from tests.exchange import visits

DPI = 150
SLIP = Slip(
    visit_id="7K3Q9D2MXA",
    patient="P-0042",
    day=date(2026, 1, 5),
    site="Posto de Saúde São João",
    decision="refer",
    found=("The score is 0.40.", "All questions were answered."),
)
LONG = replace(
    SLIP,
    patient="W" * 90,
    site="Zahanati ya kijiji cha " + "Mtakatifu Yohane " * 12,
    found=("Une phrase très longue, comme il y en a dans toutes les langues. " * 8, "x" * 200),
    program_decision="watch",
    override_reason="Elle saigne depuis des semaines et elle grandit. " * 30,
)


def page_of(pdf: bytes) -> pypdfium2.PdfPage:
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return document[0]


def text_of(pdf: bytes) -> str:
    return " ".join(page_of(pdf).get_textpage().get_text_range().split())


def pixels_of(pdf: bytes) -> NDArray[np.uint8]:
    return np.asarray(page_of(pdf).render(scale=DPI / 72).to_pil().convert("RGB"))


@pytest.mark.parametrize("decision", ["refer", "watch", "photograph again", "cannot assess"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_what_it_must_in_every_language(language: str, decision: str) -> None:
    words = translator(language)
    text = text_of(slip_pdf(replace(SLIP, decision=decision), words))  # type: ignore[arg-type]
    for part in (words.decision(decision), "7K3Q9-D2MXA", "P-0042", words.date(SLIP.day), SLIP.site, *SLIP.found):  # type: ignore[arg-type]
        assert " ".join(part.split()) in text
    assert "?" not in text.replace("¿", ""), "a letter that the font does not have"


@pytest.mark.parametrize("slip", [SLIP, LONG])
def test_it_is_one_page_of_a5_black_on_white_with_nothing_cut_off(slip: Slip) -> None:
    pdf = slip_pdf(slip, translator("fr"))
    width, height = page_of(pdf).get_size()
    assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (148, 210)
    pixels = pixels_of(pdf)
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() == 0, "no colours"
    margin = round(9 / 25.4 * DPI)
    inside = pixels[margin:-margin, margin:-margin]
    assert (inside < 255).sum() == (pixels < 255).sum(), "ink in the margin, which printers cut off"


def test_long_texts_are_whole() -> None:
    text = text_of(slip_pdf(LONG, translator("fr"))).replace(" ", "")
    for part in (LONG.patient, LONG.site, *LONG.found, LONG.override_reason):
        assert part.replace(" ", "") in text


def test_what_is_usual_is_printed_large() -> None:
    """Shrinking is for the rare long text: usual slips keep their letters, of 9 points and more."""
    for language in LANGUAGES:
        words = translator(language)
        record = visits.overridden(visits.record(score=0.25), "refer")
        page = page_of(slip_pdf(Slip.of(record, words), words)).get_textpage()
        heights = [
            top - bottom for left, bottom, right, top in map(page.get_charbox, range(page.count_chars())) if right > left
        ]
        # A capital of Vera is 0.73 of its size; the tallest letters are those of the decision.
        assert max(heights) > 0.7 * 26


def test_the_code_holds_the_id_of_the_visit() -> None:
    for slip in (SLIP, LONG):
        found, _, _ = cv2.QRCodeDetector().detectAndDecode(
            cv2.cvtColor(pixels_of(slip_pdf(slip, translator())), cv2.COLOR_RGB2GRAY)
        )
        assert found == SLIP.visit_id


def test_markup_in_what_people_write_is_text() -> None:
    slip = replace(SLIP, patient='<b>&amp; "Ana"</b>', site="<font size=90>X</font>")
    text = text_of(slip_pdf(slip, translator()))
    assert slip.patient in text and slip.site in text


def test_letters_that_the_font_lacks_become_their_nearest() -> None:
    assert printable("São Tomé, œuvre, Ñandú, ŋ, ẽ, e\u0303") == "São Tomé, œuvre, Ñandú, ?, e, e"
    assert printable("1\u202f000") == "1 000"


def test_the_same_slip_is_the_same_file_with_no_photo_and_no_name_in_its_properties() -> None:
    first = slip_pdf(SLIP, translator())
    assert first == slip_pdf(SLIP, translator())
    document = pypdfium2.PdfDocument(first)
    assert SLIP.patient not in str(document.get_metadata_dict())
    images = [thing for thing in document[0].get_objects() if thing.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    assert images == []


def test_of_a_record_it_says_what_holds_in_the_end() -> None:
    words = translator()
    slip = Slip.of(visits.overridden(visits.record(score=0.25), "refer", "It bleeds."), words)
    assert (slip.decision, slip.program_decision, slip.override_reason) == ("refer", "watch", "It bleeds.")
    same = Slip.of(visits.overridden(visits.record(), "refer"), words)
    assert same.program_decision is None and len(same.found) == 2
    assert Slip.of(visits.record(score=None), words).found == (
        words.reason("almost_black", score=None, threshold=0.5),
    )  # fmt: skip
