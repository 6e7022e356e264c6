"""Files to carry away."""

from __future__ import annotations

from pathlib import Path

import pytest

from skinedge.errors import ConfigError
from skinedge.exchange.delivery import deliver


def test_a_file_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "usb" / "a.pdf"
    assert deliver(path, b"\x00\xff") == path and path.read_bytes() == b"\x00\xff"
    with pytest.raises(ConfigError, match="--overwrite"):
        deliver(path, "other")
    assert path.read_bytes() == b"\x00\xff"
    deliver(path, "ñ\r\n", overwrite=True)
    assert path.read_bytes() == b"\xc3\xb1\r\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["a.pdf"]


def test_a_place_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "below", tmp_path / ("n" * 300)):
        with pytest.raises(ConfigError) as error:
            deliver(path, "x", overwrite=True)
        assert "\n" not in str(error.value)
