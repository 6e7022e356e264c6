"""How results and questions look: in a terminal of 80 columns, and as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.box import SIMPLE
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from skinedge.contract import ClinicalField, Contract
from skinedge.screening.answers import option_name
from skinedge.screening.triage import Decision, distinct_figures

if TYPE_CHECKING:  # It imports numpy, which a list of questions does not need.
    from skinedge.screening.screener import ScreeningResult

WIDTH = 80
BAR_WIDTH = 60

WHAT_TO_DO: dict[Decision, str] = {
    "refer": "Send this person to someone who can examine the spot.",
    "watch": "No referral from this photo alone. Look again later; refer if in any doubt.",
    "photograph again": "No answer can be given on this photo.",
}
_STYLES: dict[Decision, str] = {"refer": "bold red", "watch": "bold green", "photograph again": "bold yellow"}


def print_result(result: ScreeningResult, *, as_json: bool) -> None:
    """Prints a result on stdout."""
    if as_json:
        print(json.dumps(result.model_dump(mode="json"), indent=2))
        return
    console = _console()
    lines = [Text(result.decision.upper(), style=_STYLES[result.decision]), Text(WHAT_TO_DO[result.decision])]
    console.print(Panel(Group(*lines), padding=(1, 2)))
    _say(console, result.reason)
    if result.malignancy_score is not None:
        ascii_only = console.options.ascii_only
        _say(console, score_bar(result.malignancy_score, result.refer_threshold, ascii_only=ascii_only))
        if result.imputed:
            names = ", ".join(name.replace("_", " ") for name in result.imputed)
            _say(console, f"Not answered, so filled in by the model: {names}.")
        else:
            _say(console, "All questions were answered.")
    for advice in result.advice:
        _say(console, f"Advice: {advice}")
    _say(console, f"Model {result.model_name}, {result.model_sha256[:12]}. {result.notice}", style="dim")


def score_bar(score: float, threshold: float, *, ascii_only: bool = False) -> str:
    """Two lines: a bar from 0 to 1 that is filled up to the score, and a pointer at the threshold."""
    full, empty, pointer = ("#", ".", "^") if ascii_only else ("█", "░", "▲")
    # Both are rounded down, so that a bar reaches the pointer where the score reaches the threshold, and never before.
    filled = int(score * BAR_WIDTH)
    at = int(threshold * BAR_WIDTH)
    label = f"refer from {distinct_figures(score, threshold)[1]}"
    under = " " * at + f"{pointer} {label}" if at < BAR_WIDTH / 2 else f"{label} {pointer}".rjust(at + 1)
    return f"  0 {full * filled}{empty * (BAR_WIDTH - filled)} 1\n    {under}"


def print_questions(contract: Contract, *, as_json: bool) -> None:
    """Prints the questions that a model asks on stdout."""
    if as_json:
        questions = [
            {"option": option_name(field.name), **field.model_dump(mode="json", exclude={"position"})}
            for field in contract.fields
        ]
        print(json.dumps({"model_name": contract.model_name, "questions": questions}, indent=2))
        return
    console = _console()
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("Option", no_wrap=True)
    table.add_column("Question")
    table.add_column("Answers")
    for field in contract.fields:
        table.add_row(*(Text(cell) for cell in (option_name(field.name), field.question, _takes(field))))
    console.print(table)
    _say(console, 'Any question may be left out, or answered "unknown": the model then fills it in.')


def _takes(field: ClinicalField) -> str:
    if field.kind == "yes_no":
        return "yes, no"
    if field.kind == "choice":
        return ", ".join(field.choices)
    return f"{field.minimum:g} to {field.maximum:g} {field.unit or ''}".strip()


def _console() -> Console:
    console = Console(highlight=False)
    console.width = min(WIDTH, console.width)
    return console


def _say(console: Console, text: str, style: str = "") -> None:
    # As Text, so that square brackets in a bundle's own words are not taken for markup.
    console.print(Text(text, style=style))
    console.print()
