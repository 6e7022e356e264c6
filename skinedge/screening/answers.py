"""Answers on the command line: one option a question, whatever questions the loaded model asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from skinedge.errors import AnswerError, PhotoError


def option_name(question: str) -> str:
    """The option that answers a question: `age_years` is `--age-years`."""
    return "--" + question.replace("_", "-")


def split_arguments(arguments: Sequence[str]) -> tuple[Path, dict[str, str]]:
    """Separates the photo from the answers, in any order: `spot.jpg --age-years 63 --itch=yes`.

    It accepts any question: `Contract.encode` refuses those that the model does not ask.

    Returns: the photo, and answers by question name.
    Raises:
        AnswerError: an option has no value or is given twice.
        PhotoError: there is not exactly one photo.
    """
    photos: list[str] = []
    answers: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if not argument.startswith("-"):
            photos.append(argument)
            continue
        option, equals, value = argument.partition("=")
        if not equals:
            # A value may start with one dash, as a negative number does: the contract then says what it expected.
            if not rest or rest[0].startswith("--"):
                raise AnswerError("{option} has no value: expected {option} ANSWER, or leave the option out", option=option)
            value = rest.pop(0)
        name = option.lstrip("-").replace("-", "_")
        if name in answers:
            raise AnswerError(
                "{option} is given twice ({first!r} and {second!r}): give it once",
                option=option,
                first=answers[name],
                second=value,
            )
        answers[name] = value
    if len(photos) != 1:
        raise PhotoError(
            "got {count} photos {photos}, expected one: skinedge screen PHOTO --question ANSWER",
            count=len(photos),
            photos=photos,
        )
    return Path(photos[0]), answers
