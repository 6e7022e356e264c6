"""From Python too, a place where nothing can be written is an error of ours, before any work, and nothing is made."""

from __future__ import annotations

import errno
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skinedge import ConfigError, LesionClassifier, calibrate, export, load_model, train
from skinedge.datasets.synthetic import write_synthetic
from skinedge.default_model import default_checkpoint

# The name `skinedge.api.calibrate` is the function's once the front door was used.
calibrating = importlib.import_module("skinedge.api.calibrate")


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("kept")
    return folder / "file" / "below"


def too_long(folder: Path) -> Path:
    return folder / ("n" * 300)


def no_name(folder: Path) -> Path:
    return folder / "a\0b"


PLACES = [below_a_file, too_long, no_name]
WRITERS: dict[str, Callable[[LesionClassifier, Path, Path], Any]] = {
    "save": lambda model, _, place: model.save(place),
    "export": lambda model, _, place: model.export(place, target="onnx", precision="fp32"),
    "report": lambda model, _, place: export(model, out=place.parent / "new", target="onnx", report=f"{place}.html"),
    "train": lambda _, data, place: train(data, out=place, split="none", weights="none"),
}


@pytest.fixture(scope="module")
def model() -> LesionClassifier:
    return load_model("default")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_synthetic(tmp_path_factory.mktemp("data"), photos=6, side_px=64)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_place_that_cannot_be_made(
    model: LesionClassifier, data: Path, tmp_path: Path, writer: str, place: Callable[[Path], Path]
) -> None:
    where = place(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match="cannot write"):
        WRITERS[writer](model, data, where)
    assert sorted(tmp_path.rglob("*")) == before


def refusing(function: Callable[..., Any], closed: Path, number: int) -> Callable[..., Any]:
    """A call of the system that refuses to touch anything in a folder."""

    def called(path: Any, *rest: Any, **more: Any) -> Any:
        if isinstance(path, str | os.PathLike) and closed in Path(path).absolute().parents:
            raise OSError(number, os.strerror(number), os.fspath(path))
        return function(path, *rest, **more)

    return called


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EIO, errno.EPERM])
@pytest.mark.parametrize("writer", ["save", "train"])
def test_what_shows_only_on_writing(
    model: LesionClassifier, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str, number: int
) -> None:
    monkeypatch.setattr(os, "mkdir", refusing(os.mkdir, tmp_path, number))
    with pytest.raises(ConfigError, match="the disk is full" if number == errno.ENOSPC else "cannot use "):
        WRITERS[writer](model, data, tmp_path / "out" / "deeper")


def test_a_checkpoint_that_cannot_be_written_to(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it may lie on a disk that is read-only; what calibration finds in minutes is found by a fake."""

    def refused(folder: Path, *_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(folder / "quantization.json"))

    monkeypatch.setattr(calibrating, "calibrate_checkpoint", refused)
    with pytest.raises(ConfigError, match=r"cannot use .*quantization\.json: Read-only file system"):
        calibrate(default_checkpoint(), data)
