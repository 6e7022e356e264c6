"""Goes through a whole visit in a real browser, with a look at each page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

PASSPHRASE = "four quiet words here"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip
"""Chromium asks its maker about the fields of each form that it sees, unless no name is ever looked up."""
Look = Callable[[str], None]
"""Called with the name of each page once it is there."""

_OVERFLOWING = """() => {
  const shown = [...document.querySelectorAll("body *")].filter(
    (e) => e.getBoundingClientRect().width > 1 && !e.closest(".skip, svg"));
  const wide = shown.filter((e) => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1);
  // A field scrolls what is typed into it, and what flows within a line has no box of its own.
  const cut = shown.filter((e) => e.scrollWidth > e.clientWidth + 1 && !e.matches("input, textarea, select")
    && getComputedStyle(e).display !== "inline");
  return [...wide, ...cut].map((e) => e.outerHTML.slice(0, 120));
}"""


def overflowing(page: Page, width: int, text_scale: float = 1) -> list[str]:
    """Elements that a window of this width cuts, or that reach out of it. The page stays like this."""
    page.set_viewport_size({"width": width, "height": 740})
    page.evaluate("scale => { document.documentElement.style.fontSize = `${scale * 112.5}%` }", text_scale)
    found: list[str] = page.evaluate(_OVERFLOWING)
    return found


def decide(page: Page, visit: str, decision: str, look: Look) -> None:
    """A supervisor decides on a visit, and is back on its page."""
    page.goto(f"{visit}/override")
    look("override")
    page.locator(f"[name=decision][value='{decision}']").check()
    page.fill("#reason", "It bled again yesterday.")
    page.fill("#by", "Dr Asha Mwangi-Okonkwo")
    page.locator("main .button").click()
    page.wait_for_selector(".verdict")
    look("decided")


def find(page: Page, visit: str, malignant: str, look: Look) -> None:
    """What was found later is entered."""
    page.goto(f"{visit}/outcome")
    look("outcome")
    page.fill("#label", "squamous cell carcinoma")
    page.locator(f"[name=malignant][value={malignant}]").check()
    page.fill("#by", "Dr Neema")
    page.locator("main .button").click()
    page.wait_for_selector(".verdict")
    look("found")


def unlock(page: Page, address: str, look: Look) -> None:
    """Sets the station up, or unlocks it."""
    page.goto(address)
    look("unlock" if page.locator("#repeated").count() == 0 else "setup")
    first = page.locator("#repeated").count() > 0
    if first:
        page.fill("#repeated", PASSPHRASE)
    page.fill("#passphrase", PASSPHRASE)
    page.locator("main .button").click()
    if first:
        page.wait_for_selector(".key")
        look("recovery_key")
        page.locator("main form .button").click()
    page.wait_for_url("**/visits")


def begin(page: Page, look: Look, *, patient: str = "K-1042", agreement: str = "photo") -> None:
    """From the list to the photo."""
    look("visits")
    page.locator("form[action='/drafts'] button").click()
    page.wait_for_url("**/consent")
    look("consent")
    page.locator(f"[name=consent][value={agreement}]").check()
    page.fill("#patient", patient)
    page.locator("main .button").first.click()
    page.wait_for_url("**/photo")
    look("photo")


def choose(page: Page, photo: Path, look: Look) -> None:
    page.set_input_files("input[name=file]", photo)
    page.wait_for_selector(".shot")
    look("preview")


def answer(page: Page, look: Look, *, age_years: int = 63, region: str = "face", symptoms: str = "yes") -> None:
    """From the photo to the advice; itch and bleeding are answered, the other symptoms are not."""
    page.locator("main a.button").click()
    page.wait_for_url("**/questions")
    look("questions")
    page.fill("#age_years", str(age_years))
    page.select_option("#region", region)
    for name in ("itch", "bleed"):
        page.locator(f"[name=answer_{name}][value={symptoms}]").check()
    page.locator("form.questions .button").click()
    page.wait_for_selector(".verdict")
    look("result")
