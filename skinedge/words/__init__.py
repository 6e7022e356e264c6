"""Every word that a health worker reads, in one place and in each language of `LANGUAGES`."""

from skinedge.words.translator import LANGUAGES, Language, Translator, translator

__all__ = ["LANGUAGES", "Language", "Translator", "translator"]
