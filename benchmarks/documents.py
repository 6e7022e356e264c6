"""Tables of README.md and docs/, worked out of results or read where the program holds them, for their `cog` blocks."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from benchmarks import ROOT
from benchmarks.drivers.degraded import BY_SCORE
from benchmarks.figures import ANDROID, measured, read
from skinedge.benchmark.tables import markdown_table
from skinedge.web import limits
from skinedge.web.sessions import Attempts

CHECKPOINT = ROOT / "skinedge" / "assets" / "checkpoint"


def model_table() -> str:
    """Returns what the embedded model finds on patients it never saw, and what it costs on a computer."""
    found = checkpoint("evaluation")
    metrics, answers = found["metrics"], found["baseline"]["this model's questions"]
    cold, training = read("cold"), read("training")["times_as_fast"]
    return markdown_table(
        [
            ["the embedded model", "measured"],
            ["malignant or benign, patients never seen: AUC", _interval(metrics["malignancy_auc"])],
            ["the same answers alone, without a photo: AUC", _interval(answers["malignancy_auc"])],
            ["malignant photos that it refers (sensitivity)", f"{metrics['malignancy_sensitivity']['value']:.0%}"],
            ["benign photos that it does not refer (specificity)", f"{metrics['malignancy_specificity']['value']:.0%}"],
            ["size as one file for Android, int8, preprocessing inside", f"{measured(ANDROID).program_bytes / 1e6:.2f} MB"],
            [
                "`skinedge screen`, cold start on a computer",
                f"{cold['median_s']:.2f} s, at most {cold['peak_mb']:.0f} MB of memory",
            ],
            ["training, against a plain loop", f"{training['value']:.1f} times as many photos a second"],
        ]
    )


def photo_advice_table() -> str:
    """Returns how often each advice was given, by skin type."""
    found = read("photo-advice")
    head = ["advice", *(f"{group} ({count:,})" for group, count in found["photos"].items())]
    return markdown_table([head, *([code, *map(str, given.values())] for code, given in found["given"].items())])


def photo_thresholds_table() -> str:
    """Returns where the thresholds of the photo advice lie among real photos, as OpenCV measures them."""
    found = read("photo-thresholds")
    table = [[f"measure, on {found['photos']:,} photos", "aim", "value at the aim", "threshold", "photos beyond it"]]
    for name, one in found["measures"].items():
        values = (f"{one[key]:.3g}" for key in ("value_at_aim", "threshold"))
        table.append([f"`{name}`", f"{one['aim']:.1%}", *values, f"{one['share_beyond']:.1%}"])
    return markdown_table(table)


def degraded_table() -> str:
    """Returns what is said of real malignant photos that were made worse, in numbers of photos."""
    found = read("degraded")
    decisions = ("refer", "cannot assess", "photograph again", "watch")
    kinds = found["decisions"]
    answered, blank = kinds
    head = [
        "photo",
        *(f"{decision}, with answers ({found['photos'][answered]})" for decision in decisions),
        "watch, by the score alone",
        *(f"{decision}, without ({found['photos'][blank]})" for decision in decisions),
    ]
    rows = [
        [name, *(str(counts[decision]) for decision in decisions), str(counts[BY_SCORE])]
        + [str(kinds[blank][name][decision]) for decision in decisions]
        for name, counts in kinds[answered].items()
    ]
    return markdown_table([head, *rows])


def things_table() -> str:
    """Returns what is said of drawn things that are no skin."""
    found = read("degraded")["things"]
    decisions = ("refer", "cannot assess", "photograph again", "watch")
    rows = [[name, *(str(counts[decision]) for decision in decisions)] for name, counts in found.items()]
    return markdown_table([["thing", *decisions], *rows])


def station_limits_table() -> str:
    """Returns what the station takes at most, as the code has it."""
    attempts = {name: parameter.default for name, parameter in inspect.signature(Attempts).parameters.items()}
    return markdown_table(
        [
            ["limit", "value"],
            ["life of an unfinished visit, from the last entry", f"{limits.DRAFT_LIFE.days} days"],
            ["time without use until a browser is locked, `--idle-minutes`", f"{limits.IDLE_S / 60:g} minutes"],
            ["wait after five wrong PINs or passphrases, the first", f"{attempts['first_wait_s']:g} seconds"],
            ["the same, the longest", f"{attempts['longest_wait_s'] / 60:g} minutes"],
        ]
    )


def station_load_table() -> str:
    """Returns how long pages and a screening take in a full store, and how much memory the station needs."""
    found = read("station-load")
    table = [[f"{found['visits']:,} visits with photos, {found['device']['cores']} cores", "median", "95th percentile"]]
    for name, text in {
        "list_ms": "the list of visits",
        "visit_ms": "a visit",
        "photo_ms": "its photo",
        "upload_ms": f"upload and decoding of a photo of {found['photo_megapixels']} megapixels",
        "screening_ms": "the advice, with the encrypted record on the disk",
    }.items():
        table.append([text, *(f"{found[name][part]:.0f} ms" for part in ("median", "p95"))])
    table.append(["memory at the start", f"{found['memory_at_start_mib']} MiB", ""])
    table.append(["memory, the most", f"{found['memory_peak_mib']} MiB", ""])
    return markdown_table(table)


def station_fuzz_table() -> str:
    """Returns how the station answered mutated requests."""
    found = read("station-fuzz")
    return markdown_table(
        [
            [f"mutated requests, seed {found['seed']}", f"{found['requests']:,}"],
            ["taken", f"{found['taken']:,}"],
            ["refused, in calm words", f"{found['refused']:,}"],
            ["errors of the server (5xx)", str(sum(n for status, n in found["statuses"].items() if status[0] == "5"))],
        ]
    )


def records_speed_table() -> str:
    """Returns how long a full store takes to read."""
    found = read("records-speed")
    return markdown_table(
        [
            [f"{found['visits']:,} visits with photos of {found['photo_kb']} kB", "slowest of five"],
            ["the list of all", f"{found['list_all_ms']:.0f} ms"],
            ["a page of 50", f"{found['page_ms']:.1f} ms"],
            ["one visit", f"{found['visit_ms']:.1f} ms"],
            ["`skinedge records verify`", f"{found['verify_ms']:.0f} ms"],
            ["memory of the process", f"{found['peak_memory_mib']:.0f} MiB"],
        ]
    )


def checkpoint(name: str) -> dict[str, Any]:
    """Returns what a JSON file of the embedded checkpoint holds."""
    found: dict[str, Any] = json.loads((CHECKPOINT / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _interval(figure: Mapping[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
