"""`make words`: collects the words of code and templates, brings every catalogue up to date, and compiles it.

For developers. Nothing is guessed: a new text is left untranslated, and one that changed is new.
"""

from __future__ import annotations

from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from skinedge.words.translator import DOMAIN, FOLDER, LANGUAGES, Language

TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
PACKAGE = Path(__file__).parents[1]
WIDTH = 120
_METHODS = [("commands/**.py", "ignore"), ("**.py", "python"), ("web/**.html", "jinja2"), ("web/**.jinja", "jinja2")]
_HEALTH_WORKERS_ERRORS = (
    "PhotoError", "AnswerError", "StoreError", "PassphraseError", "DiskFullError", "UnknownVisitError", "DamagedRecordError",
)  # fmt: skip
_KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "NP_": ((1, "c"), 2), **dict.fromkeys(_HEALTH_WORKERS_ERRORS)}
_HEADER = "# The words of SkinEdge: {language}. No native speaker has reviewed them yet."


def catalogue_path(language: Language, suffix: str = ".po") -> Path:
    """Where the words of a language are, to edit (.po) or to read (.mo)."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}{suffix}"


def collect() -> Catalog:
    """All texts that the package marks as words, in the order of its files."""
    found = Catalog(project="SkinEdge")
    options = {pattern: {"silent": "false"} for pattern, method in _METHODS if method == "jinja2"}
    for name, line, text, comments, context in extract_from_dir(
        PACKAGE, _METHODS, options, _KEYWORDS, comment_tags=("For translators:",), strip_comment_tags=True
    ):
        # Since Python 3.12 Babel also sees what stands between the braces of an f-string, such as what joins a list.
        if any(letter.isalpha() for letter in str(text)):
            found.add(text, None, [(name, line)], auto_comments=comments, context=context)
    return found


def read(language: Language) -> Catalog:
    """The catalogue of a language; an empty one where there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project="SkinEdge", header_comment=_HEADER.format(language=LANGUAGES[language]))
    with path.open("rb") as file:
        return read_po(file, locale=language)


def main() -> None:
    """Writes the .po and .mo files, and says how many texts have no translation."""
    texts = collect()
    for language in TRANSLATED:
        catalogue = read(language)
        catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=WIDTH, ignore_obsolete=True, include_lineno=False)
        with catalogue_path(language, ".mo").open("wb") as file:
            write_mo(file, catalogue)
        missing = sum(not message.string or not all(message.string) for message in catalogue if message.id)
        print(f"{language}: {len(catalogue)} texts, {missing} without a translation")


if __name__ == "__main__":
    main()
