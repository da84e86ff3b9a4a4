"""Knows when the search in a batch ends for the records that somebody has open."""

from __future__ import annotations

import time

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
