"""Small charts as inline SVG with real text, drawn by hand: the plain install has no plotting library."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

INK, WARM, COOL, PALE = "#3d3a36", "#a4492f", "#4a7c88", "#d9d4cb"
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 200, 44, 26, 12


def stacked_bars(names: Sequence[str], layers: Sequence[tuple[str, str, Sequence[int]]], *, title: str) -> Markup:
    """Counts over time. Each layer is a name, a colour and one count a bar."""
    heights = [sum(values) for values in zip(*(values for _, _, values in layers), strict=True)]
    most = max([1, *heights])
    step = (_WIDTH - _LEFT) / max(len(names), 1)
    parts = [_axis(str(most), "0")]
    for place in range(len(names)):
        base = 0.0
        for name, colour, values in layers:
            if values[place]:
                height = values[place] / most * _inner()
                y = _HEIGHT - _BOTTOM - base - height
                label = f"{names[place]}: {values[place]} {name}"
                parts.append(_bar(_LEFT + place * step + 1, y, max(step - 2, 1), height, colour, label))
                base += height
    # As many labels as fit beside each other.
    every = max(1, -(-len(names) * 80 // (_WIDTH - _LEFT)))
    parts += [_label(_LEFT + (i + 0.5) * step, _HEIGHT - 8, name) for i, name in enumerate(names) if i % every == 0]
    return _svg(title, parts)


def two_histograms(
    found: Sequence[float], expected: Sequence[float], *, threshold: float | None, title: str, groups: int = 25
) -> Markup:
    """Two histograms over 0 to 1, each as shares of its own total: bars for the observed, a line for the expected."""
    shares = [_shares(counts, groups) for counts in (found, expected)]
    most = max([0.01, *shares[0], *shares[1]])
    step = (_WIDTH - _LEFT) / groups
    parts = [_axis(f"{most:.0%}", "0")]
    for place, share in enumerate(shares[0]):
        height = share / most * _inner()
        label = f"{place / groups:.2f} to {(place + 1) / groups:.2f}: {share:.1%}"
        parts.append(_bar(_LEFT + place * step, _HEIGHT - _BOTTOM - height, step - 1, height, COOL, label))
    line = " ".join(
        f"{_LEFT + x * step:.1f},{_HEIGHT - _BOTTOM - share / most * _inner():.1f}"
        for place, share in enumerate(shares[1])
        for x in (place, place + 1)
    )
    if any(shares[1]):
        parts.append(f'<polyline points="{line}" fill="none" stroke="{WARM}" stroke-width="2"/>')
    if threshold is not None:
        x = _LEFT + threshold * (_WIDTH - _LEFT)
        parts.append(f'<path d="M{x:.1f} {_TOP}V{_HEIGHT - _BOTTOM}" stroke="{INK}" stroke-dasharray="4 3"/>')
    for at, anchor in ((0, "start"), (0.25, "middle"), (0.5, "middle"), (0.75, "middle"), (1, "end")):
        parts.append(_label(_LEFT + at * (_WIDTH - _LEFT), _HEIGHT - 8, f"{at:g}", anchor))
    return _svg(title, parts)


def interval_bar(value: float | None, interval: tuple[float, float] | None) -> Markup:
    """A share of 0..1 with its interval, small enough for the cell of a table."""
    parts = [f'<path d="M5 8H95" stroke="{PALE}"/>']
    if value is not None and interval is not None:
        low, high = (5 + 90 * end for end in interval)
        parts.append(f'<path d="M{low:.1f} 8H{high:.1f}" stroke="{COOL}" stroke-width="4"/>')
        parts.append(f'<circle cx="{5 + 90 * value:.1f}" cy="8" r="4" fill="{INK}"/>')
    return Markup('<svg viewBox="0 0 100 16" width="100" height="16" aria-hidden="true">' + "".join(parts) + "</svg>")


def _shares(counts: Sequence[float], groups: int) -> list[float]:
    size, total = len(counts) // groups, sum(counts) or 1
    return [sum(counts[start : start + size]) / total for start in range(0, size * groups, size)]


def _inner() -> float:
    return _HEIGHT - _BOTTOM - _TOP


def _bar(x: float, y: float, width: float, height: float, colour: str, label: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">'
        f"<title>{escape(label)}</title></rect>"
    )


def _label(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _axis(top: str, bottom: str) -> str:
    return (
        f'<path d="M{_LEFT} {_HEIGHT - _BOTTOM}H{_WIDTH}" stroke="{INK}"/>'
        + _label(_LEFT - 6, _TOP + 8, top, "end")
        + _label(_LEFT - 6, _HEIGHT - _BOTTOM, bottom, "end")
    )


def _svg(title: str, parts: Sequence[str]) -> Markup:
    body = "".join(parts)
    return Markup(f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title)}">{body}</svg>')
