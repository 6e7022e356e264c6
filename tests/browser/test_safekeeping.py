"""Backup, recovery key and deletion in Chromium: on the smallest phone, with large text, in each language, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.drivers.serving import serving
from skinedge.records.store import RecordStore
from skinedge.words import LANGUAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("safekeeping") / "records"


@pytest.fixture(scope="module")
def station(records: Path) -> Iterator[str]:
    """The address of one with a stick."""
    (records.parent / "stick").mkdir()
    with serving(records, "--site", "Posto Norte", "--backups", str(records.parent / "stick")) as (address, _):
        yield address


@contextmanager
def _page(chromium: Browser, language: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 320, "height": 640}, locale=language.replace("_", "-"))
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_records_are_kept_safe_on_the_smallest_phone(
    chromium: Browser, station: str, records: Path, synthetic: Path, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    from benchmarks.drivers import walk

    with _page(chromium, language) as page:

        def look(name: str) -> None:
            for scale in (2, 1):
                assert not walk.overflowing(page, 320, scale), (name, scale)
            found = Axe().run(page).response["violations"] if language == "en" else []
            assert not [one for one in found if one["impact"] in ("serious", "critical")], (name, found)

        walk.unlock(page, station, look)
        page.goto(f"{station}/recovery-key")
        look("recovery")
        page.fill("#passphrase", walk.PASSPHRASE)
        page.locator("main .button").click()
        page.wait_for_selector(".key")
        look("recovery_key")
        key = page.locator(".key .code").all_inner_texts()
        page.emulate_media(media="print")
        assert page.locator(".key").is_visible() and not page.locator("main form .button").is_visible()
        assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 1
        page.emulate_media(media="screen")

        page.goto(f"{station}/backup")
        look("backup")
        page.locator("form[action='/backup/folder'] button").click()
        page.wait_for_url("**/backup?made")
        look("backup made")
        for number in range(2):  # A download leaves the page as it is, and may be asked for again.
            with page.expect_download() as downloaded:
                page.locator("form[action='/backup/file'] button").click()
            file = records.parent / f"{language}{number}.skinedge"
            downloaded.value.save_as(file)
            with RecordStore.restore(file, records.parent / f"{language}{number}", walk.PASSPHRASE) as store:
                assert store.verify() == []

        page.goto(f"{station}/visits")
        walk.begin(page, lambda _: None, patient=f"K-{language}-10423377-9981")
        walk.choose(page, synthetic, lambda _: None)
        walk.answer(page, lambda _: None)
        page.goto(f"{page.url.partition('?')[0]}/delete")
        look("delete")
        # By keyboard: from field to field, and on with Enter.
        page.focus("#reason")
        page.keyboard.type("?")
        page.keyboard.press("Tab")
        page.keyboard.type("Ana")
        page.keyboard.press("Enter")
        page.wait_for_selector("form[action$='/delete/now']")
        look("delete now")
        page.keyboard.press("Tab")
        page.focus("#passphrase")
        page.keyboard.type(walk.PASSPHRASE)
        page.keyboard.press("Enter")
        page.wait_for_selector("h1")
        page.wait_for_selector("main a.button[href='/visits']")
        look("deleted")

        page.goto(f"{station}/visits")
        page.locator(".top button").click()
        page.wait_for_url("**/unlock")
        page.locator("a[href='/forgotten']").click()
        page.wait_for_url("**/forgotten")
        page.fill("#key", " ".join(key).lower())
        look("forgotten")
        for field in ("#passphrase", "#repeated"):
            page.fill(field, walk.PASSPHRASE)
        page.keyboard.press("Enter")
        page.wait_for_url("**/visits")
        look("visits")

        # Another machine goes on with the backup.
        with serving(records.parent / f"other {language}", "--backups", str(records.parent / "stick")) as (other, _):
            page.goto(f"{other}/unlock")
            page.locator("a[href='/restore']").click()
            page.wait_for_url("**/restore")
            look("restore")
            page.fill("#passphrase", walk.PASSPHRASE)
            page.keyboard.press("Enter")
            page.wait_for_selector("main a.button[href='/visits']")
            look("restored")
