"""The command line: names the commands of `skinedge.commands`, and turns errors made for users into one line."""

from __future__ import annotations

import errno
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from skinedge import __version__
from skinedge.commands import (
    abstain,
    audit,
    bench,
    bundles,
    data,
    exchange,
    field,
    records,
    reproduce,
    ship,
    station,
    study,
)
from skinedge.errors import SkinEdgeError

# Plain help and ordinary tracebacks: calm to read, and rich need not be imported for them.
app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 done, 1 an error the user can mend, 2 wrong usage, 130 interrupted.

    Only errors made for users become one line on stderr; any other is a bug and keeps its traceback.
    """
    try:
        app(args=None if arguments is None else list(arguments), prog_name="skinedge")
    except SkinEdgeError as error:
        _stop(str(error))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _stop("the disk is full: free some space and run the command again")
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


app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(field.screen)
for command in (
    field.questions,
    station.serve,
    study.train,
    study.evaluate,
    study.card,
    abstain.abstain,
    audit.audit,
    reproduce.reproduce,
    reproduce.upscaler,
    ship.export,
    ship.calibrate,
    bundles.verify,
    bundles.inspect,
):
    app.command()(command)

data_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Looks at a data set, or draws one.")
data_app.command()(data.check)
data_app.command()(data.synthetic)
app.add_typer(data_app, name="data")

bench_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Measures programs on this computer, and compares measurements."
)
bench_app.command()(bench.run)
bench_app.command()(bench.phones)
bench_app.command()(bench.compare)
bench_app.command()(bench.tables)
bench_app.command()(bench.training)
app.add_typer(bench_app, name="bench")

keys_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Makes keys, signs bundles, and says whom to trust."
)
keys_app.command("new")(bundles.new_key)
keys_app.command("sign")(bundles.sign)
keys_app.command("verify")(bundles.verify_signature)
keys_app.command("trust")(bundles.trust)
app.add_typer(keys_app, name="keys")

records_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keeps the records of a screening station.")
records_app.command("init")(records.init)
records_app.command("list")(records.list_)
records_app.command("show")(records.show)
records_app.command("log")(records.log)
records_app.command("verify")(records.verify)
records_app.command("backup")(records.backup)
records_app.command("restore")(records.restore)
records_app.command("delete-patient")(records.delete_patient)
records_app.command("passphrase")(records.change_passphrase)
records_app.command("export")(exchange.export)
records_app.command("from-odk")(exchange.from_odk)
records_app.command("slip")(exchange.slip)
records_app.command("report")(exchange.report)
app.add_typer(records_app, name="records")


def _stop(message: str) -> None:
    # A file name may hold a line break; the promise of one line holds all the same.
    print("skinedge:", " ".join(message.splitlines()), file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
