"""The app's words are those of the catalogues, and every text of a screen is one of them."""

from __future__ import annotations

import re

import pytest

from android_demo.ci import strings
from skinedge.words.translator import LANGUAGES, Language

SOURCES = strings.FOLDER.parent


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_files_are_fresh(language: Language) -> None:
    path = strings.FOLDER / strings.FOLDERS[language] / "strings.xml"
    assert path.read_text(encoding="utf-8") == strings.document(language), "run make android-words"


def test_every_text_that_the_app_names_is_there_and_no_other() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.kt"))
    named = set(re.findall(r"R\.string\.(\w+)", code)) | set(re.findall(r'word\("(\w+)"\)', code))
    known = {name for name, _, _ in strings.texts()} | {"app_name", "imputed_one", "imputed_many"}
    assert named <= known
    assert set(strings.APP) <= named


def test_places_and_quotes_are_spelled_as_android_wants_them() -> None:
    assert strings.android("From {threshold} & {score}: don't") == "From %2$s &amp; %1$s: don\\'t"
    assert strings.android("From %(low)s to %(high)s") == "From %1$s to %2$s"
