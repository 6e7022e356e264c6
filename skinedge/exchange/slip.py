"""The slip that a person takes along: one page of A5 with big letters, black on white, without a photo."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from skinedge.codes import Decision
from skinedge.records.state import present_state
from skinedge.records.visit import Record, spoken_visit_id
from skinedge.words import Translator
from skinedge.words.markers import N_

REGULAR, BOLD = "Vera", "VeraBd"
"""Bitstream Vera comes with reportlab, has every letter of `LANGUAGES`, and its licence lets it be embedded."""
MARGIN_MM, QR_MM = 11, 30
TEXT_PT, SMALL_PT, ID_PT, DECISION_PT = 11, 9, 15, 26

_NEXT: dict[Decision, str] = {
    "refer": N_("Please go to a clinic where someone can look at the spot. Take this paper with you."),
    "watch": N_("The photo gave no reason to send you on. If the spot grows, changes, bleeds or worries you, come back."),
    "photograph again": N_("The photo could not be used. Have a new one taken, or let a doctor or nurse look at the spot."),
    "cannot assess": N_("The photo gave no clear answer. Let a doctor or nurse look at the spot. Take this paper with you."),
}
"""What to do, said to the person; `skinedge.words.results.WHAT_TO_DO` says it to the health worker."""

_NOTICE = N_("This is not a diagnosis. A program looked at a photo. Only a person can say what the spot is.")
_CHANGED = N_("The program said: {decision}. A person changed this. Reason: {reason}")
_PERSON, _DAY, _SITE, _VISIT = N_("Person"), N_("Date"), N_("Health post"), N_("Visit")
_FOR_THE_CLINIC = N_("For the clinic: please fill this in and send it back to the health post.")
_SEEN, _FOUND, _BIOPSY, _RESULT, _SIGNED = (
    N_("Seen on"), N_("What was found"), N_("Tissue taken (biopsy)"), N_("Result"), N_("Name and stamp"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Slip:
    """The content of a slip."""

    visit_id: str
    patient: str
    """The number that the health post gave the person; never a name."""
    day: date
    site: str
    """Name of the health post, where it goes back to."""
    decision: Decision
    """The final decision."""
    found: tuple[str, ...]
    """Sentences in the language of the slip: the reason, and the answers that the program imputed."""
    program_decision: Decision | None = None
    """The program's decision, where a person changed it."""
    override_reason: str = ""

    @classmethod
    def of(cls, record: Record, words: Translator) -> Slip:
        """The slip of a record. The day is that of this machine's clock."""
        visit, result = record.visit, record.visit.result
        reason = words.reason(result.reason, score=result.malignancy_score, threshold=result.refer_threshold)
        decision = present_state(record).decision
        changed = decision != result.decision
        return cls(
            visit_id=visit.visit_id,
            patient=visit.patient,
            day=visit.created_at.astimezone().date(),
            site=visit.site,
            decision=decision,
            found=(reason,) if result.malignancy_score is None else (reason, words.imputed(result.imputed)),
            program_decision=result.decision if changed else None,
            override_reason=record.overrides[-1].reason if changed else "",
        )


def slip_pdf(slip: Slip, words: Translator) -> bytes:
    """The slip as PDF with fonts inside, the same bytes for the same slip. Long words wrap, and long texts shrink to fit."""
    from reportlab.lib.pagesizes import A5
    from reportlab.lib.units import mm
    from reportlab.platypus import KeepInFrame, SimpleDocTemplate

    _register_fonts()
    width, height = A5[0] - 2 * MARGIN_MM * mm, A5[1] - 2 * MARGIN_MM * mm
    file = io.BytesIO()
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN_MM * mm)
    # Frames keep 6 points for themselves on each side.
    page = SimpleDocTemplate(file, pagesize=A5, **margins, title="SkinEdge", invariant=1, pageCompression=1)
    page.build([KeepInFrame(width - 12, height - 12, list(_parts(slip, words, width - 12)), mode="shrink")])
    return file.getvalue()


def printable(text: str) -> str:
    """The text with only what the font has: other accents are left out, and other letters become question marks."""
    glyphs = _register_fonts()
    return "".join(letter if ord(letter) in glyphs else _nearest(letter, glyphs) for letter in text)


def _nearest(letter: str, glyphs: frozenset[int]) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and all(ord(part) in glyphs for part in bare) else "" if unicodedata.combining(letter) else "?"


def _parts(slip: Slip, words: Translator, width: float) -> Iterator[Any]:
    from reportlab.lib.colors import black
    from reportlab.lib.units import mm
    from reportlab.platypus import HRFlowable, Spacer, Table

    say = words.gettext
    yield Table(
        [[_text(words.decision(slip.decision), DECISION_PT, bold=True)], [_text(say(_NEXT[slip.decision]), TEXT_PT + 2)]],
        colWidths=[width],
        style=[("BOX", (0, 0), (-1, -1), 2, black), *_padded(3 * mm)],
    )
    yield Spacer(0, 3 * mm)
    facts = [
        (_VISIT, spoken_visit_id(slip.visit_id)),
        (_PERSON, slip.patient),
        (_DAY, words.date(slip.day)),
        (_SITE, slip.site),
    ]
    left = [part for name, value in facts for part in (_text(say(name), SMALL_PT), _text(value, ID_PT, bold=True))]
    yield Table([[left, _qr(slip.visit_id)]], colWidths=[width - (QR_MM + 4) * mm, (QR_MM + 4) * mm], style=_padded(0))
    yield Spacer(0, 2 * mm)
    if slip.program_decision is not None:
        changed = say(_CHANGED).format(decision=words.decision(slip.program_decision), reason=slip.override_reason)
        yield _text(changed, TEXT_PT)
    yield from (_text(sentence, TEXT_PT) for sentence in slip.found)
    yield Spacer(0, 1 * mm)
    yield _text(say(_NOTICE), TEXT_PT, bold=True)
    yield Spacer(0, 3 * mm)
    yield HRFlowable(width="100%", thickness=1, color=black, dash=(3, 3))
    yield _text(say(_FOR_THE_CLINIC), TEXT_PT, bold=True)
    yield Table(
        [[_text(say(name), SMALL_PT), ""] for name in (_SEEN, _FOUND, _BIOPSY, _RESULT, _SIGNED)],
        colWidths=[0.36 * width, 0.64 * width],
        style=[
            *_padded(2.2 * mm),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1 * mm),
            ("TOPPADDING", (0, 0), (-1, -1), 3.2 * mm),
            ("LINEBELOW", (1, 0), (1, -1), 0.7, black),
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ],
    )


def _text(text: str, size_pt: float, *, bold: bool = False) -> Any:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    style = ParagraphStyle(
        "slip", fontName=BOLD if bold else REGULAR, fontSize=size_pt, leading=1.25 * size_pt, spaceAfter=2
    )
    return Paragraph(escape(printable(text)), style)


def _padded(points: float) -> list[tuple[Any, ...]]:
    sides = [(f"{side}PADDING", (0, 0), (-1, -1), points) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
    return [*sides, ("VALIGN", (0, 0), (-1, -1), "TOP")]


def _qr(text: str) -> Any:
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing
    from reportlab.lib.units import mm

    drawing = Drawing(QR_MM * mm, QR_MM * mm, hAlign="RIGHT")
    # "M" survives a fold or a smear over a seventh of it.
    drawing.add(QrCodeWidget(text, barLevel="M", barBorder=2, barWidth=QR_MM * mm, barHeight=QR_MM * mm))
    return drawing


@cache
def _register_fonts() -> frozenset[int]:
    """Returns: the code points that both fonts have."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    fonts = [TTFont(name, f"{name}.ttf") for name in (REGULAR, BOLD)]
    for font in fonts:
        registerFont(font)
    return frozenset.intersection(*(frozenset(font.face.charToGlyph) for font in fonts))
