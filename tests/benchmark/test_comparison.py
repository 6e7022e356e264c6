"""When a difference is called one: planted slowdowns are found, noise is not."""

from __future__ import annotations

import numpy as np
import pytest

from skinedge.benchmark.comparison import compare
from skinedge.benchmark.protocol import Protocol, load_protocol
from skinedge.benchmark.results import Measured, Results
from skinedge.benchmark.statistics import latency, paired_ratio
from skinedge.errors import ConfigError

PROTOCOL: Protocol = load_protocol()


def results(times_ms: dict[str, float], *, seed: int, load: float = 1.0, rounds: int = 40) -> Results:
    """Two candidates on a noisy machine: skewed samples, bursts that fall on both, and a load on the whole run."""
    rng = np.random.default_rng(seed)
    bursts = load * np.where(rng.random(rounds) < 0.15, rng.uniform(1, 3, rounds), 1)
    return Results.of(
        PROTOCOL,
        tuple(
            Measured(
                candidate=name,
                runtime="none",
                precision="fp32",
                threads=1,
                program_bytes=1,
                stages_ms={"program": tuple(typical * bursts * rng.gamma(150, 1 / 150, rounds))},
            )
            for name, typical in times_ms.items()
        ),
    )


def verdict(before: Results, after: Results) -> str:
    reference, (change,) = compare(before, after)
    assert reference == "baseline"
    return change.verdict


def test_the_same_program_on_a_busier_machine_raises_no_alarm_in_a_hundred_runs() -> None:
    times = {"skinedge": 30.0, "baseline": 20.0}
    found = [verdict(results(times, seed=2 * i), results(times, seed=2 * i + 1, load=1.5)) for i in range(100)]
    assert set(found) == {"no difference"}


@pytest.mark.parametrize(("factor", "expected"), [(1.3, "slower"), (0.75, "faster")])
def test_a_planted_change_is_found_every_time(factor: float, expected: str) -> None:
    before, after = {"skinedge": 30.0, "baseline": 20.0}, {"skinedge": 30.0 * factor, "baseline": 20.0}
    found = [verdict(results(before, seed=2 * i), results(after, seed=2 * i + 1)) for i in range(20)]
    assert set(found) == {expected}


def test_the_more_the_yardstick_moved_the_more_it_takes_to_call_a_difference() -> None:
    times, slower = {"skinedge": 30.0, "baseline": 20.0}, {"skinedge": 30.0 * 1.2, "baseline": 20.0}
    assert verdict(results(times, seed=0), results(slower, seed=1)) == "slower"
    _, (change,) = compare(results(times, seed=0), results(slower, seed=1, load=3.0))
    assert change.verdict == "no difference" and change.ratio > 1.15 and change.margin > 1.5
    # A slowdown that is larger than what can be said of such runs is found all the same.
    assert verdict(results(times, seed=0), results({"skinedge": 80.0, "baseline": 20.0}, seed=1, load=3.0)) == "slower"


def test_without_a_reference_in_common_a_busy_machine_looks_slow_and_the_caller_knows() -> None:
    reference, (change,) = compare(results({"skinedge": 30.0}, seed=0), results({"skinedge": 30.0}, seed=1, load=1.5))
    assert reference is None and change.verdict == "slower"


def test_runs_with_nothing_in_common_and_unknown_yardsticks_are_refused() -> None:
    one, other = results({"skinedge": 30.0}, seed=0), results({"else": 30.0}, seed=1)
    with pytest.raises(ConfigError, match="no candidate in common"):
        compare(one, other)
    with pytest.raises(ConfigError, match="expected one of skinedge"):
        compare(one, one, reference="sundial")


def test_percentiles_and_intervals() -> None:
    samples = np.arange(1, 102, dtype=np.float64)
    found = latency(samples, rounds=500)
    assert (found.p50, found.p90, found.p99, found.mean) == (51, 91, 100, 51)
    assert found.low < 51 < found.high
    ratio = paired_ratio(3 * samples, samples, rounds=500)
    assert (ratio.value, ratio.low, ratio.high) == pytest.approx((3, 3, 3))
    with pytest.raises(ValueError, match="got 101 and 2"):
        paired_ratio(samples, samples[:2], rounds=10)
