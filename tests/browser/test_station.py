"""Whole visits in Chromium: on a phone and on a laptop, by keyboard alone, without scripts, in each language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from skinedge.words import LANGUAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SIZES = {"phone": (360, 740), "laptop": (1280, 800)}


@contextmanager
def _page(
    chromium: Browser, size: str, *, scripts: bool = True, language: str = "en", dark: bool = False
) -> Iterator[tuple[Page, list[str]]]:
    """A page of its own browser session, and what the browser complains of."""
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=scripts,
        locale=language.replace("_", "-"),
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page, complaints
    context.close()


def _no_look(_: str) -> None:
    pass


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_a_visit_has_no_serious_barrier(chromium: Browser, address: str, synthetic: Path, size: str, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    from benchmarks.drivers import walk

    seen: list[str] = []
    with _page(chromium, size, dark=dark) as (page, complaints):

        def look(name: str) -> None:
            seen.append(name)
            found = Axe().run(page).response["violations"]
            serious = [
                (one["id"], [node["html"] for node in one["nodes"]])
                for one in found
                if one["impact"] in ("serious", "critical")
            ]
            assert not serious, (name, serious)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is too wide"
            # Fingers need room: 24 px is the least of WCAG 2.2, we keep to 44.
            small = page.eval_on_selector_all(
                "main button, main .button, main select, .top button",
                "all => all.filter(e => e.offsetParent && e.getBoundingClientRect().height < 43).map(e => e.outerHTML)",
            )
            assert not small, (name, small)

        walk.unlock(page, address, look)
        walk.begin(page, look)
        walk.choose(page, synthetic, look)
        walk.answer(page, look)
        result = page.url.partition("?")[0]
        for form in ("override", "outcome", "history"):
            page.goto(f"{result}/{form}")
            look(form)
        walk.decide(page, result, "watch", look)
        walk.find(page, result, "yes", look)
        assert page.locator(".verdict.not-referred").is_visible()
        page.goto(f"{address}/visits")
        look("alert in the list")
        walk.decide(page, result, "refer", look)
        walk.find(page, result, "no", look)
        page.goto(f"{address}/visits/0000000000")
        look("error")
        # The browser complains of the visit that is not there, as it should.
        assert not [text for text in complaints if "404" not in text]
    assert {"visits", "consent", "photo", "preview", "questions", "result"} <= set(seen)


def test_the_camera_takes_the_square(chromium: Browser, address: str) -> None:
    from benchmarks.drivers import walk

    with _page(chromium, "phone") as (page, complaints):
        walk.unlock(page, address, _no_look)
        walk.begin(page, _no_look)
        page.locator("[data-camera=start]").click()
        # Not wait_for_function, which evaluates text: the station's own policy forbids that.
        while page.evaluate("document.querySelector('video').videoWidth") == 0:
            page.wait_for_timeout(100)
        page.locator("[data-camera=take]").click()
        page.wait_for_selector(".shot img")
        assert page.evaluate("document.querySelector('.shot img').naturalWidth") == 448
        assert not complaints


def test_a_visit_works_without_scripts(chromium: Browser, address: str, synthetic: Path) -> None:
    from benchmarks.drivers import walk

    with _page(chromium, "phone", scripts=False) as (page, _):
        walk.unlock(page, address, _no_look)
        walk.begin(page, _no_look)
        page.set_input_files("input[name=camera]", synthetic)
        page.locator("[data-send]").click()
        page.wait_for_selector(".shot")
        walk.answer(page, _no_look)
        assert page.locator(".verdict h1").is_visible()


def test_a_visit_works_by_keyboard_alone(chromium: Browser, address: str, synthetic: Path) -> None:
    from benchmarks.drivers import walk

    with _page(chromium, "laptop") as (page, _):

        def reach(selector: str) -> None:
            for _ in range(60):
                if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                    assert page.evaluate("document.activeElement.getBoundingClientRect().width > 1")
                    return
                page.keyboard.press("Tab")
            raise AssertionError(f"Tab does not reach {selector} on {page.url}")

        def press(selector: str, key: str = "Enter") -> None:
            reach(selector)
            page.keyboard.press(key)

        page.goto(f"{address}/unlock")
        # The passphrase has the focus when the page opens.
        page.keyboard.type(walk.PASSPHRASE)
        if page.locator("#repeated").count():
            page.keyboard.press("Tab")
            page.keyboard.type(walk.PASSPHRASE)
            page.keyboard.press("Enter")
            page.wait_for_selector(".key")
            reach("main a.button")
        page.keyboard.press("Enter")
        page.wait_for_url("**/visits")
        press("form[action='/drafts'] button")
        page.wait_for_url("**/consent")
        press("[name=consent]", "Space")
        reach("#patient")
        page.keyboard.type("K-7")
        page.keyboard.press("Enter")
        page.wait_for_url("**/photo")
        with page.expect_file_chooser() as chooser:
            press("input[name=file]", "Space")
        chooser.value.set_files(synthetic)
        page.wait_for_selector(".shot")
        press("main a.button")
        page.wait_for_url("**/questions")
        reach("#age_years")
        page.keyboard.type("63")
        reach("[name=answer_itch]")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert page.locator("[name=answer_itch][value=yes]").is_checked()
        press("form.questions .button")
        page.wait_for_selector(".verdict")
        press("a[href$='/override']")
        page.wait_for_url("**/override")
        press("[name=decision]", "Space")
        reach("#reason")
        page.keyboard.type("It grows.")
        reach("#by")
        page.keyboard.type("Dr A")
        page.keyboard.press("Enter")
        page.wait_for_selector(".verdict")
        press("form[action='/lock'] button")
        page.wait_for_url("**/unlock")


def test_answers_survive_a_reload(chromium: Browser, address: str, synthetic: Path) -> None:
    from benchmarks.drivers import walk

    with _page(chromium, "phone") as (page, _):
        walk.unlock(page, address, _no_look)
        walk.begin(page, _no_look)
        walk.choose(page, synthetic, _no_look)
        page.locator("main a.button").click()
        page.wait_for_url("**/questions")
        with page.expect_response("**/answers"):
            page.locator("[name=answer_bleed][value=yes]").check()
        page.goto(f"{address}/visits")
        page.get_by_text("K-1042").first.click()
        assert page.locator("[name=answer_bleed][value=yes]").is_checked()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_visit_in_each_language_fits_narrow_and_wide_windows_and_large_text(
    chromium: Browser, address: str, synthetic: Path, language: str
) -> None:
    from benchmarks.drivers import walk

    looked: list[str] = []
    with _page(chromium, "phone", language=language) as (page, _):

        def look(name: str) -> None:
            looked.append(name)
            assert page.evaluate("document.documentElement.lang") == language.replace("_", "-")
            for width, scale in ((320, 2), (320, 1), (1280, 2), (1280, 1), (360, 2), (360, 1)):
                assert not walk.overflowing(page, width, scale), (name, width, scale)

        walk.unlock(page, address, look)
        walk.begin(page, look, patient="K-1045-a-long-code-of-a-patient")
        walk.choose(page, synthetic, look)
        walk.answer(page, look, region="lower leg")
        visit = page.url.partition("?")[0]
        walk.decide(page, visit, "cannot assess", look)
        walk.find(page, visit, "yes", look)
        assert page.locator(".verdict.not-referred").is_visible()
        for path in (f"{address}/visits", f"{visit}/history"):
            page.goto(path)
            assert page.locator(".alerts").is_visible()
            look(path)
        walk.decide(page, visit, "refer", look)
        assert page.locator(".verdict.malignant").is_visible()
    assert len(looked) > 10


def test_a_page_that_is_touched_stays_and_one_that_is_left_keeps_what_was_typed(chromium: Browser, address: str) -> None:
    from benchmarks.drivers import walk

    with _page(chromium, "phone") as (page, complaints):
        page.clock.install()
        walk.unlock(page, address, _no_look)
        page.locator("form[action='/drafts'] button").click()
        page.wait_for_url("**/consent")
        page.locator("[name=consent][value=photo]").check()
        told: list[str] = []
        page.on("request", lambda request: told.append(request.url) if request.url.endswith("/alive") else None)
        for letter in "K-77":
            page.clock.fast_forward("10:00")
            page.locator("#patient").press_sequentially(letter)
            page.clock.fast_forward("00:21")
        assert page.url.endswith("/consent") and 4 <= len(told) <= 8
        page.clock.fast_forward("15:03")
        page.wait_for_url("**/consent?kept")
        assert page.input_value("#patient") == "K-77" and page.locator("[name=consent][value=photo]").is_checked()
        assert page.locator("[role=alert]").is_visible()
        # The visit was not moved on.
        page.goto(page.url.replace("consent?kept", "photo"))
        assert page.url.endswith("/consent")
        assert not complaints


def test_what_is_sent_after_a_lock_comes_back(chromium: Browser, address: str, synthetic: Path) -> None:
    from benchmarks.drivers import walk

    with _page(chromium, "phone") as (page, _):
        walk.unlock(page, address, _no_look)
        walk.begin(page, _no_look)
        other = page.context.new_page()
        other.goto(f"{address}/visits")
        other.locator(".top button").click()
        other.wait_for_url("**/unlock")
        page.set_input_files("input[name=file]", synthetic)
        page.wait_for_url("**/unlock")
        page.fill("#passphrase", walk.PASSPHRASE)
        page.locator("main .button").click()
        page.wait_for_url("**/photo?kept")
        page.locator("main .button").click()
        page.wait_for_selector(".shot")
        walk.answer(page, _no_look)
