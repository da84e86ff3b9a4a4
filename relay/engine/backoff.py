"""Knows how often in a row a record was put off, so that it comes back ever more rarely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from relay.base.values import Outcome, RecordId, Status
from relay.cobra.deliveries import Result


class Backoff:
    """Counts for each record; forgotten with the process, when every wait begins anew."""

    def __init__(self) -> None:
        """Begin with nobody put off."""
        self._times: Counter[RecordId] = Counter()

    def counted(self, results: Iterable[Result]) -> list[Result]:
        """Return the results, each with how often its record was put off; forget the others."""
        return [self._counted(result) for result in results]

    def _counted(self, result: Result) -> Result:
        record = result.record.id
        outcomes = (result.whole, *result.outcomes.values())
        if not any(_is_put_off(outcome) for outcome in outcomes if outcome is not None):
            self._times.pop(record, None)
            return result
        self._times[record] += 1
        return replace(result, put_off=self._times[record])


def _is_put_off(outcome: Outcome) -> bool:
    return outcome.status is Status.RETRYING
