"""Knows how the journal of some days is put together from cobra, the outbox and the Sage years."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from sqlalchemy import select

from relay.admin.journal.amounts import Sums, of_currency, of_lines, of_postings
from relay.admin.journal.compare import Fate, InSage, Journal, Printed, compare
from relay.admin.journal.sage import booked_between, booked_in
from relay.admin.lookup import invoices_posted
from relay.admin.read_only import Looked
from relay.base.halving import halved, is_misread, misread
from relay.base.spelling import as_key
from relay.base.values import OPEN, Entity, Record, RecordId, Status
from relay.cobra import access
from relay.cobra.reading import CobraReader, Reads
from relay.database import chunks, rows_among
from relay.engine.checking import checked_address, checked_invoice
from relay.rules.images import InvoiceImage
from relay.rules.invoice.amounts import Split
from relay.rules.invoice.books import Books
from relay.rules.invoice.customer import customer_of
from relay.rules.invoice.invoice import Absent, Book, Invoice, Unbookable
from relay.rules.invoice.ledger import Client, Masters
from relay.rules.invoice.objections import split_of
from relay.rules.invoice.postings import post
from relay.rules.invoice.which_year import Chosen, place_of
from relay.rules.policy import Rules, rules_of
from relay.sage.books.reading import read_books
from relay.sage.books.rows import client_of, read_masters
from relay.sage.year import SageYear
from relay.settings import Settings


def read_journal(
    looked: Looked, settings: Settings, first: date, last: date, mandant: str | None = None
) -> Journal:
    """Compare the invoices that cobra posts between two days with what Sage holds of them.

    Raises:
        Unavailable: a Sage year that may hold one of them is away.
        Refused: such a year, a table or a column is missing or not what it was.
    """
    years = [year for year in settings.sage.year if mandant in (None, year.mandant)]
    for year in years:
        if year.name in looked.years.missed and year.last_day >= first:
            raise looked.years.missed[year.name]
    reading = _Reading(looked, settings, first, last)
    return reading.compared(reading.keys(), mandant)


def read_invoice(looked: Looked, settings: Settings, key: str) -> Journal:
    """Compare one invoice of cobra, whatever its day, with what the reachable years hold of it."""
    return _Reading(looked, settings, date.min, date.max).compared([key])


class _Reading:
    """Reads both sides of some days."""

    def __init__(self, looked: Looked, settings: Settings, first: date, last: date) -> None:
        self._looked = looked
        self._settings = settings
        self._first, self._last = first, last
        self._reader = CobraReader(looked.lock, settings)

    def compared(self, keys: Sequence[str], mandant: str | None = None) -> Journal:
        booked = self._booked(keys)
        printed = [
            one
            for some in chunks(keys)
            for one in self._printed(some, booked)
            if mandant in (None, one.mandant)
        ]
        return compare(printed, booked, self._fates([one.key for one in printed]))

    def keys(self) -> list[str]:
        """Return the invoices of these days by cobra's posting date, and by Sage's documents."""
        with self._looked.lock.reading() as connection:
            found = invoices_posted(connection, self._settings, self._first, self._last)
        keys = dict.fromkeys(record.key for record in found)
        for year in self._looked.years.here.values():
            with year.transaction(0):
                keys |= dict.fromkeys(booked_between(year, self._first, self._last))
        return list(keys)

    def _booked(self, keys: Sequence[str]) -> dict[str, list[InSage]]:
        booked: dict[str, list[InSage]] = defaultdict(list)
        for year in self._looked.years.here.values():
            with year.transaction(0):
                for key, part in booked_in(year, keys).items():
                    booked[key].append(part)
        return booked

    def _printed(
        self, keys: Sequence[str], booked: Mapping[str, Sequence[InSage]]
    ) -> Iterator[Printed]:
        reads = self._reader.read([Record(RecordId(Entity.INVOICE, key), ()) for key in keys])
        states = {key: checked_invoice(key, reads, self._settings) for key in keys}
        invoices = [s for s in states.values() if isinstance(s, Invoice) and self._counts(s)]
        counted = self._counted(invoices, booked)
        for key, state in states.items():
            if isinstance(state, Invoice):
                if key in counted:
                    yield counted[key]
            elif isinstance(state, Absent):
                yield from _not_for_sage(key, booked.get(key, ()))
            elif not isinstance(state, Unbookable) or state.before_start is None:
                yield self._unknown(key, reads)

    def _counts(self, invoice: Invoice) -> bool:
        return not invoice.is_before_start and self._first <= invoice.posting_date <= self._last

    def _counted(
        self, invoices: Sequence[Invoice], booked: Mapping[str, Sequence[InSage]]
    ) -> dict[str, Printed]:
        """Return what each invoice comes to, by the tax rates of the year that it belongs to."""
        rules = rules_of(self._settings)
        if rules is None:
            return {}
        years, clients = self._looked.years.here, self._clients()
        in_year: dict[str, list[Invoice]] = defaultdict(list)
        for invoice in invoices:
            name = self._year(invoice, booked.get(invoice.key, ()), clients)
            client = clients.get(name)
            if not invoice.currency and client is not None:
                invoice = replace(invoice, currency=client.currency)  # noqa: PLW2901
            in_year[name].append(invoice)
        found: dict[str, Printed] = {}
        for name, some in in_year.items():
            if name not in years:
                found |= {i.key: _of_invoice(i, of_lines(i)) for i in some}
                continue
            with years[name].transaction(0):
                count = partial(_counted_in, years[name], rules, read_masters(years[name]))
                for part in halved(some, count, _uncounted, is_misread):
                    found |= part
        return found

    def _clients(self) -> dict[str, Client | None]:
        found: dict[str, Client | None] = {}
        for name, year in self._looked.years.here.items():
            with year.transaction(0):
                found[name] = client_of(year)
        return found

    def _year(
        self, invoice: Invoice, booked: Iterable[InSage], clients: Mapping[str, Client | None]
    ) -> str:
        standing = next((part.year for part in booked if part.stands), None)
        if standing is not None:
            return standing
        place = place_of(invoice, clients, self._settings)
        return place.year if isinstance(place, Chosen) else ""

    def _unknown(self, key: str, reads: Reads) -> Printed:
        """Return an invoice of whose amounts nothing is sure."""
        read = reads.invoices.get(key)
        if not isinstance(read, InvoiceImage):
            return Printed(key, key, "-", "-", None, None)
        section, header = self._settings.cobra.address, read.header
        check = partial(checked_address, settings=self._settings)
        customer = customer_of(read, reads.addresses, section, check)
        mandant = as_key(header.get("mandant"))
        return Printed(
            key=key,
            number=as_key(header["invoice_number"]) or key,
            customer="-" if customer is None else customer.name,
            mandant=(self._settings.map.of("mandant") or {}).get(mandant, mandant) or "-",
            day=None,
            sums=None,
        )

    def _fates(self, keys: Sequence[str]) -> dict[str, Fate]:
        """Return each invoice's newest open entry, or else its newest one."""
        o = self._looked.lock.tables.outbox
        columns = (o.c.entity_key, o.c.status, o.c.error, o.c.reason)
        found: dict[str, Fate] = {}
        with self._looked.lock.reading() as connection:
            query = access.SHOWN.on(select(*columns), o).where(o.c.entity == Entity.INVOICE)
            rows = rows_among(connection, query.order_by(o.c.id), o.c.entity_key, keys)
        for row in rows:
            known, status = found.get(row.entity_key), Status(row.status)
            if known is None or known.status not in OPEN or status in OPEN:
                text = (row.reason or row.error or "").partition("\n")[0]
                found[row.entity_key] = Fate(status, text or None)
        return found


def _of_invoice(invoice: Invoice, sums: Sums | None, foreign: Sums | None = None) -> Printed:
    return Printed(
        invoice.key, invoice.number, invoice.customer.name, invoice.mandant,
        invoice.posting_date, sums, foreign,
    )  # fmt: skip


def _not_for_sage(key: str, booked: Sequence[InSage]) -> Iterator[Printed]:
    """Return an invoice that Sage is not to hold, if it does."""
    for part in booked:
        if part.stands:
            yield Printed(key, part.number, "-", part.mandant, part.posted_on, {})
            return


def _counted_in(
    year: SageYear, rules: Rules, masters: Masters, invoices: Sequence[Invoice]
) -> dict[str, Printed]:
    books = read_books(year, [Book(invoice) for invoice in invoices], masters, rules)
    return {invoice.key: _counted(invoice, books, rules) for invoice in invoices}


def _uncounted(invoice: Invoice, error: Exception) -> dict[str, Printed]:
    return {invoice.key: replace(_of_invoice(invoice, None), unread=misread(error))}


def _counted(invoice: Invoice, books: Books, rules: Rules) -> Printed:
    """Return what an invoice comes to; as far as it is known, where it cannot be booked."""
    client, currencies = books.masters.client, books.masters.currencies
    if client is None:
        return _of_invoice(invoice, None)
    is_foreign = invoice.currency != client.currency
    if invoice.currency not in rules.collective or (
        is_foreign and invoice.currency not in currencies
    ):
        return _of_invoice(invoice, None)
    amounts = split_of(invoice, books, rules)
    if isinstance(amounts, Split):
        postings = post(invoice, amounts, books.masters, rules)
        by_sage = is_foreign and invoice.rate is None
        foreign = of_currency(invoice.mandant, postings) if by_sage else None
        return _of_invoice(invoice, of_postings(invoice.mandant, postings), foreign)
    return _of_invoice(invoice, None if is_foreign else of_lines(invoice))
