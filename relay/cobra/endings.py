"""Knows how an entry ends, what is said of it, and when a record that is put off comes back."""

from __future__ import annotations

from typing import NamedTuple

from relay.base.values import FINISHED, Entry, Status
from relay.cobra.deliveries import Result, Say

FIRST_RETRY_MS = 250
LONGEST_RETRY_MS = 30_000
"""Somebody has it open: it comes soon after that ends, and does not keep others from coming."""


class Said(NamedTuple):
    """What is said of one entry."""

    waiting_on: str | None
    text: str | None
    applied_by: int | None
    """The entry that carried it out, if that is another one."""


NOTHING_SAID = Said(None, None, None)


class Ending(NamedTuple):
    """What one UPDATE writes to all entries that share it."""

    status: Status
    code: str | None
    retry_ms: int | None
    counts: bool

    @property
    def place(self) -> str:
        """The column that holds the text."""
        return "reason" if self.status in (Status.NOT_FOR_SAGE, Status.SKIPPED) else "error"


def ending_of(result: Result, entry: Entry, say: Say) -> tuple[Ending, Said]:
    """Return how an entry ends, and what is said of it."""
    status, outcome = result.of(entry)
    problem = outcome.problem if outcome is not None else None
    ending = Ending(
        status=status,
        code=problem.code if problem else None,
        retry_ms=_retry_ms(result) if status is Status.RETRYING else None,
        counts=outcome is None or outcome.counts_attempt,
    )
    said = say(problem, result.record.id) if problem else None
    detail = outcome.detail if outcome and ending.place == "error" else None
    text = "\n".join(filter(None, (said, detail))) or None
    carrier = result.record.carrier
    superseded = status in FINISHED and entry.id != carrier.id
    waits = outcome.waiting_on if outcome else None
    return ending, Said(waits, text, carrier.id if superseded else None)


def _retry_ms(result: Result) -> int:
    """Return how long to wait: twice as long each time."""
    before = max(result.put_off - 1, 0)
    return min(FIRST_RETRY_MS << min(before, 10), LONGEST_RETRY_MS)
