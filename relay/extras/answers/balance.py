"""Knows how a customer stands: what the mirrored items of each year come to. Pure.

An item counts in the one year that answers for it, so all years together count none twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from relay.extras.answers.item import Answer
from relay.rules.invoice.invoice import ZERO


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An item that is not settled."""

    amount: Decimal | None
    """In the year's currency; None: unknown, so the balance is unknown too."""
    due: date | None


@dataclass(frozen=True, slots=True)
class Last:
    """Days of the last payment and the last reminder among some items, settled ones as well."""

    payment: date | None
    reminder: date | None


def standing(items: Sequence[OpenItem], lasts: Iterable[Last], today: date) -> Answer:
    """Return balance and what is overdue, by column; what Sage owes is overdue to nobody.

    What has no due day may be overdue or not: then nobody knows how much is.
    """
    known = [item.amount for item in items if item.amount is not None]
    owed = [item for item in items if item.amount is not None and item.amount > ZERO]
    late = [item for item in owed if item.due is not None and item.due < today]
    is_known = len(known) == len(items)
    overdue = sum((item.amount for item in late if item.amount), ZERO)
    is_dated = all(item.due is not None for item in owed)
    lasts = list(lasts)
    return {
        "balance": sum(known, ZERO) if is_known else None,
        "overdue": overdue if is_known and is_dated else None,
        "overdue_since": _first(item.due for item in late),
        "open_items": len(items),
        "oldest_due": _first(item.due for item in owed),
        "last_payment": _newest(last.payment for last in lasts),
        "last_reminder": _newest(last.reminder for last in lasts),
    }


def _first(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)


def _newest(days: Iterable[date | None]) -> date | None:
    return max((day for day in days if day is not None), default=None)
