"""Knows how Sage's books are read for the journal: the documents of invoices, as they are now.

Revenue and tax can be right while the debtor's collective account, open item or account of the
debtor is not: an amount on another debtor's collective account balances, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from sqlalchemy import select

from relay.admin.journal.amounts import of_currency, of_postings, total
from relay.admin.journal.compare import InSage
from relay.base.errors import MisreadError
from relay.base.halving import halved, is_misread, misread
from relay.base.values import Problem
from relay.database import rows_among
from relay.rules.invoice.books import Booking, Raw, whole
from relay.rules.invoice.invoice import ZERO
from relay.rules.invoice.paid import divided, signed
from relay.sage.books.rows import read_bookings, read_rows, read_stored
from relay.sage.year import SageYear


@dataclass(frozen=True, slots=True)
class DebtorsBook:
    """What a year holds of open items and their debtors."""

    items: Mapping[str, Raw] = field(default_factory=dict)
    """Open item to its row."""
    postings: Mapping[str, Sequence[Raw]] = field(default_factory=dict)
    """Open item to what stands in it."""
    accounts: Mapping[int, Raw] = field(default_factory=dict)
    """Debtor to its row."""


def wrong_with(
    number: str, own: Collection[int], gross: Decimal, book: DebtorsBook
) -> Iterator[Problem]:
    """Say what is wrong with an invoice's open item; `own` are the documents of the invoice.

    `gross` is what their other side comes to.
    """
    rows = book.postings.get(number, ())
    ours, _ = divided(rows, own)
    item = book.items.get(number)
    owed = sum(map(signed, ours), ZERO)
    if owed != gross:
        yield Problem("journal_owed", {"number": number, "owed": owed, "gross": gross})
    yield from _on_accounts(number, ours, item, book)
    debit, credit = ((item or {}).get(tag) for tag in ("MDbt", "MCdt"))
    stands = sum(map(signed, rows), ZERO)
    if isinstance(debit, Decimal) and isinstance(credit, Decimal) and debit - credit != stands:
        values = {"number": number, "item": debit - credit, "postings": stands}
        yield Problem("journal_item", values)


def _on_accounts(
    number: str, ours: Sequence[Raw], item: Raw | None, book: DebtorsBook
) -> Iterator[Problem]:
    """Compare each posting's debtor and account with the item's debtor and his account."""
    sums: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    for row in ours:
        sums[whole(row, "Bk", "PkKey"), str(row["AccId"])] += signed(row)
    for (posted, account), amount in sums.items():
        debtor = posted if item is None else whole(item, "OPd", "PkKey")
        known = book.accounts.get(debtor)
        needed = "-" if known is None else str(known["AccId"])
        if amount and (posted, account) != (debtor, needed):
            values = {"number": number, "amount": amount, "account": account, "posted": posted}
            yield Problem("journal_debtor", values | {"debtor": debtor, "needed": needed})


def booked_between(year: SageYear, first: date, last: date) -> set[str]:
    """Return the keys of invoices of whose documents one is dated between two days."""
    b = year.tables.booking
    numbers = _dated_between(year, first, last)
    rows = rows_among(year.connection, select(b.c.entity_key), b.c.document, numbers)
    return {row.entity_key for row in rows}


def _dated_between(year: SageYear, first: date, last: date) -> list[int]:
    blg = year.sage_table("Blg")
    dated, query = blg.columns["Date"], blg.query("BlgNr", "Date")
    if blg.codec("Date").sorts:
        after = blg.put("Date", last + timedelta(days=1))
        query = query.where(dated >= blg.put("Date", first), dated < after)
    found: list[MisreadError] = []  # ours can all be read
    rows = blg.rows(year.connection, query, found)
    if not blg.codec("Date").sorts:
        days = {first + timedelta(days=n) for n in range((last - first).days + 1)}
        rows = [row for row in rows if row["Date"] in days]
    return [int(str(row["BlgNr"])) for row in rows]


def booked_in(year: SageYear, keys: Sequence[str]) -> dict[str, InSage]:
    """Return what a year's documents of these invoices hold together, as far as it can be read."""
    parts = halved(keys, partial(_booked_in, year), partial(_unread_in, year), is_misread)
    return {key: part for some in parts for key, part in some.items()}


def _unread_in(year: SageYear, key: str, error: Exception) -> dict[str, InSage]:
    """Return all that the relay's own bookings tell of an invoice."""
    bookings = list(read_bookings(year, year.tables.booking.c.entity_key, [key]))
    stands = any(booking.stands for booking in bookings)
    number, mandant = bookings[-1].open_item, year.settings.mandant
    unreadable = InSage(year.name, mandant, number, stands, None, {}, {}, unread=misread(error))
    return {key: unreadable}


def _booked_in(year: SageYear, keys: Sequence[str]) -> dict[str, InSage]:
    of_key: dict[str, list[Booking]] = defaultdict(list)
    column = year.tables.booking.c.entity_key
    for booking in read_bookings(year, column, sorted(keys)):
        of_key[booking.key].append(booking)
    numbers = [n for some in of_key.values() for booking in some for n in booking.documents]
    stored = read_stored(year, sorted(numbers))
    mandant = year.settings.mandant
    book = _debtors_book(year, {b.open_item for some in of_key.values() for b in some})
    found = {}
    for key, bookings in of_key.items():
        documents = [stored[n] for b in bookings for n in b.documents if n in stored]
        days = [stored[b.document].date for b in bookings if b.stands and b.document in stored]
        postings = [posting for document in documents for posting in document.postings]
        sums, number = of_postings(mandant, postings), bookings[-1].open_item
        own = {n for b in bookings for n in b.documents}
        found[key] = InSage(
            year=year.name,
            mandant=mandant,
            number=number,
            stands=any(booking.stands for booking in bookings),
            posted_on=days[0] if days else None,
            sums=sums,
            foreign=of_currency(mandant, postings),
            debtors=tuple(wrong_with(number, own, total(sums).gross, book)),
        )
    return found


def _debtors_book(year: SageYear, numbers: Collection[str]) -> DebtorsBook:
    opd = year.sage_table("OPd")
    fitting = [number for number in sorted(numbers) if opd.fits("OpId", number)]
    postings: dict[str, list[Raw]] = defaultdict(list)
    for row in read_rows(year, "Bk", "OpId", fitting):
        postings[str(row["OpId"])].append(row)
    items = {str(row["OpId"]): row for row in read_rows(year, "OPd", "OpId", fitting)}
    rows = [*items.values(), *(row for some in postings.values() for row in some)]
    debtors = {int(str(row["PkKey"])) for row in rows if row["PkKey"] is not None}
    accounts = read_rows(year, "PKd", "PkKey", sorted(debtors))
    return DebtorsBook(items, postings, {whole(row, "PKd", "PkKey"): row for row in accounts})
