"""`skinedge questions`: what a model asks."""

from __future__ import annotations

from skinedge.commands.options import AsJson, Language, Model


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
