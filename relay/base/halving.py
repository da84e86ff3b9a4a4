"""Knows how a batch that fails is halved down to the one whose fault it is, and how long."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from relay.base.errors import MisreadError, RelayError
from relay.base.values import Problem

T = TypeVar("T")
Part = TypeVar("Part")

NOT_OF_A_RECORD = (RelayError, MemoryError)
"""What concerns no record: it ends the work, or pauses a database."""


def is_misread(error: Exception) -> bool:
    """Tell whether an error is that of a value in Sage which cannot be read."""
    return isinstance(error, MisreadError)


def misread(error: Exception) -> Problem:
    """Name the value in Sage that cannot be read.

    Raises:
        Exception: it is another error.
    """
    if not isinstance(error, MisreadError):
        raise error
    return Problem(error.code, error.values)


def halved(
    items: Sequence[T],
    act: Callable[[Sequence[T]], Part],
    culprit: Callable[[T, Exception], Part],
    is_theirs: Callable[[Exception], bool] = lambda _error: True,
) -> list[Part]:
    """Do `act` with all items, or with parts of them where it fails; returns what it returned.

    `culprit` says what becomes of an item with which it fails alone; `is_theirs` tells whether an
    error may be an item's fault at all.
    """
    try:
        return [act(items)]
    except NOT_OF_A_RECORD:
        raise
    except Exception as error:
        if not is_theirs(error) or not items:
            raise
        if len(items) == 1:
            return [culprit(items[0], error)]
    middle = len(items) // 2
    first = halved(items[:middle], act, culprit, is_theirs)
    return first + halved(items[middle:], act, culprit, is_theirs)


SPLITTING_S = 5.0
"""How long a batch may be split to find the records that clerks have open in cobra."""
IN_SAGE_S = 2.0
"""The same in a Sage year: meanwhile the other years wait."""


class Patience:
    """Ends the search in a batch of which much is open: each look may take a lock timeout."""

    def __init__(self, seconds: float | None = None) -> None:
        """Begin to be patient now."""
        self._until = time.monotonic() + (SPLITTING_S if seconds is None else seconds)

    @property
    def is_over(self) -> bool:
        """Tell whether what is left of the batch comes later, as if it were all open."""
        return time.monotonic() >= self._until
