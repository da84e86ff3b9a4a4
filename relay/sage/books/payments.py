"""Knows how the other years of a mandant are asked whether what one year booked is paid there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from relay.base.values import Outcome, held, waiting, year_wait
from relay.rules.invoice.books import Booking, Raw
from relay.rules.invoice.paid import Debt, Elsewhere, divided, is_paid, is_paid_there
from relay.sage.books.rows import fits, read_bookings, read_rows
from relay.sage.year import SageYear
from relay.settings import Year


def paid_elsewhere(
    here: Year, others: Sequence[tuple[Year, SageYear | None]], epoch: int
) -> Elsewhere:
    """Return how the other years are asked; None stands for one that is away.

    A year that is away has not said "unpaid": what it may know is waited for. Asking raises
    `Unavailable`, which names that year, when its database has just failed.
    """

    def ask(debts: Sequence[Debt]) -> Mapping[str, Outcome]:
        paid: dict[str, Outcome] = {}
        unknown: dict[str, Outcome] = {}
        for told, year in others:
            later = told.first_day > here.last_day
            answer = (
                None
                if year is None
                else year.ask(epoch, partial(_paid_in, year, debts, is_later=later))
            )
            for debt in debts:
                where = {"number": debt.number, "year": told.name}
                if answer is None:
                    unknown[debt.key] = waiting("payment_unknown", year_wait(told.name), **where)
                elif isinstance(answer, Outcome):
                    unknown[debt.key] = answer
                elif debt.key in answer:
                    paid[debt.key] = held("item_paid", **where)
        return unknown | paid

    return ask


@dataclass(slots=True)
class _Item:
    """What a year has under the number of an open item."""

    row: Raw | None = None
    postings: list[Raw] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)


def _paid_in(
    year: SageYear,
    debts: Sequence[Debt],
    *,
    is_later: bool,
) -> set[str]:
    """Return the invoices whose debt is paid in this year."""
    items = _items(year, [debt.number for debt in debts])
    return {d.key for d in debts if _is_paid(d, items[d.number], is_later=is_later)}


def _items(year: SageYear, numbers: Sequence[str]) -> dict[str, _Item]:
    found: dict[str, _Item] = defaultdict(_Item)
    opd = year.sage_table("OPd")
    fitting = sorted({number for number in numbers if fits(opd, "OpId", number)})
    for row in read_rows(year, "OPd", "OpId", fitting):
        found[str(row["OpId"])].row = row
    for row in read_rows(year, "Bk", "OpId", fitting):
        found[str(row["OpId"])].postings.append(row)
    for booking in read_bookings(year, year.tables.booking.c.open_item, fitting):
        found[booking.open_item].bookings.append(booking)
    return found


def _is_paid(debt: Debt, there: _Item, *, is_later: bool) -> bool:
    """Tell whether a debt is paid there; another invoice may well have its number there.

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
    documents = {n for b in there.bookings for n in (b.document, b.reversal) if n is not None}
    postings = [p for p in there.postings if p["PkKey"] in {None, debt.debtor}]
    own, others = divided(postings, documents)
    if documents:
        return is_paid(row or {}, own, others)
    if row is None and not others:
        return False
    return is_paid_there(debt, row, others)
