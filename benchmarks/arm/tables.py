"""Results of the imitated processors as tables, and what changed between two counts."""

from __future__ import annotations

from typing import Any

from skinedge.benchmark.tables import markdown_table

WHOLE, BARE = "int8", "bare MobileNet-V2 fp32"
SAME = 0.02
"""A count that moved by less is no difference: the preprocessing alone differs by one percent from repeat to repeat."""


def counts_table(results: dict[str, Any]) -> str:
    """Millions of instructions of one inference, by program and processor."""
    counts: dict[str, dict[str, list[int]]] = results["counts"]
    processors = list(counts[WHOLE])
    head = ["program", *(text for cpu in processors for text in (cpu, "against the bare backbone")), "repeats differ by"]
    rows = []
    for name, found in counts.items():
        cells = [(fewest(found[cpu]), fewest(counts[BARE][cpu])) for cpu in processors]
        rows.append(
            [
                name,
                *(text for own, bare in cells for text in (f"{own / 1e6:.1f} million", f"{own / bare:.2f}")),
                f"{spread(found):.2%}",
            ]
        )
    return markdown_table([head, *rows])


def parity_table(results: dict[str, Any]) -> str:
    """How far the answers of an imitated processor are from this computer's."""
    head = ["program", "processor", "compared on", "largest difference", "same advice", "spread of the score", "control"]
    rows = [
        [
            run["program"],
            run["processor"],
            f"{run['n']} {run['samples']}",
            f"{run['largest_difference']:.1e}",
            f"{run['decision_agreement']:.1%}",
            f"{run['spread']:.2f}",
            f"{run['control_difference']:.2f}",
        ]
        for run in results["runs"]
    ]
    return markdown_table([head, *rows])


def fewest(repeats: list[int]) -> int:
    """Of the repeats: a process may do more than it must, such as wait for another thread, but not less."""
    return min(repeats)


def spread(found: dict[str, list[int]]) -> float:
    """How far the repeats of a program are apart, on the processor where that is furthest: a share of the fewest."""
    return max(max(repeats) / fewest(repeats) - 1 for repeats in found.values())


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, str, float, str]]:
    """Program, processor, ratio of instructions new to old, and a verdict, for what both have counted."""
    found = []
    for name, counted in new["counts"].items():
        for cpu, repeats in counted.items():
            if before := old["counts"].get(name, {}).get(cpu):
                ratio = fewest(repeats) / fewest(before)
                verdict = "no difference" if abs(ratio - 1) < SAME else "more" if ratio > 1 else "fewer"
                found.append((name, cpu, ratio, verdict))
    return found
