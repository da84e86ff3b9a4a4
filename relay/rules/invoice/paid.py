"""Knows whether an open item is paid: whether others' postings stand in it, in any year. Pure.

What `MVal` of an item says differs between installations of Sage: its amount as it was opened, or
what is still open of it. So each trace tells for itself: a posting that is not ours, a total that
our postings do not give, a value that is not theirs. An item that is open at the end of a year is
carried over: the next year's database has it too, and that is where it is then paid.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from relay.base.values import Outcome
from relay.rules.invoice.books import Booking, Books, Raw, whole
from relay.rules.invoice.invoice import CENT, ZERO, TakeBack, Task
from relay.rules.policy import Rules


@dataclass(frozen=True, slots=True)
class Debt:
    """What the relay's own documents brought into an open item that is to be taken back."""

    key: str
    """The invoice's."""
    number: str
    debtor: int
    amount: Decimal
    """In the year's currency; a debit is positive."""
    day: date | None
    """The open item's."""


Elsewhere = Callable[[Sequence[Debt]], Mapping[str, Outcome]]
"""Debts to what another year has against taking them back, by the invoice's key."""


@dataclass(slots=True)
class InItem:
    """What a year has under the number of an open item."""

    row: Raw | None = None
    postings: list[Raw] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)


def debts_of(tasks: Iterable[Task], books: Books, rules: Rules) -> Iterator[Debt]:
    """Return the debts that a batch wants to take back."""
    for task in tasks:
        booking = books.bookings.get(task.key)
        if booking is None or booking.document not in books.documents:
            continue
        if task.is_allowed if isinstance(task, TakeBack) else rules.on_change != "hold":
            debt = _debt_of(booking, books)
            if debt is not None:
                yield debt


def _debt_of(booking: Booking, books: Books) -> Debt | None:
    """Return the debt of a booking, None if its open item is not there any more."""
    item = books.items.get(booking.open_item)
    if item is None:
        return None
    own, _ = divided(books.postings.get(booking.open_item, ()), books.document_owners)
    amount, day = sum(map(signed, own), ZERO), item.get("DateO")
    debtor, day = whole(item, "OPd", "PkKey"), day if isinstance(day, date) else None
    return Debt(booking.key, booking.open_item, debtor, amount, day)


def is_paid(item: Raw, own: Sequence[Raw], others: Sequence[Raw]) -> bool:
    """Tell whether anything but our postings stands in an open item that we booked."""
    debit, credit = _brought(own)
    totals = {"MDbt": debit, "MCdt": credit, "MVal": debit - credit}
    return bool(others) or any(_differs(item.get(tag), amount) for tag, amount in totals.items())


def is_paid_in(debt: Debt, there: InItem, *, is_later: bool) -> bool:
    """Tell whether a debt is paid in another year; another invoice may well have its number there.

    It is another's if the relay booked one that stands, if it is another debtor's, or, since
    nothing is carried over backwards, if an earlier year has it on another day.
    """
    if any(booking.key != debt.key or booking.stands for booking in there.bookings):
        return False
    row = there.row
    if row is not None and row["PkKey"] != debt.debtor:
        return False
    if not is_later and (row is None or row.get("DateO") != debt.day):
        return False
    documents = {number for booking in there.bookings for number in booking.documents}
    postings = [p for p in there.postings if p["PkKey"] in {None, debt.debtor}]
    own, others = divided(postings, documents)
    if documents:
        return is_paid(row or {}, own, others)
    if row is None and not others:
        return False
    return _is_paid_there(debt, row, others)


def _is_paid_there(debt: Debt, item: Raw | None, others: Sequence[Raw]) -> bool:
    """Tell whether another year's postings paid a debt; carrying it over pays nothing.

    `others` are the postings there that are not ours. What is carried over brings the debt itself
    once, or no posting at all.
    """
    amounts = [signed(row) for row in others]
    carried = not amounts or (sum(amounts, ZERO) == debt.amount and _one_sided(amounts))
    if not carried:
        return True
    if item is None:
        return False
    debit, credit = item.get("MDbt"), item.get("MCdt")
    if not (isinstance(debit, Decimal) and isinstance(credit, Decimal)):
        debit = credit = ZERO
    moved = bool(debit or credit) and _differs(debit - credit, debt.amount)
    return moved or _differs(item.get("MVal"), debt.amount)


def divided(rows: Iterable[Raw], own: Collection[int]) -> tuple[list[Raw], list[Raw]]:
    """Divide an item's postings: those of documents that are ours, and the others."""
    ours: list[Raw] = []
    others: list[Raw] = []
    for row in rows:
        (ours if whole(row, "Bk", "BlgNr") in own else others).append(row)
    return ours, others


def _brought(rows: Iterable[Raw]) -> tuple[Decimal, Decimal]:
    """Return debit and credit of postings, as totals count them."""
    sides = [ZERO, ZERO]
    for row in rows:
        sides[bool(row["Type"])] += _amount(row)
    return sides[0], sides[1]


def signed(row: Raw) -> Decimal:
    """Return what a posting brings to its account, a debit being positive."""
    return -_amount(row) if row["Type"] else _amount(row)


def _amount(row: Raw) -> Decimal:
    return Decimal(str(row["ValNt"] or 0))


def _one_sided(amounts: Sequence[Decimal]) -> bool:
    return all(a >= 0 for a in amounts) or all(a <= 0 for a in amounts)


def _differs(total: object, wanted: Decimal) -> bool:
    """Tell whether a total is another one; what Sage does not keep tells nothing."""
    return isinstance(total, Decimal) and abs(total - wanted) >= CENT / 2
