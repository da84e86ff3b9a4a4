"""Knows what a monitoring system is told of how things are, and what keeps a year out of reach."""

from __future__ import annotations

from relay.admin.status import Situation, YearState
from relay.base.values import Problem, Status
from relay.cobra.comparisons import NightComparison

_DUE = (Status.PENDING, Status.RETRYING)


def findings(state: Situation, max_lag_s: float) -> list[Problem]:
    """Say what a monitoring system should be told; an empty list means that all is well.

    `max_lag_s`: seconds that an entry which is due may be old. What waits for a person is a
    finding as what is held is; what waits for time or for another process is none.
    """
    found: list[Problem] = []
    if not state.running:
        found.append(Problem("check_not_running"))
    due = [state.depth[status].oldest_seconds for status in _DUE if status in state.depth]
    lag = max((seconds for seconds in due if seconds is not None), default=0.0)
    if lag > max_lag_s:
        found.append(Problem("check_lag", {"seconds": round(lag), "limit": round(max_lag_s)}))
    if Status.HELD in state.depth:
        found.append(Problem("check_held", {"records": state.depth[Status.HELD].records}))
    if state.for_person:
        found.append(Problem("check_waiting", {"records": state.for_person}))
    last = state.compared
    if last is not None and last.differences:
        values = of_comparison(last)
        found.append(Problem("check_compared", values))
    found += out_of_reach(state)
    found += [Problem("check_paused", {"scope": p.scope, "reason": p.reason}) for p in state.pauses]
    return found


def of_comparison(compared: NightComparison) -> dict[str, object]:
    """Return what is told of a comparison."""
    return {"when": compared.finished_at, "count": compared.differences}


def out_of_reach(state: Situation) -> list[Problem]:
    """Say which years nothing can be written to, and why."""
    return [
        Problem("check_year", {"year": year.name, "what": _without_name(year)})
        for year in state.years
        if year.state in ("away", "refused")
    ]


def _without_name(year: YearState) -> str | None:
    """Return what is the matter with a year: its text names it first, and so does the sentence."""
    return (year.text or "").partition(f" {year.name}: ")[2] or year.text
