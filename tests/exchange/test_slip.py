"""The slip, as it is printed: rendered, and read again."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date

import cv2
import numpy as np
import pypdfium2
import pytest
from numpy.typing import NDArray
from PIL import Image

from skinedge.codes import Standing
from skinedge.exchange.slip import HEADLINES, WHAT_TO_DO, Slip
from skinedge.exchange.slip_page import PHOTO_MM, printable, slip_pdf
from skinedge.questionnaire import COLUMNS
from skinedge.records.visit import KEEP_PHOTO, Record
from skinedge.words import LANGUAGES, translator
from tests.exchange import visits

DPI = 150
A4_MM = (210, 297)
SLIP = Slip(
    visit_id="7K3Q9D2MXA",
    patient="P-0042",
    day=date(2026, 1, 5),
    site="Posto de Saúde São João",
    standing="refer",
    place="lower leg",
    facts=(("Decision", "Refer, by the program"), ("The program", "The score is 0.40.")),
    answers=(("age", "63 years"), ("itch", "yes")),
)
LONG = replace(
    SLIP,
    patient="W" * 90,
    site="Zahanati ya kijiji cha " + "Mtakatifu Yohane " * 12,
    facts=(("Décision", "Une phrase très longue, comme il y en a dans toutes les langues. " * 8), ("Programme", "x" * 200)),
    answers=tuple((f"question {n} " + "longue " * 6, "réponse") for n in range(30)),
)
STANDINGS: tuple[Standing, ...] = tuple(HEADLINES)


def page_of(pdf: bytes) -> pypdfium2.PdfPage:
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return document[0]


def text_of(pdf: bytes) -> str:
    return " ".join(page_of(pdf).get_textpage().get_text_range().split())


def halves_of(pdf: bytes) -> tuple[str, str]:
    """The text of the person's half, and that of the clinic's."""
    page = page_of(pdf)
    width, height = page.get_size()
    text = page.get_textpage()
    parts = (text.get_text_bounded(0, height / 2, width, height), text.get_text_bounded(0, 0, width, height / 2))
    return " ".join(parts[0].split()), " ".join(parts[1].split())


def pixels_of(pdf: bytes) -> NDArray[np.uint8]:
    return np.asarray(page_of(pdf).render(scale=DPI / 72).to_pil().convert("RGB"))


def images_in(pdf: bytes) -> list[pypdfium2.PdfImage]:
    return [thing for thing in page_of(pdf).get_objects() if isinstance(thing, pypdfium2.PdfImage)]


def jpeg(exif: bytes = b"") -> bytes:
    """A photo as a phone writes it, taller than wide."""
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(90, 200, (400, 300, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", exif=exif)
    return file.getvalue()


def agreeing(record: Record, *agreed_to: str) -> Record:
    consent = record.visit.consent.model_copy(update={"agreed_to": agreed_to})
    return replace(record, visit=record.visit.model_copy(update={"consent": consent}))


@pytest.mark.parametrize("standing", STANDINGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_half_says_what_it_must_in_every_language(language: str, standing: Standing) -> None:
    words = translator(language)
    person, clinic = halves_of(slip_pdf(replace(SLIP, standing=standing), words))
    for half in (person, clinic):
        for part in ("7K3Q9-D2MXA", "P-0042", words.date(SLIP.day), SLIP.site, "lower leg"):
            assert part in half
        assert "?" not in half.replace("¿", ""), "a letter that the font does not have"
    for text in (HEADLINES[standing], WHAT_TO_DO[standing]):
        assert " ".join(words.gettext(text).split()) in person
    for name, value in (*SLIP.facts, *SLIP.answers):
        assert f"{name[0].upper()}{name[1:]}: {value}" in clinic and value not in person


@pytest.mark.parametrize("slip", [SLIP, LONG, replace(LONG, photo=jpeg())])
def test_it_is_one_page_of_a4_with_nothing_cut_off(slip: Slip) -> None:
    pdf = slip_pdf(slip, translator("fr"))
    assert tuple(round(side / 72 * 25.4) for side in page_of(pdf).get_size()) == A4_MM
    pixels = pixels_of(pdf)
    margin = round(10 / 25.4 * DPI)
    inside = pixels[margin:-margin, margin:-margin]
    assert (inside < 255).sum() == (pixels < 255).sum(), "ink in the margin, which printers cut off"
    if slip.photo is None:
        assert (pixels.max(axis=2) - pixels.min(axis=2)).max() == 0, "no colours"


def test_the_fold_is_in_the_middle_and_nothing_crosses_it() -> None:
    pixels = pixels_of(slip_pdf(replace(LONG, photo=jpeg()), translator("fr")))
    middle, near = pixels.shape[0] // 2, round(3.5 / 25.4 * DPI)
    inked = [row for row in range(middle - near, middle + near) if (pixels[row] < 255).any()]
    assert inked and max(inked) - min(inked) <= 3, "only the dashed line"


def test_long_texts_are_whole() -> None:
    text = text_of(slip_pdf(LONG, translator("fr"))).replace(" ", "")
    for part in (LONG.patient, LONG.site, *(value for _, value in LONG.facts), *(name[1:] for name, _ in LONG.answers)):
        assert part.replace(" ", "") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_usual_is_printed_large(language: str) -> None:
    """Shrinking is for the rare long text: usual slips keep their letters."""
    words = translator(language)
    answers = {
        "age_years": "63",
        "region": "lower leg",
        **dict.fromkeys(("itch", "grew", "hurt", "changed", "bleed"), "yes"),
    }
    record = visits.followed(visits.overridden(visits.record(score=0.25, answers=answers), "refer"), malignant=True)
    page = page_of(slip_pdf(Slip.of(record, words), words)).get_textpage()
    boxes = [page.get_charbox(place) for place in range(page.count_chars())]
    heights = [top - bottom for left, bottom, right, top in boxes if right > left]
    # A capital of Vera is 0.73 of its size. The smallest letters that are tall are of 9 points.
    assert max(heights) > 0.7 * 30
    assert sorted(heights)[len(heights) // 3] > 0.5 * 9


def test_the_codes_hold_the_id_of_the_visit() -> None:
    for slip in (SLIP, LONG):
        pixels = cv2.cvtColor(pixels_of(slip_pdf(slip, translator())), cv2.COLOR_RGB2GRAY)
        for half in np.array_split(pixels, 2):
            found, _, _ = cv2.QRCodeDetector().detectAndDecode(half)
            assert found == SLIP.visit_id


def test_markup_in_what_people_write_is_text() -> None:
    record = visits.overridden(visits.record(patient='<b>&amp; "Ana"</b>'), "watch")
    slip = replace(Slip.of(record, translator()), site="<font size=90>X</font>")
    text = text_of(slip_pdf(slip, translator()))
    assert slip.patient in text and slip.site in text


def test_letters_that_the_font_lacks_become_their_nearest() -> None:
    assert printable("São Tomé, œuvre, Ñandú, ŋ, ẽ, e\u0303") == "São Tomé, œuvre, Ñandú, ?, e, e"
    assert printable("1\u202f000") == "1 000"


def test_the_same_slip_is_the_same_file_with_no_name_in_its_properties() -> None:
    slip = replace(SLIP, photo=jpeg())
    first = slip_pdf(slip, translator())
    assert first == slip_pdf(slip, translator())
    assert SLIP.patient not in str(pypdfium2.PdfDocument(first).get_metadata_dict())
    assert images_in(slip_pdf(SLIP, translator())) == []


def test_the_photo_is_there_where_the_person_agreed_and_without_what_the_phone_wrote_into_it() -> None:
    exif = Image.Exif()
    exif[0x010E] = "GPS of a house"
    photo, words = jpeg(exif.tobytes()), translator()
    agreed = agreeing(visits.record(), "screening", KEEP_PHOTO)
    pdf = slip_pdf(Slip.of(agreed, words, photo), words)
    (image,) = images_in(pdf)
    left, bottom, right, top = image.get_bounds()
    assert (right - left) / 72 * 25.4 == (top - bottom) / 72 * 25.4 == pytest.approx(PHOTO_MM, abs=0.5)
    assert top < page_of(pdf).get_size()[1] / 2, "in the clinic's half"
    assert b"GPS of a house" in photo and b"GPS of a house" not in pdf
    assert Slip.of(agreeing(visits.record(), "screening"), words, photo).photo is None
    assert images_in(slip_pdf(Slip.of(agreed, words, b"no photo"), words)) == []


def said(record: Record) -> tuple[str, str]:
    words = translator()
    return halves_of(slip_pdf(Slip.of(record, words), words))


def test_an_overridden_slip_says_the_persons_decision_once_and_the_programs_once_as_such() -> None:
    record = visits.overridden(visits.record(score=0.625), "watch", "Old scar; the patient is difficult.")
    person, clinic = said(record)
    assert person.startswith("This half is for you. Keep it. Keep an eye on the spot") and "clinic now" not in person
    assert "program" not in person.replace("A program looked at a photo.", "") and "score" not in person.lower()
    assert "Decision: Watch, by Dr. Neema on January 5, 2026" in clinic
    assert "The program said: Refer. The score is 0.62. A score of 0.50 or more means: refer." in clinic
    assert (clinic.count("Refer."), clinic.count("Watch")) == (1, 1)
    assert "scar" not in person + clinic and "difficult" not in person + clinic


def test_what_the_program_alone_decided_is_named_as_its_own() -> None:
    person, clinic = said(visits.record(score=0.25))
    assert "Keep an eye on the spot" in person
    assert "Decision: Watch, by the program" in clinic and "The program: The score is 0.25." in clinic
    person, clinic = said(visits.record(score=None))
    assert "A new photo is needed" in person and "almost black" in clinic


def test_a_finding_comes_before_every_decision() -> None:
    person, clinic = said(visits.followed(visits.record(score=0.1), malignant=True, label="poor prognosis"))
    assert "Please go to a clinic now" in person and "Keep an eye" not in person
    assert "What was found later: malignant, March 2, 2026" in clinic and "Decision" not in clinic
    assert "The program said: Watch." in clinic and "poor prognosis" not in person + clinic
    person, clinic = said(visits.followed(visits.record(), malignant=False))
    assert "Nothing malignant was found" in person and "Please go" not in person and "Decision" not in clinic
    person, clinic = said(visits.followed(visits.overridden(visits.record(score=0.1), "refer"), malignant=True))
    assert "Please go to a clinic now" in person and "Decision: Refer, by Dr. Neema" in clinic


def test_the_clinic_reads_the_true_place_and_every_answer() -> None:
    answers: dict[str, str | None] = {"age_years": "63", "region": "lower leg", "itch": None, "fitzpatrick_type": "3"}
    person, clinic = said(visits.record(answers=answers))
    assert "lower leg" in person
    for part in ("Part of the body", "lower leg", "Age: 63 years", "Itch: don't know", "Skin type: 3"):
        assert part in clinic
    everything = {
        field.name: {"number": "5.5", "yes_no": "no"}.get(field.kind) or field.choices[0] for field in COLUMNS.values()
    }
    _, clinic = said(visits.record(answers=everything))
    assert len(re.findall(r": (?:no|5\.5(?: mm| years)?|Austria|female)\b", clinic)) == len(COLUMNS) - 1
