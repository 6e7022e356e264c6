"""Writes the app's words from the catalogues of `skinedge.words`: `python -m android_demo.ci.strings`.

Names of strings say what they are for: `decision_refer`, `reason_almost_black`, `question_itch`, `answer_face`. A text
that a language has no translation of is left out of its file, so that Android shows the English one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from skinedge.questionnaire import COLUMNS
from skinedge.words import app, deletion, questions, results
from skinedge.words.translator import ANSWER, LANGUAGES, Language, translator

FOLDER = Path(__file__).parents[1] / "app" / "src" / "main" / "res"
FOLDERS: dict[Language, str] = {
    "en": "values",
    "pt_BR": "values-pt-rBR",
    "es": "values-es",
    "fr": "values-fr",
    "sw": "values-sw",
}

PLACES = {"score": 1, "threshold": 2, "low": 1, "high": 2, "names": 1, "count": 2, "decision": 1, "reason": 2}
"""Where the app gives these values, whatever their order in a language."""

APP = {
    "not_diagnosis": "This is not a diagnosis. It is advice from a program that can be wrong. If you are in doubt, refer.",
    "visits": "Visits",
    "new_visit": "New visit",
    "go_on": "Go on",
    "not_finished": "Not finished",
    "no_visits": "There are no visits yet. Everything that you enter stays on this machine, encrypted.",
    "ask_the_patient": "Ask the patient",
    "read_out": "Read this out, or explain it in your own words:",
    "consent_photo": "We take a photo of the spot and ask a few questions.",
    "consent_program": "A program on this machine looks at them. It advises us to refer you or to watch the spot. "
    "It does not say what the spot is.",
    "consent_stays": "Everything stays on this machine, encrypted. Nothing is sent over the internet.",
    "consent_no": "You may say no. You can be examined all the same. You may ask us later to delete what we keep.",
    "what_to_keep": "What may this station keep?",
    "keep_photo": "The photo, the answers and the advice",
    "keep_no_photo": "The answers and the advice, but not the photo",
    "patient_code": "Number or code of the patient",
    "patient_hint": "As on the patient's card, not a name. Leave it empty for a new code.",
    "patient_says_no": "The patient says no: stop",
    "take_photo": "Take a photo of the spot",
    "photo_light": "Daylight, no flash.",
    "photo_hold": "Hold the phone straight above the spot, about a hand's width away.",
    "photo_tap": "Tap on the spot on the screen to make it sharp.",
    "open_camera": "Open the camera",
    "choose_photo": "Choose a photo from this device",
    "ask_questions": "Ask the questions",
    "leave_unknown": "Leave “don't know” where the patient is not sure. A wrong answer is worse than none.",
    "number_range": "From %(low)s to %(high)s. Leave it empty for “don't know”.",
    "number_misfit": "This number does not fit. Correct it or leave it empty.",
    "show_advice": "Show the advice",
    "looking": "Looking at the photo …",
    "where_it_stands": "Where this photo stands",
    "all_answered": "All questions were answered.",
    "stop_visit": "Stop this visit",
    "save": "Save",
    "slip": "Slip for the patient",
    "print": "Print this page",
    "photograph_again": "Photograph again",
    "visit_number": "Number of the visit",
    "patient": "Patient",
    "time": "Time",
    "model": "Model",
    "slip_clinic": "For the clinic: please fill this in and send it back to the health post.",
    "slip_notice": "This is not a diagnosis. A program looked at a photo. Only a person can say what the spot is.",
    "slip_seen": "Seen on",
    "slip_found": "What was found",
    "slip_signed": "Name and stamp",
    "went_wrong": "Something went wrong",
    "photo_damaged": "This photo cannot be used. Take it again. If you are in doubt, refer.",
    "decide": "A supervisor decides",
    "decided": "Decided by a supervisor",
    "decide_counts": "Your decision counts from now on. What the program said stays in the records.",
    "decide_what": "What should be done?",
    "decide_who": "Who decides?",
    "decide_save": "Save the decision",
    "program_said": "The program said:",
    **app.TEXTS,
    "why": "Why?",
    "outcome": "Enter what was found",
    "outcome_such_as": "Such as the result of a biopsy. It shows later how often the program was right.",
    "outcome_what": "What was found?",
    "outcome_malignant": "Is it malignant?",
    "outcome_day": "Day of the finding",
    "outcome_who": "Who enters it?",
    "found_later": "What was found later",
    "malignant": "malignant",
    "not_malignant": "not malignant",
    "fill_in": "Fill in every field.",
    "back": "Back to the visit",
    **deletion.TEXTS,
    "storage_full": "nothing was saved: the disk is full; free some space and try again",
}
"""Texts of the app, in the words of the screening station wherever it has them."""


IMPUTED = (
    "This question had no answer, so the program filled it in: {names}.",
    "These {count} questions had no answer, so the program filled them in: {names}.",
)


def texts() -> Iterator[tuple[str, str | None, str]]:
    """Name, context and English text of every string."""
    for decision in results.DECISIONS:
        yield f"decision_{slug(decision)}", None, results.DECISIONS[decision]
        yield f"what_{slug(decision)}", None, results.WHAT_TO_DO[decision]
    yield from ((f"reason_{code}", None, text) for code, text in results.REASONS.items())
    yield from ((f"advice_{code}", None, text) for code, text in results.ADVICE.items())
    yield from ((f"question_{field.name}", None, field.question) for field in COLUMNS.values())
    yield from ((f"short_{name}", None, text) for name, text in questions.SHORT_NAMES.items())
    yield from ((f"answer_{name}", ANSWER, text) for name, text in questions.ANSWERS.items())
    yield from ((f"unit_{name}", None, text) for name, text in questions.UNITS.items())
    yield "notice", None, results.NOTICE
    yield from ((name, None, text) for name, text in APP.items())


def document(language: Language) -> str:
    """The `strings.xml` of a language."""
    words = translator(language)
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        "<!-- Written by android_demo/ci/strings.py: do not edit. -->",
        "<resources>",
    ]
    if language == "en":
        lines.append('    <string name="app_name" translatable="false">SkinEdge</string>')
    for name, context, text in texts():
        translated = words.pgettext(context, text) if context else words.gettext(text)
        # Words that are the same in both languages, such as "mm", are the same from the English file.
        if language == "en" or translated != text:
            lines.append(f'    <string name="{name}">{android(translated)}</string>')
    # All five languages have these two forms, for one and for a few.
    for name, count in (("imputed_one", 1), ("imputed_many", 2)):
        lines.append(f'    <string name="{name}">{android(words.ngettext(*IMPUTED, count))}</string>')
    return "\n".join([*lines, "</resources>", ""])


def android(text: str) -> str:
    """Spells a text for `strings.xml`: `{name}` and `%(name)s` become `%1$s` or `%2$s`, by `PLACES`."""
    marked = re.sub(r"\{(\w+)\}|%\((\w+)\)s", lambda match: f"%{PLACES[match[1] or match[2]]}$s", text)
    return escape(marked).replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')


def slug(text: str) -> str:
    """`photograph again` as part of a name."""
    return text.replace(" ", "_")


def main() -> None:
    """Writes every file, and says how many texts each language lacks."""
    for language in LANGUAGES:
        path = FOLDER / FOLDERS[language] / "strings.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document(language), encoding="utf-8")
        print(f"{language}: {document(language).count('<string ')} texts")


if __name__ == "__main__":
    main()
