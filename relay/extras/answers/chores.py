"""Knows when Sage is asked: chores that do a page each, and are due again while there is more."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from relay.cobra.lock import Lock
from relay.engine.chores import Duty, Housework
from relay.engine.years import Years
from relay.extras.answers.customers import CustomerLook
from relay.extras.answers.looking import AnswerLooks
from relay.settings import Settings

SETTLED_SECONDS = 1800
"""How often is seen whether settled items are due: in each hour of the night."""


class Paged:
    """A look as a chore: a page each time, and once it is over it begins anew."""

    def __init__(self, look: Callable[[], Iterator[None]]) -> None:
        """Take what yields after each page but the last."""
        self._look = look
        self._pages: Iterator[None] | None = None

    def __call__(self) -> bool:
        """Do a page; returns whether there are more of this look."""
        pages = self._pages or self._look()
        self._pages = None  # a look that fails is over
        for _ in pages:
            self._pages = pages
            return True
        return False


def housework(settings: Settings) -> list[Housework]:
    """Return the chores of this part, if it is switched on."""
    answers = settings.answers
    if answers is None:
        return []

    def open_items(lock: Lock, years: Years) -> Duty:
        look = AnswerLooks(settings, lock, years).open_items
        return Duty("answers_open", answers.open_seconds, Paged(look))

    def settled(lock: Lock, years: Years) -> Duty:
        look = AnswerLooks(settings, lock, years).settled
        return Duty("answers_settled", SETTLED_SECONDS, Paged(look))

    def customers(lock: Lock, years: Years) -> Duty:
        look = CustomerLook(AnswerLooks(settings, lock, years)).pages
        return Duty("answers_customers", answers.customers_seconds, Paged(look))

    return [open_items, settled, customers]
