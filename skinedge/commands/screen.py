"""`skinedge screen`: advice on one photo, or on a folder of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skinedge.commands.options import AllowUnsigned, AsJson, Language, Model, Photo, Trust
from skinedge.commands.process import give_back_free_memory
from skinedge.files import check_place


def screen(
    context: typer.Context,
    photo: Photo,
    model: Model = None,
    trust: Trust = None,
    allow_unsigned: AllowUnsigned = False,
    answers: Annotated[
        Path | None, typer.Option(help="Of a folder: answers, one row a photo.", metavar="CSV", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Of a folder: results, one row a photo.", metavar="CSV", show_default=False)
    ] = None,
    workers: Annotated[int, typer.Option(help="Of a folder: photos at a time; 0 takes every core.", min=0)] = 0,
    insist: Annotated[
        bool, typer.Option("--insist", help="Answer although a warning stands: refer or cannot assess, never watch.")
    ] = False,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Gives advice on one photo of a spot, or on every photo in a folder.

    The advice is to refer, to watch or to photograph again, or that the model cannot assess the photo. Answers are options
    named after the questions that the model asks ("skinedge questions" lists them). A question that is left out is filled
    in by the model. While a warning stands, such as blur, the advice is to photograph again; with --insist it is then to
    refer or that the model cannot assess the photo, never to watch.

    Of a folder, answers come from a CSV file with a column "photo" and one for each question. A run that was stopped goes on
    where it was when the same command is given again; photos that failed, or that are others now, are then screened again.
    It exits with 1 where a photo could not be read, as its row says, and where a folder could not be opened or a row of
    answers has no photo, as the summary says.

    \b
    Example:
      skinedge screen spot.jpg --age-years 63 --region face --itch yes
      skinedge screen photos --answers answers.csv --out results.csv
    """
    from skinedge.errors import ConfigError
    from skinedge.screening.answers import split_arguments
    from skinedge.screening.display import print_result
    from skinedge.screening.screener import Screener
    from skinedge.words import translator

    # Options that only the model knows arrive unparsed, in their order, and the first of them may lie in `photo`.
    path, given = split_arguments([photo, *context.args])
    if out:
        check_place(out, "--out")
    words = translator(language)
    whole = path.is_dir()
    screener = Screener(model, threads=1 if whole else None, trust=trust or (), allow_unsigned=allow_unsigned)
    give_back_free_memory()
    if not whole:
        if answers or out:
            raise ConfigError(f"--answers and --out are for a folder of photos, and {path} is none")
        print_result(screener.screen(path, given, insist=insist), words, answers=given, as_json=as_json)
        return
    from skinedge.screening.display import print_summary
    from skinedge.screening.folder import screen_folder

    if given or out is None:
        raise ConfigError("a folder of photos takes its answers from --answers CSV, and needs --out CSV for the results")
    summary = screen_folder(path, screener, out, words, answers=answers, workers=workers or None, insist=insist)
    print_summary(summary, words, as_json=as_json)
    if summary.incomplete:
        raise typer.Exit(1)
