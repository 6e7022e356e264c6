"""Draws the slip: one page of A4 to fold in the middle, black on white but for the photo.

Text fills what room it has and shrinks where it is long; the code, the photo and the lines to fill in keep their size.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image

from skinedge.contract import ImageSpec
from skinedge.errors import DataError
from skinedge.exchange.slip import HEADLINES, WHAT_TO_DO, Slip
from skinedge.preprocess.photo import PhotoBytes, load_photo
from skinedge.records.visit import spoken_visit_id
from skinedge.words import Translator
from skinedge.words.markers import N_

REGULAR, BOLD = "Vera", "VeraBd"
"""Bitstream Vera comes with reportlab, has every letter of `LANGUAGES`, and its licence lets it be embedded."""
MARGIN_MM, QR_MM, PHOTO_MM, FORM_MM, GAP_MM = 12.0, 29.0, 43.0, 47.0, 5.0
HEADLINE_PT, NEXT_PT, ID_PT, TEXT_PT, SMALL_PT = 30.0, 17.0, 14.0, 10.5, 9.0
_PHOTO_QUALITY = 88

_YOURS, _CLINICS = N_("This half is for you. Keep it."), N_("This half is for the clinic.")
_NOTICE = N_("This is not a diagnosis. A program looked at a photo. Only a person can say what the spot is.")
_PERSON, _DAY, _SITE, _VISIT = N_("Person"), N_("Date"), N_("Health post"), N_("Visit")
_FOR_THE_CLINIC = N_("For the clinic: please fill this in and send it back to the health post.")
_SEEN, _FOUND, _BIOPSY, _RESULT, _SIGNED = (
    N_("Seen on"), N_("What was found"), N_("Tissue taken (biopsy)"), N_("Result"), N_("Name and stamp"),
)  # fmt: skip


def slip_pdf(slip: Slip, words: Translator) -> bytes:
    """The slip as PDF with fonts inside, the same bytes for the same slip."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    _register_fonts()
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle("SkinEdge")
    middle = A4[1] / 2
    canvas.saveState()
    canvas.setDash(3, 3)
    canvas.line(MARGIN_MM * mm, middle, A4[0] - MARGIN_MM * mm, middle)
    canvas.restoreState()
    left, right = MARGIN_MM * mm, A4[0] - MARGIN_MM * mm
    _draw_person(canvas, slip, words, (left, middle + GAP_MM * mm, right, A4[1] - MARGIN_MM * mm))
    _draw_clinic(canvas, slip, words, (left, MARGIN_MM * mm, right, middle - GAP_MM * mm))
    canvas.save()
    return file.getvalue()


def printable(text: str) -> str:
    """The text with only what the font has: other accents are left out, and other letters become question marks."""
    glyphs = _register_fonts()
    return "".join(letter if ord(letter) in glyphs else _nearest(letter, glyphs) for letter in text)


def _nearest(letter: str, glyphs: frozenset[int]) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and all(ord(part) in glyphs for part in bare) else "" if unicodedata.combining(letter) else "?"


Box = tuple[float, float, float, float]
"""Left, bottom, right, top in points."""


def _draw_person(canvas: Any, slip: Slip, words: Translator, box: Box) -> None:
    from reportlab.lib.units import mm

    left, bottom, right, top = box
    say, code = words.gettext, QR_MM * mm
    notice_top = bottom + 14 * mm
    facts_top = notice_top + code + 14 * mm
    urgent = slip.standing in ("not referred", "malignant")
    headline = _table(
        [[_text(say(HEADLINES[slip.standing]), HEADLINE_PT, bold=True)], [_text(say(WHAT_TO_DO[slip.standing]), NEXT_PT)]],
        [right - left],
        ("BOX", (0, 0), (-1, -1), 4 if urgent else 2, _black()),
        padding=4 * mm,
    )
    _fill(canvas, [_text(say(_YOURS), TEXT_PT), _gap(2), headline], (left, facts_top, right, top))
    facts = [*_identity(slip, words), (_upper_first(words.short_name("region")), slip.place)]
    _fill(canvas, [_pairs(facts, right - left - code - 4 * mm, ID_PT)], (left, notice_top, right - code - 4 * mm, facts_top))
    _draw_code(canvas, slip.visit_id, right - code, facts_top - code)
    _fill(canvas, [_text(say(_NOTICE), TEXT_PT, bold=True)], (left, bottom, right, notice_top))


def _draw_clinic(canvas: Any, slip: Slip, words: Translator, box: Box) -> None:
    from reportlab.lib.units import mm

    left, bottom, right, top = box
    say, code = words.gettext, QR_MM * mm
    form_top = bottom + FORM_MM * mm
    photo = _square_photo(slip.photo) if slip.photo else None
    side = max(code, PHOTO_MM * mm if photo else 0)
    width = right - left - side - 4 * mm
    where = (_upper_first(words.short_name("region")), slip.place)
    parts = [
        _text(say(_CLINICS), TEXT_PT),
        _gap(1),
        _pairs([*_identity(slip, words), where], width, TEXT_PT),
        _gap(1),
        *(_named(name, value) for name, value in slip.facts),
        _gap(1),
        _columns([_named(_upper_first(name), value, SMALL_PT) for name, value in slip.answers], width),
    ]
    _fill(canvas, parts, (left, form_top + 1 * mm, left + width, top))
    _draw_code(canvas, slip.visit_id, right - code, top - code)
    if photo:
        canvas.drawImage(photo, right - PHOTO_MM * mm, top - code - (PHOTO_MM + 1) * mm, PHOTO_MM * mm, PHOTO_MM * mm)
    line = (FORM_MM - 7) / 5 * mm
    form = _table(
        [[_text(say(name), SMALL_PT), ""] for name in (_SEEN, _FOUND, _BIOPSY, _RESULT, _SIGNED)],
        [0.27 * (right - left), 0.73 * (right - left)],
        ("LINEBELOW", (1, 0), (1, -1), 0.7, _black()),
        ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        heights=line,
    )
    _fill(canvas, [_text(say(_FOR_THE_CLINIC), TEXT_PT, bold=True), form], (left, bottom, right, form_top))


def _identity(slip: Slip, words: Translator) -> list[tuple[str, str]]:
    values = spoken_visit_id(slip.visit_id), slip.patient, words.date(slip.day), slip.site
    return [(words.gettext(name), value) for name, value in zip((_VISIT, _PERSON, _DAY, _SITE), values, strict=True)]


def _pairs(facts: Sequence[tuple[str, str]], width: float, size_pt: float) -> Any:
    """Facts in two columns, each under its name."""
    return _columns([[_text(name, SMALL_PT), _text(value, size_pt, bold=True)] for name, value in facts], width)


def _columns(cells: Sequence[Any], width: float) -> Any:
    """Cells in two columns, down the first and then the second."""
    rows = -(-len(cells) // 2) or 1
    padded = [*cells, *[""] * (2 * rows - len(cells))]
    return _table([[padded[row], padded[rows + row]] for row in range(rows)], [width / 2, width / 2])


def _table(
    rows: Sequence[Sequence[Any]], widths: Sequence[float], *style: Any, padding: float = 0, heights: Any = None
) -> Any:
    from reportlab.platypus import Table

    sides = [(f"{side}PADDING", (0, 0), (-1, -1), padding) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    gaps = [] if padding else [("RIGHTPADDING", (0, 0), (0, -1), 6), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]
    return Table(
        rows,
        colWidths=widths,
        rowHeights=heights,
        hAlign="LEFT",
        style=[*sides, *gaps, ("VALIGN", (0, 0), (-1, -1), "TOP"), *style],
    )


def _fill(canvas: Any, parts: Sequence[Any], box: Box) -> None:
    """Draws from the top of a box, smaller where it would run over."""
    from reportlab.platypus import KeepInFrame

    left, bottom, right, top = box
    frame = KeepInFrame(right - left, top - bottom, list(parts), mode="shrink")
    _, height = frame.wrapOn(canvas, right - left, top - bottom)
    frame.drawOn(canvas, left, top - height)


def _named(name: str, value: str, size_pt: float = TEXT_PT) -> Any:
    name = name if name.endswith(":") else f"{name}:"
    return _paragraph(f"{escape(printable(name))} <font name={BOLD!r}>{escape(printable(value))}</font>", REGULAR, size_pt)


def _text(text: str, size_pt: float, *, bold: bool = False) -> Any:
    return _paragraph(escape(printable(text)), BOLD if bold else REGULAR, size_pt)


def _paragraph(markup: str, font: str, size_pt: float) -> Any:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle("slip", fontName=font, fontSize=size_pt, leading=1.25 * size_pt, spaceAfter=2, splitLongWords=1)
    return Paragraph(markup, style)


def _gap(height_mm: float) -> Any:
    from reportlab.lib.units import mm
    from reportlab.platypus import Spacer

    return Spacer(0, height_mm * mm)


def _black() -> Any:
    from reportlab.lib.colors import black

    return black


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _draw_code(canvas: Any, text: str, left: float, bottom: float) -> None:
    from reportlab.graphics import renderPDF
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing
    from reportlab.lib.units import mm

    drawing = Drawing(QR_MM * mm, QR_MM * mm)
    # "M" survives a fold or a smear over a seventh of it.
    drawing.add(QrCodeWidget(text, barLevel="M", barBorder=2, barWidth=QR_MM * mm, barHeight=QR_MM * mm))
    renderPDF.draw(drawing, canvas, left, bottom)


def _square_photo(photo: bytes) -> Any:
    """The square that the model saw, made anew: no place or time of the phone goes with it. None where it cannot be read."""
    from reportlab.lib.utils import ImageReader

    try:
        pixels = load_photo(PhotoBytes(photo), ImageSpec())
    except DataError:
        return None
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=_PHOTO_QUALITY)
    return ImageReader(io.BytesIO(file.getvalue()))


@cache
def _register_fonts() -> frozenset[int]:
    """Returns: the code points that both fonts have."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    fonts = [TTFont(name, f"{name}.ttf") for name in (REGULAR, BOLD)]
    for font in fonts:
        registerFont(font)
    return frozenset.intersection(*(frozenset(font.face.charToGlyph) for font in fonts))
