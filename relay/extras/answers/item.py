"""Knows what an open item of Sage's says, and what the items of a customer come to. Pure.

What `MVal` says differs between installations of Sage: the amount as it was opened, or what is
still open of it; and not each keeps totals (`relay.rules.invoice.paid`). So it is read beside
them: where one of both still says what was opened, the other one tells what became of it. A
negative reminder level blocks the item and says no level (reminders of ONE 50 [V]); DateP and
DateW are taken for the days of the last payment and of the last reminder. An item counts in the one
year that answers for it, so all years together count none twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from relay.rules.invoice.books import Raw
from relay.rules.invoice.invoice import CENT, ZERO

LARGEST = Decimal(10) ** 16
"""No amount of a company is so large; a column of the mirror's holds it."""
Answer = dict[str, object]
"""Columns of a row in cobra's mirror."""


@dataclass(frozen=True, slots=True)
class Item:
    """An open item as it stands in one year; None is unknown."""

    debtor: int | None
    open_amount: Decimal | None
    """In the year's currency; negative: Sage owes the customer."""
    open_currency: Decimal | None
    """In the item's own currency."""
    words: Answer
    """What is taken over as it stands."""

    @property
    def is_settled(self) -> bool | None:
        """Tell whether nothing is open, in either currency: some yen may be no centime."""
        if self.open_amount is None:
            return None
        return not self.open_amount and not self.open_currency

    def answer(self) -> Answer:
        """Return all of it, by column."""
        amounts: Answer = {"open_amount": self.open_amount, "open_currency": self.open_currency}
        return {"debtor": self.debtor, **amounts, **self.words}


NOWHERE = Item(
    None,
    None,
    None,
    dict.fromkeys(("due_in_sage", "last_payment", "reminder_level", "last_reminder", "blocked")),
)
"""An item that no year has: somebody has deleted it."""


def read_item(row: Raw, lead: str | None, opened: Decimal | None = None, *, at_home: bool) -> Item:
    """Read an item; `lead` is the currency of the year, `opened` the amount it was opened with.

    `at_home`: the relay wrote its totals in this year, so that they say something also as zero.
    """
    amount = _open(row, "M", opened, at_home=at_home)
    level = whole_number(row.get("Warn"))
    return Item(
        debtor=whole_number(row.get("PkKey")),
        open_amount=amount,
        open_currency=_open(row, "F", None, at_home=at_home) if _is_foreign(row, lead) else amount,
        words={
            "due_in_sage": _day(row.get("DateD")),
            "last_payment": _day(row.get("DateP")),
            "reminder_level": None if level is None or level < 0 else level,
            "last_reminder": _day(row.get("DateW")),
            "blocked": None if level is None else int(level < 0),
        },
    )


def _is_foreign(row: Raw, lead: str | None) -> bool:
    if any(exact(value) for tag in ("FDbt", "FCdt") if (value := row.get(tag))):
        return True
    currency = row.get("CurId")
    return bool(currency and lead) and currency != lead


def _open(row: Raw, of: str, opened: Decimal | None, *, at_home: bool) -> Decimal | None:
    """Return what is open, by totals or by value (of the year's currency, or of a foreign one)."""
    value, debit, credit = (exact(row.get(of + tag)) for tag in ("Val", "Dbt", "Cdt"))
    if debit is None or credit is None:
        return value
    total = debit - credit
    if value is None or value == total:
        return total
    if not (debit or credit or (at_home and opened is not None)):
        return value  # nobody keeps totals here
    if opened is not None and opened in {value, total}:
        return total if value == opened else value
    return total if debit and credit else value


def exact(value: object) -> Decimal | None:
    """Return an amount to the centime, None for what is none: old Sages kept parts of one."""
    return value.quantize(CENT) if isinstance(value, Decimal) and abs(value) < LARGEST else None


def whole_number(value: object) -> int | None:
    """Return a whole number, None for what is none."""
    return value if isinstance(value, int) else None


def _day(value: object) -> date | None:
    return value if isinstance(value, date) else None


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
