"""`make screenshots`: the main pages of the station as small pictures for the documentation. Synthetic lesions only."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.drivers import walk
from benchmarks.drivers.serving import serving
from skinedge.datasets.synthetic import write_synthetic

COLOURS = 96


def main(out: Path) -> None:
    """Writes `<size>-<page>.png`, and `slip.png`."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        synthetic = write_synthetic(Path(folder) / "synthetic", photos=12, side_px=1200)
        photos = sorted((synthetic / "images").iterdir())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=walk.FLAGS)
        with serving(Path(folder) / "records", "--site", "Posto Norte") as (address, _):
            for size, viewport, scheme in (
                ("phone", (360, 740), "light"),
                ("laptop", (1280, 800), "light"),
                ("dark", (360, 740), "dark"),
            ):
                context = browser.new_context(
                    viewport={"width": viewport[0], "height": viewport[1]}, color_scheme=scheme, locale="en"
                )
                page = context.new_page()
                _walk(page, address, photos, out, size)
                context.close()
        browser.close()


def _walk(page: Page, address: str, photos: list[Path], out: Path, size: str) -> None:
    wanted = {"phone": {"setup", "consent", "preview", "questions", "refer", "watch", "visits", "camera", "alert"}}
    chosen = wanted.get(size, {"refer"})

    def shoot(name: str) -> None:
        if name in chosen:
            _save(Image.open(io.BytesIO(page.screenshot(full_page=True))), out / f"{size}-{name}.png")

    def during(decision: str) -> walk.Look:
        return lambda name: shoot(decision if name == "result" else name if name != "visits" else "")

    walk.unlock(page, address, during("refer"))
    walk.begin(page, during("refer"), patient="K-1042")
    if "camera" in chosen:
        page.locator("[data-camera=start]").click()
        page.wait_for_timeout(1500)
        shoot("camera")
    walk.choose(page, photos[0], during("refer"))
    walk.answer(page, during("refer"))
    page.goto(f"{address}/visits")
    walk.begin(page, during(""), patient="K-1043")
    walk.choose(page, photos[-1], during(""))
    walk.answer(page, during("watch"), age_years=24, region="back", symptoms="no")
    visit = page.url.partition("?")[0]
    page.goto(f"{address}/visits")
    shoot("visits")
    if "alert" in chosen:
        slip = page.context.request.get(f"{visit}/slip.pdf").body()
        _save(pypdfium2.PdfDocument(slip)[0].render(scale=1.2).to_pil(), out / "slip.png")
        walk.find(page, visit, "yes", lambda name: shoot("alert" if name == "found" else ""))


def _save(picture: Image.Image, path: Path) -> None:
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
