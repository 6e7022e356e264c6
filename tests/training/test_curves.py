"""The training log of a run that was stopped and went on."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from skinedge.training.curves import METRICS, draw_curves, set_aside


def test_what_was_logged_before_is_kept_and_drawn(tmp_path: Path) -> None:
    log, picture = tmp_path / "log", tmp_path / "curves.png"
    set_aside(log)
    draw_curves(log, picture)
    assert not picture.exists(), "nothing was logged"
    log.mkdir()
    for start in (0, 2):
        (log / METRICS).write_text(f"epoch,step,train_wce\n{start},1,0.5\n{start + 1},2,0.25\n")
        set_aside(log)
        assert not (log / METRICS).exists()
    assert (log / "metrics-0.csv").read_text().splitlines()[1] == "0,1,0.5"
    assert (log / "metrics-1.csv").read_text().splitlines()[1] == "2,1,0.5"
    (log / METRICS).write_text("epoch,step,train_wce,val_wce\n4,1,0.2,0.9\n")
    draw_curves(log, picture)
    with Image.open(picture) as drawn:
        assert drawn.width > 1.5 * drawn.height, "both quantities are drawn"
