"""Plots as SVG, by hand: bars for what is compared, lines for shapes. Readable on a light and on a dark page."""

from collections.abc import Mapping, Sequence
from html import escape
from math import log10
from typing import NamedTuple

from benchmarks.outcome import text

WIDTH = 900
LABEL = 370
ROW = 26
HEAD = 46
FIGURE = 150  # right of the bars, for their numbers
OURS, THEIRS = "#c2410c", "#64748b"
COLOURS = ("#c2410c", "#2563eb", "#059669", "#7c3aed")
STYLE = (
    "<style>text{font:13px system-ui,sans-serif;fill:#334155}.t{font-size:15px;font-weight:600}.a{stroke:#94a3b8}"
    "@media(prefers-color-scheme:dark){text{fill:#cbd5e1}}</style>"
)


class Bar(NamedTuple):
    """One contender: the median, the lowest and the highest of its runs."""

    label: str
    value: float
    low: float
    high: float
    ours: bool


class Chart(NamedTuple):
    """A title that says what is longer, and the bars."""

    title: str
    bars: Sequence[Bar]


def bars(charts: Sequence[Chart]) -> str:
    """Draw charts below one another: a bar each, with a whisker from the lowest to the highest run."""
    parts, top = [], 0
    for chart in charts:
        parts += _chart(chart, top)
        top += HEAD + ROW * len(chart.bars) + 12
    return _svg(WIDTH, max(top, 1), parts)


def _chart(chart: Chart, top: int) -> list[str]:
    most = max((bar.high for bar in chart.bars), default=0) or 1
    scale = (WIDTH - LABEL - FIGURE) / most
    parts = [f'<text class="t" x="8" y="{top + 26}">{escape(chart.title)}</text>']
    for number, bar in enumerate(chart.bars):
        y = top + HEAD + number * ROW
        middle, colour = y + 9, OURS if bar.ours else THEIRS
        parts += [
            f'<text x="{LABEL - 8}" y="{y + 14}" text-anchor="end">{escape(bar.label)}</text>',
            f'<rect x="{LABEL}" y="{y}" width="{bar.value * scale:.1f}" height="18" rx="2" fill="{colour}"/>',
            f'<text x="{LABEL + bar.high * scale + 8:.1f}" y="{y + 14}">{escape(text(bar.value))}</text>',
        ]
        if bar.high > bar.low:
            low, high = LABEL + bar.low * scale, LABEL + bar.high * scale
            parts.append(f'<path class="a" fill="none" d="M{low:.1f} {middle}H{high:.1f}"/>')
    return parts


def lines(title: str, across: str, series: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Draw lines over a logarithmic axis; every point has its figure."""
    points = [point for line in series.values() for point in line]
    if not points:
        return _svg(WIDTH, 1, [])
    height, left, right, foot = 320, 70, WIDTH - 40, 270
    low, high = (log10(pick(x for x, _ in points)) for pick in (min, max))
    most = max(y for _, y in points) or 1

    def place(x: float, y: float) -> tuple[float, float]:
        share = (log10(x) - low) / (high - low) if high > low else 0.5
        return left + share * (right - left), foot - y / most * (foot - HEAD - 20)

    parts = [f'<text class="t" x="8" y="26">{escape(title)}</text>', f'<path class="a" d="M{left} {foot}H{right}"/>']
    parts += [
        f'<text x="{place(x, 0)[0]:.1f}" y="{foot + 20}" text-anchor="middle">{x:,.0f}</text>'
        for x in sorted({x for x, _ in points})
    ]
    parts.append(f'<text x="{right}" y="{foot + 40}" text-anchor="end">{escape(across)}</text>')
    tops = {place(x, 0)[0]: place(x, max(y for at, y in points if at == x))[1] for x, _ in points}
    for number, (name, line) in enumerate(series.items()):
        colour, placed = COLOURS[number % len(COLOURS)], [(*place(x, y), y) for x, y in sorted(line)]
        path = " L".join(f"{x:.1f} {y:.1f}" for x, y, _ in placed)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y, value in placed:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
            label = y - 8 if y <= tops[x] else y + 18  # below its line where another lies above: close ones would touch
            parts.append(f'<text x="{x:.1f}" y="{label:.1f}" text-anchor="middle">{escape(text(value))}</text>')
        parts.append(f'<rect x="{left + number * 330}" y="{foot + 28}" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{left + number * 330 + 18}" y="{foot + 39}">{escape(name)}</text>')
    return _svg(WIDTH, height, parts)


def _svg(width: int, height: int, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    return "\n".join([head, STYLE, *parts, "</svg>", ""])
