"""The command reference, from the commands themselves."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterator
from typing import Any, TypeAlias

import typer.main

# Typer brings a copy of click of its own, so that click's classes are not those of its commands.
Command: TypeAlias = Any
Parameter: TypeAlias = Any
Context: TypeAlias = Any


def command_reference() -> str:
    """Returns the page: a table of all commands, then each with its usage, its options and its example."""
    commands = list(walk())
    index = ["| command | what it does |", "| --- | --- |"]
    index += [f"| [`{name}`](#{_anchor(name)}) | {_first_sentence(command)} |" for name, command in commands]
    sections = [_section(name, command) for name, command in commands]
    head = (
        "# Commands\n\nGenerated from the program. Data go to standard output, progress to standard error. "
        "Exit codes: 0 done, 1 an error that you can mend, in one line, 2 wrong usage, 130 interrupted."
    )
    return "\n\n".join([head, "\n".join(index), *sections]) + "\n"


def walk() -> Iterator[tuple[str, Command]]:
    """Yields every command by its whole name, such as `skinedge records verify`, without the groups."""
    from skinedge.cli import app

    yield from _walk("skinedge", typer.main.get_command(app))


def _walk(name: str, command: Command) -> Iterator[tuple[str, Command]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for child in inner.values():
        yield from _walk(f"{name} {child.name}", child)


def _section(name: str, command: Command) -> str:
    context = command.context_class(command, info_name=name)
    words, example = help_and_example(command)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    parts = [f"## `{name}` {{ #{_anchor(name)} }}", words, f"```text\n{usage}\n```"]
    rows = [_row(parameter, context) for parameter in command.params if not getattr(parameter, "hidden", False)]
    if rows:
        parts.append("\n".join(["| argument or option | what it is |", "| --- | --- |", *rows]))
    if example:
        parts.append(f"```console\n{example}\n```")
    return "\n\n".join(parts)


def help_and_example(command: Command) -> tuple[str, str]:
    """Returns the help text as paragraphs, and the lines under its `Example:`, each after a `$`."""
    words, _, example = (command.help or "").replace("\b", "").partition("Example:")
    lines = textwrap.dedent(example.strip("\n")).strip().splitlines()
    return words.strip(), "\n".join(f"$ {line.strip()}" if line.strip().startswith("skinedge") else line for line in lines)


def _row(parameter: Parameter, context: Context) -> str:
    option, text = parameter.get_help_record(context) or (parameter.name, "")
    return f"| <code>{_cell(html.escape(option))}</code> | {_cell(html.escape(text))} |"


def _first_sentence(command: Command) -> str:
    words, _ = help_and_example(command)
    return _cell(" ".join(words.partition("\n\n")[0].split()))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "&#124;")


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
