"""Figures of the documents that are worked out of results, or read where the program holds them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import RESULTS, ROOT, export_table
from benchmarks.arm import tables
from skinedge.benchmark.picture import draw
from skinedge.benchmark.protocol import load_protocol
from skinedge.benchmark.results import Measured, Results
from skinedge.benchmark.statistics import paired_ratio
from skinedge.benchmark.tables import markdown_table, measured_on, rows
from skinedge.datasets.pad_ufes_20 import PUBLISHED_ROWS
from skinedge.exchange.drift import FEW
from skinedge.web import limits
from skinedge.web.sessions import Attempts

PICTURE = ROOT / "benchmarks" / "pictures" / "host.svg"
EVALUATION = ROOT / "skinedge" / "assets" / "checkpoint" / "evaluation.json"
ANDROID, TORCH, BARE = "skinedge android int8", "skinedge in torch", "bare MobileNet-V2"
OPENCV, OPENCV_INT8 = "OpenCV + MobileNet-V2", "OpenCV + MobileNet-V2, dynamic"


def draw_pictures() -> None:
    """Every picture of the documents that is made from results."""
    draw(host(), PICTURE, agreement_on_photos(), of="photos")


@cache
def host() -> Results:
    return Results.load(RESULTS / "host.json")


def agreement_on_photos() -> dict[str, float]:
    """By candidate, the share of real photos with the same advice as the fp32 network, which agrees with itself."""
    found = _read(RESULTS / "parity-targets.json")
    shares = {f"skinedge {name}": one["photos"]["decision_agreement"] for name, one in found.items() if one["photos"]}
    return {TORCH: 1.0, **shares}


def times_as_long(candidate: str, other: str) -> str:
    """Ratio of median latencies in the same rounds, at the first number of threads, with its 95 % interval."""
    found = paired_ratio(_of(candidate).total_ms, _of(other).total_ms, rounds=host().protocol.bootstrap_rounds)
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def program_only() -> str:
    """What the exported program takes, against the bare backbone that is fed no photo."""
    program = np.array(_of(ANDROID).stages_ms["program"])
    found = paired_ratio(program, _of(BARE).total_ms, rounds=host().protocol.bootstrap_rounds)
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def preprocessing_table() -> str:
    """What the preprocessing takes of a program's time."""
    lines = [["runtime", "threads", "preprocessing", "network", "share of the program"]]
    for one in _read(RESULTS / "preprocessing.json")["shares"]:
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


def training() -> dict[str, Any]:
    """Images a second, medians over epochs."""
    found = _read(RESULTS / "training.json")
    return found | {name: float(np.median(found[name])) for name in ("ours", "plain")}


def planted() -> dict[str, Any]:
    """The planted slowdowns, and the largest ratio of what was the same."""
    found = _read(RESULTS / "planted.json")
    slowed, same = ([one["ratio"] for one in found["changes"][name]] for name in ("slowed", "identical"))
    return found | {"slowed_median": float(np.median(slowed)), "identical_low": min(same), "identical_high": max(same)}


def photo_advice_table() -> str:
    """How often each advice was given, by skin type."""
    found = _read(RESULTS / "photo-advice.json")
    head = ["advice", *(f"{group} ({count:,})" for group, count in found["photos"].items())]
    return markdown_table([head, *([code, *map(str, given.values())] for code, given in found["given"].items())])


def station() -> dict[str, float]:
    """What the station takes at most, as the code has it."""
    attempts = {name: parameter.default for name, parameter in inspect.signature(Attempts).parameters.items()}
    return {
        "drafts": limits.DRAFTS,
        "draft_hours": limits.DRAFT_LIFE_S / 3600,
        "idle_minutes": limits.IDLE_S / 60,
        "first_wait_s": attempts["first_wait_s"],
        "longest_wait_minutes": attempts["longest_wait_s"] / 60,
    }


def _of(candidate: str) -> Measured:
    return next(one for one in host().measured if one.candidate == candidate)


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


FIGURES: Mapping[str, Callable[[], Any]] = {
    "export_table": lambda: export_table.table(_read(RESULTS / "parity-targets.json")),
    "onnx2tf_table": lambda: export_table.table(_read(RESULTS / "parity-onnx2tf.json"), "tflite_size_bytes"),
    "host": lambda: measured_on(host()),
    "host_table": lambda: markdown_table(rows(host())),
    "android_size_mb": lambda: _of(ANDROID).program_bytes / 1e6,
    "android_to_bare": lambda: times_as_long(ANDROID, BARE),
    "android_program_to_bare": program_only,
    "android_to_opencv": lambda: times_as_long(ANDROID, OPENCV),
    "android_to_opencv_int8": lambda: times_as_long(ANDROID, OPENCV_INT8),
    "android_to_torch": lambda: times_as_long(ANDROID, TORCH),
    "preprocessing_table": preprocessing_table,
    "arm_counts_table": lambda: tables.counts_table(_read(RESULTS / "arm.json")),
    "arm_parity_table": lambda: tables.parity_table(_read(RESULTS / "parity-arm.json")),
    "training_speed": training,
    "planted_slowdowns": planted,
    "photo_advice_table": photo_advice_table,
    "protocol": load_protocol,
    "station": station,
    "least_scores": lambda: FEW,
    "cohort": lambda: _read(EVALUATION)["cohort"],
    "unseen": lambda: _read(EVALUATION)["metrics"],
    "answers_alone": lambda: _read(EVALUATION)["baseline"]["this model's questions"],
    "published_images": lambda: PUBLISHED_ROWS,
    "quantization": lambda: _read(EVALUATION.with_name("quantization.json")),
}
