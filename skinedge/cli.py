"""The command line: gathers the commands of `skinedge.commands`, and turns errors made for users into one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from skinedge import __version__
from skinedge.commands import bench, data, keys, records
from skinedge.commands.abstain import abstain
from skinedge.commands.audit import audit
from skinedge.commands.calibrate import calibrate
from skinedge.commands.card import card
from skinedge.commands.evaluate import evaluate
from skinedge.commands.export import export
from skinedge.commands.inspect import inspect
from skinedge.commands.process import flush_output, hold_standard_streams, quiet_libraries
from skinedge.commands.questions import questions
from skinedge.commands.reproduce import reproduce
from skinedge.commands.screen import screen
from skinedge.commands.serve import serve
from skinedge.commands.train import train
from skinedge.commands.upscaler import upscaler
from skinedge.commands.verify import verify
from skinedge.errors import SkinEdgeError
from skinedge.files import explaining

# Plain help and ordinary tracebacks: calm to read, and rich need not be imported for them.
app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 done, 1 an error the user can mend, 2 wrong usage, 130 interrupted.

    Errors made for users, and whatever the system refuses, become one line on stderr; any other error is a bug and keeps its
    traceback.
    """
    try:
        with explaining(), quiet_libraries():
            hold_standard_streams()
            try:
                app(args=None if arguments is None else list(arguments), prog_name="skinedge")
            finally:
                flush_output()
    except SkinEdgeError as error:
        _stop(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"skinedge {__version__}")
        raise typer.Exit


@app.callback()
def skinedge(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Advice on photos of skin spots, with no network: refer or watch. Never a diagnosis.

    \b
    Example:
      skinedge screen spot.jpg --age-years 63 --region face --itch yes
    """


# The answers are options that only the model knows.
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(screen)
for command in (
    questions,
    serve,
    train,
    evaluate,
    card,
    abstain,
    audit,
    reproduce,
    upscaler,
    export,
    calibrate,
    verify,
    inspect,
):
    app.command()(command)
for name, group in {"data": data.group, "bench": bench.group, "keys": keys.group, "records": records.group}.items():
    app.add_typer(group, name=name)


def _stop(message: str) -> None:
    # A file name may hold a line break; the promise of one line holds all the same.
    print("skinedge:", " ".join(message.splitlines()), file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
