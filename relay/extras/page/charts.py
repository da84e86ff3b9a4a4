"""Knows how figures become lines: points of an inline SVG, drawn by attributes alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from relay.extras.page.measures import Measure

WIDTH, HEIGHT = 600, 100
"""Of the picture's own units; the style sheet says how large it is shown."""
STEPS = 120
"""Parts into which the time is cut: the highest of each part is drawn, or the sum."""


@dataclass(frozen=True, slots=True)
class LineChart:
    """A line over some time."""

    title: str
    """Code of its text."""
    points: str
    """As `polyline` has them; empty if nothing was measured."""
    highest: int
    last: int
    total: int


def charts(measures: Sequence[Measure], now: datetime, span: timedelta) -> list[LineChart]:
    """Return lag, throughput and holds over the time before now."""
    begin = now - span
    within = [one for one in measures if begin < one.at <= now]
    places = [min(STEPS - 1, int((one.at - begin) / span * STEPS)) for one in within]
    lags: list[int | None] = [None] * STEPS
    moved, held = lags.copy(), lags.copy()
    for place, one in zip(places, within, strict=True):
        lags[place] = max(lags[place] or 0, one.lag_seconds)
        moved[place] = (moved[place] or 0) + one.moved
        held[place] = max(held[place] or 0, one.held)
    titles = ("page_chart_lag", "page_chart_moved", "page_chart_held")
    return [_chart(title, line) for title, line in zip(titles, (lags, moved, held), strict=True)]


def _chart(title: str, line: Sequence[int | None]) -> LineChart:
    known = [(at, value) for at, value in enumerate(line) if value is not None]
    highest = max((value for _, value in known), default=0)
    scale = HEIGHT / max(highest, 1)
    points = " ".join(
        f"{at * WIDTH / (STEPS - 1):.0f},{HEIGHT - value * scale:.0f}" for at, value in known
    )
    if len(known) == 1:  # a line to itself is drawn as a dot
        points = f"{points} {points}"
    last = known[-1][1] if known else 0
    return LineChart(title, points, highest, last, sum(value for _, value in known))
