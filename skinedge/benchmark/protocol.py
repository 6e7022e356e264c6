"""How things are measured, read from `benchmarks/protocol.toml`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from skinedge.contract import Frozen
from skinedge.errors import ConfigError
from skinedge.settings import parse_toml, shipped

MAXIMUM_THREADS = 64


class PhoneProtocol(Frozen):
    """How phones are measured; comments as above."""

    warm_ups: int = Field(ge=0)
    answers: int = Field(ge=2)
    interval_share: float = Field(gt=0, lt=1)
    maximum_runs: int = Field(ge=2)
    maximum_start_celsius: float
    cool_down_s: float = Field(ge=0)
    patience_s: float = Field(gt=0)


class Protocol(Frozen):
    """The comments of `benchmarks/protocol.toml` say what each number means."""

    warm_ups: int = Field(ge=0)
    rounds: int = Field(ge=2)
    cool_down_s: float = Field(ge=0)
    threads: tuple[int, ...] = Field(min_length=1)
    cold_starts: int = Field(ge=0)
    photo_width_px: int = Field(ge=448)
    photo_height_px: int = Field(ge=448)
    bootstrap_rounds: int = Field(ge=100)
    smallest_difference: float = Field(gt=0, lt=1)
    phones: PhoneProtocol


def load_protocol(path: Path | None = None) -> Protocol:
    """The protocol from a TOML file, or the repository's.

    Raises: ConfigError where there is none, or it says something a protocol does not have.
    """
    path = path or shipped("benchmarks/protocol.toml", "benchmark/protocol.toml")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the protocol {path}: {error}; give one with --protocol") from None
    protocol = parse_toml(text, Protocol, str(path))
    for threads in protocol.threads:
        if not 1 <= threads <= MAXIMUM_THREADS:
            raise ConfigError(f"{path}: threads: got {threads}, expected numbers from 1 to {MAXIMUM_THREADS}")
    return protocol
