"""Knows what an invoice must fulfil whatever Sage year is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from relay.base.values import Problem, distinct
from relay.rules.images import Gone, Image, InvoiceImage, Misspelled
from relay.rules.invoice.fields import Fields
from relay.rules.invoice.invoice import (
    ZERO,
    About,
    Absent,
    Customer,
    Invoice,
    Line,
    State,
    Unbookable,
)
from relay.rules.invoice.references import compact
from relay.rules.invoice.vat import spans_rates
from relay.settings import InvoiceSection, Position, Settings


def check_invoice(
    key: str, read: InvoiceImage | Gone, customer: Customer | None, settings: Settings
) -> State:
    """Check one invoice as read from cobra; says nothing about any Sage year."""
    if settings.invoices is None or isinstance(read, Misspelled):
        notices = (read.record,) if isinstance(read, Misspelled) else ()
        return Absent("invoice_gone", notices=notices)
    if isinstance(read, Gone):
        return Absent("invoice_gone")
    section, _ = settings.invoices
    if section.cancelled is not None and section.cancelled.holds(read.header["cancelled"]):
        return Absent("invoice_cancelled", named(read.header, customer, settings))
    if not section.final.holds(read.header["final"]):
        return Absent("invoice_draft", named(read.header, customer, settings))
    return _final(key, read, customer, settings)


def named(header: Image, customer: Customer | None, settings: Settings) -> About | None:
    """Name an invoice by its header as people do: number, customer, amount."""
    if settings.invoices is None:
        return None
    f = Fields(header, settings.invoices[0].fields, settings)
    number, name = f.read("invoice_number"), customer.name if customer is not None else "-"
    about = About(number, name, f.read("currency"), f.amount("gross"))
    return about if number else None


class _Head(NamedTuple):
    """What the header says, by the names of `Invoice`; what is wrong is among the problems."""

    number: str
    invoice_date: date | None
    posting_date: date | None
    mandant: str
    currency: str
    is_credit_note: bool
    gross: Decimal | None
    rounding: Decimal | None
    rate: Decimal | None
    due_date: date | None
    terms: str
    reference: str
    iban: str
    corrects: str

    def total(self, lines: Sequence[Line]) -> Decimal:
        """Return the gross amount: cobra's, or the sum of its positions and its rounding."""
        if self.gross is not None:
            return self.gross
        return sum((line.amount for line in lines), self.rounding or ZERO)


def _head(f: Fields, settings: Settings, *, needs_gross: bool) -> _Head:
    number, invoice_date = f.needed("invoice_number"), f.needed_day("invoice_date")
    posting_date = f.day("posting_date") or invoice_date
    mandant = f.mapped("mandant") or _only_mandant(settings, f)
    currency = f.mapped("currency")
    is_credit_note = f.mapped("kind") == "credit-note"
    gross, rounding = f.amount("gross"), f.amount("rounding")
    if gross is None and not f.problems and needs_gross:
        f.needed("gross")
    return _Head(
        number, invoice_date, posting_date, mandant, currency, is_credit_note, gross, rounding,
        rate=f.number("rate") or None,
        due_date=f.day("due_date"),
        terms=f.mapped("terms"),
        reference=compact(f.read("reference")),
        iban=compact(f.read("iban")),
        corrects=f.read("corrects"),
    )  # fmt: skip


def _final(key: str, read: InvoiceImage, customer: Customer | None, settings: Settings) -> State:
    section, position = _sections(settings)
    f = Fields(read.header, section.captured(), settings)
    if isinstance(read.header["final"], date):
        f.day("final")
    head = _head(f, settings, needs_gross=position.amounts == "net")
    lines = _lines(read, f, settings, head.invoice_date)
    if not lines and not f.problems:
        f.problems.append(Problem("no_positions", {}))
    if customer is None:
        f.problems.append(Problem("no_address", {"column": section.address}))
    total = head.total(lines)
    if total < 0 and f.read("kind") and not head.is_credit_note:
        f.problems.append(Problem("invoice_negative", {"value": total, "kind": f.read("kind")}))
    day = head.invoice_date
    is_early = day is not None and day < section.book_from
    if f.problems or customer is None or day is None or head.posting_date is None:
        name = customer.name if customer is not None else "-"
        return Unbookable(
            distinct(f.problems),
            About(head.number or key, name, head.currency, total),
            before_start=day if is_early else None,
            number=head.number,
            customer=customer,
            invoice_date=day,
        )
    # A credit note may be written with positive or with negative amounts: it is one either way.
    sign = -1 if head.is_credit_note and total > 0 else 1
    amounts = {"gross": sign * total, "rounding": sign * (head.rounding or ZERO) + ZERO}
    return Invoice(
        key=key,
        text=f.read("text"),
        lines=tuple(_signed(line, sign) for line in lines),
        customer=customer,
        is_before_start=is_early,
        has_rounding=head.rounding is not None,
        warnings=distinct(f.warnings),
        **head._asdict() | amounts,  # no zero is negative
    )


def _sections(settings: Settings) -> tuple[InvoiceSection, Position]:
    if settings.invoices is None:
        raise RuntimeError
    return settings.invoices


def _signed(line: Line, sign: int) -> Line:
    if sign == 1:
        return line
    quantity = None if line.quantity is None else sign * line.quantity
    tax = None if line.tax is None else sign * line.tax + ZERO
    return replace(line, amount=sign * line.amount + ZERO, quantity=quantity, tax=tax)


def _only_mandant(settings: Settings, f: Fields) -> str:
    if settings.invoices is not None and "mandant" in settings.invoices[0].fields:
        if not any(problem.values.get("field") == "mandant" for problem in f.problems):
            f.needed("mandant")
        return ""
    return settings.sage.mandants[0]


def _lines(
    read: InvoiceImage, header: Fields, settings: Settings, invoice_date: date | None
) -> list[Line]:
    _, section = _sections(settings)
    cost_centre = header.mapped("cost_centre")
    lines: list[Line] = []
    for image in read.positions:
        f = Fields(image, section.fields, settings)
        amount = f.amount("amount")
        if amount is None and not f.problems:
            amount = ZERO  # a line of text
        if not f.read("account") and not f.read("vat") and not amount:
            continue
        lines += _line(f, amount, settings, cost_centre, invoice_date)
        header.problems += f.problems
        header.warnings += f.warnings
    return lines


def _line(
    f: Fields, amount: Decimal | None, settings: Settings, centre: str, invoice_date: date | None
) -> Iterator[Line]:
    """Yield the line of a position, unless it has none that could be booked."""
    category = f.needed("vat")
    supplied_on = _supplied(f, invoice_date)
    tax_key = None
    if category and supplied_on is not None:
        tax_key = settings.map.tax_key(category, supplied_on)
        if tax_key is None:
            f.problems.append(Problem("vat_not_mapped", {"value": category, "day": supplied_on}))
    account = f.mapped("account", f.needed("account"))
    own = f.mapped("cost_centre") or centre
    text = f.read("text") or f.read("article")
    if amount is not None and tax_key is not None:
        yield Line(
            account=account,
            tax_key=tax_key,
            cost_centre=own,
            amount=amount,
            text=text,
            article=f.read("article"),
            quantity=f.measure("quantity"),
            unit_price=f.measure("unit_price"),
            supplied_on=supplied_on,
            tax=f.amount("vat_amount"),
            rate=f.number("vat_rate"),
        )


def _supplied(f: Fields, invoice_date: date | None) -> date | None:
    """Return the day of supply, the last one of several; they must not span a change of rates."""
    first = f.day("supplied_on") or invoice_date
    last = f.day("supplied_until") or first
    if first is not None and last is not None and spans_rates(first, last):
        f.problems.append(Problem("supply_spans_rates", {"first": first, "last": last}))
    return last
