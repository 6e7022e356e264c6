"""Prints results and questions, for a terminal of 80 columns or as one JSON document."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from skinedge.codes import Decision
from skinedge.contract import Answer, ClinicalField, Contract
from skinedge.screening.answers import option_name
from skinedge.words import Translator
from skinedge.words.markers import N_
from skinedge.words.translator import distinct_figures

if TYPE_CHECKING:  # It imports numpy, which a list of questions does not need.
    from skinedge.screening.folder import FolderSummary, LeftOut
    from skinedge.screening.screener import ScreeningResult

WIDTH = 80
BAR_WIDTH = 60
NAMED = 3
"""How many names of a kind a summary has; the others are in its JSON."""

_STYLES: dict[Decision, str] = {
    "refer": "bold red",
    "watch": "bold green",
    "photograph again": "bold yellow",
    "cannot assess": "bold yellow",
}


_LEFT_OUT: dict[LeftOut, str] = {
    "other_files": N_("Not read as a photo, left out"),
    "hidden": N_("Hidden, left out"),
    "unreadable_folders": N_("Folder that cannot be opened"),
    "rows_without_photo": N_("Row of answers without a photo"),
    "photos_without_answers": N_("Photo without a row of answers"),
    "no_longer_there": N_("In the results, but no longer in the folder"),
}


def print_result(
    result: ScreeningResult, words: Translator, *, answers: Mapping[str, Answer] | None = None, as_json: bool
) -> None:
    """Prints a result on stdout, in text with what became of the answers that people gave."""
    if as_json:
        print(json.dumps(result.model_dump(mode="json") | {"words": result_words(result, words)}, indent=2))
        return
    console = _console()
    heading = Text(words.decision(result.decision).upper(), style=_STYLES[result.decision])
    console.print(Panel(Group(heading, Text(words.what_to_do(result.decision))), padding=(1, 2)))
    _say(console, words.reason(result.reason, score=result.malignancy_score, threshold=result.refer_threshold))
    if result.malignancy_score is not None:
        ascii_only = console.options.ascii_only
        if result.reason not in result.advice:  # The score alone would say "watch", which is not the answer.
            _say(console, score_bar(result.malignancy_score, result.refer_threshold, words, ascii_only=ascii_only))
        _say(console, words.imputed(result.imputed, answers))
    for advice in result.other_warnings:
        _say(console, words.advice(advice))
    if result.decision == "photograph again" and result.advice:
        _say(console, words.gettext("To go on with this photo, give --insist. Then the answer is never to watch."))
    model = words.gettext("Model {name}, {sha256}.").format(name=result.model_name, sha256=result.model_sha256[:12])
    _say(console, f"{model} {words.gettext(result.notice)}", style="dim")


def result_words(result: ScreeningResult, words: Translator) -> dict[str, object]:
    """The codes of a result in words, by the names of its fields, for programs that display them."""
    return {
        "language": words.language,
        "decision": words.decision(result.decision),
        "what_to_do": words.what_to_do(result.decision),
        "reason": words.reason(result.reason, score=result.malignancy_score, threshold=result.refer_threshold),
        "advice": [words.advice(code) for code in result.advice],
        "notice": words.gettext(result.notice),
    }


def print_summary(summary: FolderSummary, words: Translator, *, as_json: bool) -> None:
    """Prints the summary of a folder on stdout."""
    if as_json:
        print(summary.model_dump_json(indent=2))
        return
    console = _console()
    lines = {words.decision(decision): count for decision, count in summary.decisions.items()}
    for name, count in (lines | {words.gettext("Failed"): summary.failed}).items():
        console.print(Text(f"{count:6} {name}"))
    if summary.done_before:
        before = words.gettext("Unchanged since an earlier run")
        console.print(Text(f"{summary.done_before:6} {before}"))
    if summary.screened_again:
        changed = words.gettext("Changed, screened again")
        console.print(Text(f"{summary.screened_again:6} {changed}"))
    for why, names in summary.left_out.items():
        if names:
            some = ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
            console.print(Text(f"{len(names):6} {words.gettext(_LEFT_OUT[why])}: {some}"))
    if again := summary.decisions["photograph again"]:
        text = words.ngettext(
            "{count} photo must be taken again: the table says why.",
            "{count} photos must be taken again: the table says why.",
            again,
        )
        _say(console, text.format(count=again))
    _say(console, words.gettext("The results are in {file}.").format(file=summary.out))


def score_bar(score: float, threshold: float, words: Translator, *, ascii_only: bool = False) -> str:
    """Two lines: a bar from 0 to 1 that is filled up to the score, and a pointer at the threshold."""
    full, empty, pointer = ("#", ".", "^") if ascii_only else ("█", "░", "▲")
    # Both are rounded down, so that the bar reaches the pointer exactly where the score reaches the threshold.
    length = int(score * BAR_WIDTH)
    at = int(threshold * BAR_WIDTH)
    label = words.refer_from(distinct_figures(score, threshold)[1])
    under = " " * at + f"{pointer} {label}" if at < BAR_WIDTH / 2 else f"{label} {pointer}".rjust(at + 1)
    return f"  0 {full * length}{empty * (BAR_WIDTH - length)} 1\n    {under}"


def print_questions(contract: Contract, words: Translator, *, as_json: bool) -> None:
    """Prints the questions that a model asks on stdout."""
    if as_json:
        questions = [
            {
                "option": option_name(field.name),
                **field.model_dump(mode="json", exclude={"position"}),
                "words": {"question": words.question(field), "answers": {a: words.answer(a) for a in words.answers(field)}},
            }
            for field in contract.fields
        ]
        document = {"model_name": contract.model_name, "language": words.language, "questions": questions}
        print(json.dumps(document, indent=2))
        return
    console = _console()
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column(words.gettext("Option"), no_wrap=True)
    table.add_column(words.gettext("Question"))
    table.add_column(words.gettext("Answers"))
    for field in contract.fields:
        table.add_row(*(Text(cell) for cell in (option_name(field.name), words.question(field), _takes(field, words))))
    console.print(table)
    _say(console, words.gettext("Any question may be left out. The program then fills in the answer."))


def _takes(field: ClinicalField, words: Translator) -> str:
    if field.kind == "number":
        unit = words.unit(field.unit) if field.unit else ""
        text = words.gettext("{low} to {high} {unit}")
        return text.format(low=f"{field.minimum:g}", high=f"{field.maximum:g}", unit=unit).strip()
    answers = words.answers(field)
    if words.language == "en":
        return ", ".join(answers)
    # The values of an option are not translated; their meanings are.
    return ", ".join(f"{answer} ({words.answer(answer)})" for answer in answers)


def _console() -> Console:
    # A terminal that lacks a letter shows a question mark in its place.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    console = Console(highlight=False)
    console.width = min(WIDTH, console.width)
    return console


def _say(console: Console, text: str, style: str = "") -> None:
    # As Text, so that square brackets in the text of a bundle do not count as markup.
    console.print(Text(text, style=style))
    console.print()
