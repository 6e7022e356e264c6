"""Tables and pictures of the benchmark pages, worked out of results: what the `cog` blocks of their documents call.

`make documents` runs this module to draw the pictures, and `cog` to write the tables.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from benchmarks import RESULTS, ROOT
from benchmarks.arm import tables
from benchmarks.export_table import table as parity_table
from skinedge.benchmark.picture import draw
from skinedge.benchmark.protocol import load_protocol
from skinedge.benchmark.results import Measured, Results
from skinedge.benchmark.statistics import paired_ratio
from skinedge.benchmark.tables import markdown_table, measured_on, rows

PICTURE = ROOT / "benchmarks" / "pictures" / "host.svg"
ANDROID, TORCH, BARE = "skinedge android int8", "skinedge in torch", "bare MobileNet-V2"
OPENCV, OPENCV_INT8 = "OpenCV + MobileNet-V2", "OpenCV + MobileNet-V2, dynamic"


def draw_pictures() -> None:
    """Every picture of the documents that is made from results."""
    draw(host(), PICTURE, agreement_on_photos(), of="photos")


@cache
def host() -> Results:
    return Results.load(RESULTS / "host.json")


def agreement_on_photos() -> dict[str, float]:
    """By candidate, the decision agreement with the fp32 network on real photos; the network agrees with itself."""
    found = read("parity-targets")
    shares = {f"skinedge {name}": one["photos"]["decision_agreement"] for name, one in found.items() if one["photos"]}
    return {TORCH: 1.0, **shares}


def host_conditions() -> str:
    """Returns when, where and with what the host grid was measured."""
    return measured_on(host())


def host_table() -> str:
    """Returns the host grid: a row for each candidate and number of threads."""
    return markdown_table(rows(host()))


def ratios_table() -> str:
    """Returns how many times as long the int8 program for Android takes as what people would use instead."""
    table = [
        ["against", "ratio", "95 % interval"],
        ["the bare fp32 backbone in ExecuTorch, fed no photo; ours from file to decision", *_ratio(_total(ANDROID), BARE)],
        ["the same backbone; of ours the exported program alone", *_ratio(_program(ANDROID), BARE)],
        ["MobileNet-V2 fp32 in ONNX Runtime behind OpenCV", *_ratio(_total(ANDROID), OPENCV)],
        ["the same with dynamic int8", *_ratio(_total(ANDROID), OPENCV_INT8)],
        ["the fp32 network that it was made from, in torch", *_ratio(_total(ANDROID), TORCH)],
    ]
    return markdown_table(table)


def protocol_table() -> str:
    """Returns what `benchmarks/protocol.toml` sets for a run on this computer."""
    protocol = load_protocol()
    return markdown_table(
        [
            ["setting", "value"],
            ["photo", f"{protocol.photo_width_px} x {protocol.photo_height_px} px"],
            ["warm-ups, not counted", str(protocol.warm_ups)],
            ["rounds", str(protocol.rounds)],
            ["threads", ", ".join(map(str, protocol.threads))],
            ["fresh processes, for load time and peak memory", str(protocol.cold_starts)],
            ["smallest difference that `compare` reports", f"{protocol.smallest_difference:.0%}"],
        ]
    )


def preprocessing_table() -> str:
    """Returns what the preprocessing takes of a program's time."""
    lines = [["runtime", "threads", "preprocessing", "network", "share of the program"]]
    for one in read("preprocessing")["shares"]:
        parts = [float(np.median(one["milliseconds"][part])) for part in ("preprocessing", "network")]
        lines.append(
            [
                f"{one['runtime']} {one['version']}",
                str(one["threads"]),
                *(f"{taken:.1f} ms" for taken in parts),
                f"{parts[0] / sum(parts):.0%}",
            ]
        )
    return markdown_table(lines)


def cold_table() -> str:
    """Returns what a cold start of the plain install takes, with its limits."""
    found, installed = read("cold"), read("plain-install")
    return markdown_table(
        [
            ["a fresh process screens the photo", "measured", "limit"],
            ["time, median", f"{found['median_s']:.2f} s", f"{found['limit_s']:g} s"],
            ["time, slowest", f"{found['slowest_s']:.2f} s", ""],
            ["peak memory", f"{found['peak_mb']:.0f} MB", f"{found['limit_mb']:g} MB"],
            ["all installed packages", f"{installed['plain_mb']:.0f} MB", ""],
            ["the same with the extra `station`", f"{installed['station_mb']:.0f} MB", ""],
        ]
    )


def training_table() -> str:
    """Returns the images a second of our training loop and of a plain one, medians over epochs."""
    found = read("training")
    ratio = found["times_as_fast"]
    return markdown_table(
        [
            [f"{found['photos']} photos at {found['side_px']} px, {found['device']['cores']} cores, no GPU", "value"],
            ["our loop", f"{np.median(found['ours']):.1f} images a second"],
            ["plain loop", f"{np.median(found['plain']):.1f} images a second"],
            ["ratio, 95 % interval", f"{ratio['value']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})"],
            ["reading all photos once, before the first epoch of ours", f"{found['reading_s']:.1f} s"],
        ]
    )


def planted_table() -> str:
    """Returns how often the comparison missed a planted slowdown, and how often it raised a false alarm."""
    found = read("planted")
    slowed, same = ([one["ratio"] for one in found["changes"][name]] for name in ("slowed", "identical"))
    return markdown_table(
        [
            ["the bundle is compared with", "repeats", "wrong verdicts", "median ratio", "ratios"],
            [
                "a copy that was slowed on purpose",
                str(found["repeats"]),
                f"{found['missed']} missed",
                *_spread(slowed),
            ],
            ["an identical copy", str(found["repeats"]), f"{found['false_alarms']} false alarms", *_spread(same)],
        ]
    )


def export_table() -> str:
    """Returns every exported program against fp32."""
    return parity_table(read("parity-targets"))


def onnx2tf_table() -> str:
    """Returns what onnx2tf makes of our ONNX files, against ONNX Runtime."""
    return parity_table(read("parity-onnx2tf"), "tflite_size_bytes")


def arm_parity_table() -> str:
    """Returns the answers on imitated ARM processors against this computer's."""
    return tables.parity_table(read("parity-arm"))


def arm_counts_table() -> str:
    """Returns the instructions of an inference on imitated ARM processors."""
    return tables.counts_table(read("arm"))


def read(name: str) -> dict[str, Any]:
    """Returns what `benchmarks/results/NAME.json` holds."""
    found: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def measured(candidate: str) -> Measured:
    """Returns a candidate of the host grid, at the first number of threads."""
    return next(one for one in host().measured if one.candidate == candidate)


def _total(candidate: str) -> np.ndarray:
    return np.array(measured(candidate).total_ms)


def _program(candidate: str) -> np.ndarray:
    return np.array(measured(candidate).stages_ms["program"])


def _ratio(ours: np.ndarray, other: str) -> tuple[str, str]:
    found = paired_ratio(ours, measured(other).total_ms, rounds=host().protocol.bootstrap_rounds)
    return f"{found.value:.2f}", f"{found.low:.2f} to {found.high:.2f}"


def _spread(ratios: list[float]) -> tuple[str, str]:
    return f"{np.median(ratios):.2f}", f"{min(ratios):.3f} to {max(ratios):.3f}"


if __name__ == "__main__":
    draw_pictures()
