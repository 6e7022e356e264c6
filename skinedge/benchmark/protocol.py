"""The protocol of measurements, read from `benchmarks/protocol.toml`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from skinedge.contract import Frozen
from skinedge.errors import ConfigError
from skinedge.settings import parse_toml, shipped

MAXIMUM_THREADS = 64


class PhoneProtocol(Frozen):
    """How phones are measured: the table `phones`."""

    warm_ups: int = Field(ge=0, description="answers of a run that are not counted")
    answers: int = Field(ge=2, description="timed answers of a run")
    interval_share: float = Field(
        gt=0, lt=1, description="runs repeat until the 95 % interval of the median is this narrow, as a share of the median"
    )
    maximum_runs: int = Field(ge=2, description="most runs on a phone")
    maximum_start_celsius: float = Field(description="no run starts on a phone whose battery is warmer")
    cool_down_s: float = Field(ge=0, description="pause between two runs")
    patience_s: float = Field(gt=0, description="longest wait for a phone to cool down, and for a run to end")


class Protocol(Frozen):
    """How programs are measured on this computer."""

    warm_ups: int = Field(ge=0, description="runs of each candidate that are not counted")
    rounds: int = Field(ge=2, description="counted rounds; each candidate runs once a round")
    cool_down_s: float = Field(ge=0, description="pause before each number of threads")
    threads: tuple[int, ...] = Field(min_length=1, description="numbers of threads to measure with")
    cold_starts: int = Field(ge=0, description="fresh processes a candidate: load, first answer, peak memory")
    photo_width_px: int = Field(ge=448, description="width of the synthetic photo")
    photo_height_px: int = Field(ge=448, description="height of the synthetic photo")
    bootstrap_rounds: int = Field(ge=100, description="resamplings behind each 95 % interval")
    smallest_difference: float = Field(gt=0, lt=1, description="ratios closer to 1 than this are no difference, as a share")
    phones: PhoneProtocol = Field(description="how phones are measured; a table of its own")


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
