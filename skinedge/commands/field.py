"""For health workers: advice on one photo."""

from __future__ import annotations

from typing import Annotated

import typer

from skinedge.commands.options import AsJson, Language, Model, Photo, Trust


def screen(
    context: typer.Context,
    photo: Photo,
    model: Model = None,
    trust: Trust = None,
    allow_unsigned: Annotated[
        bool, typer.Option("--allow-unsigned", help="Take a model that nobody you trust has signed.")
    ] = False,
    language: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Gives advice on one photo of a spot.

    The advice is to refer, to watch or to photograph again. Answers are options named after the questions that the model
    asks ("skinedge questions" lists them). A question that is left out is filled in by the model.

    \b
    Example:
      skinedge screen spot.jpg --age-years 63 --region face --itch yes
    """
    from skinedge.screening.answers import split_arguments
    from skinedge.screening.display import print_result
    from skinedge.screening.screener import Screener
    from skinedge.words import translator

    # Options that only the model knows arrive unparsed, in their order, and the first of them may lie in `photo`.
    path, answers = split_arguments([photo, *context.args])
    words = translator(language)
    screener = Screener(model, trust=trust or (), allow_unsigned=allow_unsigned)
    print_result(screener.screen(path, answers), words, as_json=as_json)


def questions(model: Model = None, language: Language = "en", as_json: AsJson = False) -> None:
    """Lists the questions that a model asks.

    Each with the option that answers it and the answers it takes.

    \b
    Example:
      skinedge questions
    """
    from skinedge.runtime.bundle import default_bundle_path, open_bundle
    from skinedge.screening.display import print_questions
    from skinedge.words import translator

    print_questions(open_bundle(model or default_bundle_path()).contract, translator(language), as_json=as_json)
