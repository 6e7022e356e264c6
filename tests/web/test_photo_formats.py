"""Photos as phones send them to the station, and what it says of those that it does not take."""

from __future__ import annotations

import html

import pytest

from benchmarks.drivers.client import Browser
from skinedge.web.station import Station
from tests.preprocess.make_photos import FOLDER
from tests.web.test_visits import ANSWERS


def test_a_heic_photo_is_kept_as_it_came_and_shown_as_jpeg(browser: Browser, station: Station) -> None:
    pytest.importorskip("pi_heif")
    data = (FOLDER / "heic_named.jpg").read_bytes()
    draft = browser.start()
    browser.post(f"{draft}/photo", photo=data)
    browser.post(f"{draft}/insist")  # A drawing of two colours has warnings.
    browser.post(f"{draft}/questions", {f"answer_{name}": answer for name, answer in ANSWERS.items()})
    path = browser.path
    assert station.locker.store.photo(path.removeprefix("/visits/")) == data
    shown = browser.get(f"{path}/photo.jpg")
    assert shown.headers["content-type"] == "image/jpeg" and shown.content.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("tiff_named.jpg", "the photo is a TIFF file: set the camera to JPEG"),
        ("hole.jpg", "the photo is damaged or cut short: copy it again"),
        ("torn_profile.jpg", "the photo does not say clearly what its colours mean"),
        ("video_named.jpg", "the photo is a moving picture: take a still photo"),
        ("hdr.png", "turn HDR off in the camera"),
    ],
)
def test_what_is_not_taken_is_named_with_what_to_do(browser: Browser, name: str, says: str) -> None:
    draft = browser.start()
    response = browser.post(f"{draft}/photo", photo=(FOLDER / name).read_bytes())
    assert response.status_code == 400 and says in html.unescape(response.text)
    assert "Use this photo" not in response.text
