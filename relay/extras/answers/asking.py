"""Knows how years are asked: by the port, in a fenced transaction, and never so that one is lost.

A year that is away, paused or busy is left aside until the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TypeVar

import structlog

from relay.base.errors import Refused
from relay.base.values import Outcome
from relay.engine.asking import ReadyYears, ask_ready
from relay.extras.answers.following import ItemsOfYear, Place
from relay.sage.port import TransactionPort

log = structlog.get_logger()
T = TypeVar("T")


class Asking:
    """Asks the years for one look, and notes which did not answer all of it."""

    def __init__(
        self, years: ReadyYears, epoch: Callable[[], int], began: datetime, today: date
    ) -> None:
        """Take the years, our epoch, and when and on which day the look began.

        The epoch is asked for each time: between two pages a year may come back with a newer one.
        """
        self._years = years
        self._epoch = epoch
        self._leads: dict[str, str | None] = {}
        self.began = began
        self.today = today
        self.missed: set[str] = set()
        self.left_out: set[Place] = set()
        """Items of which was told that they cannot be kept."""

    def ask(self, name: str, question: Callable[[TransactionPort], T]) -> T | None:
        """Return a year's answer; None: it cannot be had now, nor is it asked again for this look.

        Raises:
            LockLost: another relay has taken over.
        """
        if name in self.missed:
            return None
        try:
            answer = ask_ready(self._years, name, self._epoch(), question)
        except Refused as error:  # what only this part needs: the relay itself goes on
            log.warning("answers_refused", year=name, code=error.code, **error.values)
        except Exception as error:
            # A driver that cannot decode a text of Sage's raises for the whole page.
            year = self._years.ready(name)
            if year is None or not (year.failure(error) or isinstance(error, UnicodeError)):
                raise
            log.warning("answers_unread", year=name, text=str(error))
        else:
            if answer is not None and not isinstance(answer, Outcome):
                return answer
        self.missed.add(name)
        return None

    def items(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, ItemsOfYear]:
        """Return what the years say of items, by their numbers."""
        found = {}
        for name, numbers in wanted.items():
            said = self.ask(name, self._items(name, sorted(set(numbers))))
            if said is not None:
                found[name] = said
        return found

    def _items(self, name: str, numbers: list[str]) -> Callable[[TransactionPort], ItemsOfYear]:
        def said(here: TransactionPort) -> ItemsOfYear:
            rows = {str(row["OpId"]): row for row in here.answers().owed(numbers)}
            if name not in self._leads:  # a year's currency is asked for once a look
                client = here.client()
                self._leads[name] = None if client is None else client.currency
            return ItemsOfYear(rows, self._leads[name])

        return said
