"""Knows what an invoice must fulfil whatever Sage year is asked. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

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
from relay.settings import Settings


def check_invoice(
    key: str, read: InvoiceImage | Gone, customer: Customer | None, settings: Settings
) -> State:
    """Check one invoice as read from cobra; says nothing about any Sage year."""
    if settings.invoices is None or isinstance(read, Misspelled):
        notices = (read.record,) if isinstance(read, Misspelled) else ()
        return Absent("invoice_gone", notices=notices)
    if isinstance(read, Gone):
        return Absent("invoice_gone")
    told, _ = settings.invoices
    about = named(read.header, customer, settings)
    if told.cancelled is not None and told.cancelled.holds(read.header["cancelled"]):
        return Absent("invoice_cancelled", about)
    if not told.final.holds(read.header["final"]):
        return Absent("invoice_draft", about)
    return _final(key, read, customer, settings)


def named(header: Image, customer: Customer | None, settings: Settings) -> About | None:
    """Name an invoice by its header as people do: number, customer, amount."""
    if settings.invoices is None:
        return None
    f = Fields(header, settings.invoices[0].fields, settings)
    number, name = f.read("invoice_number"), customer.name if customer is not None else "-"
    told = About(number, name, f.read("currency"), f.amount("gross"))
    return told if number else None


def _final(key: str, read: InvoiceImage, customer: Customer | None, settings: Settings) -> State:
    if settings.invoices is None:
        raise RuntimeError
    told, _ = settings.invoices
    f = Fields(read.header, told.captured(), settings)
    if isinstance(read.header["final"], date):
        f.day("final")
    number, invoice_date = f.needed("invoice_number"), f.needed_day("invoice_date")
    posting_date = f.day("posting_date") or invoice_date
    mandant = f.mapped("mandant") or _only_mandant(settings, f)
    currency = f.mapped("currency")
    is_credit_note = f.mapped("kind") == "credit-note"
    gross, told_rounding = f.amount("gross"), f.amount("rounding")
    if gross is None and not f.problems and settings.invoices[1].amounts == "net":
        f.needed("gross")
    rounding, rate = told_rounding or ZERO, f.number("rate") or None
    due_date, terms = f.day("due_date"), f.mapped("terms")
    reference, iban = compact(f.read("reference")), compact(f.read("iban"))
    corrects = f.read("corrects")
    lines = _lines(read, f, settings, invoice_date)
    if not lines and not f.problems:
        f.problems.append(Problem("no_positions", {}))
    if customer is None:
        f.problems.append(Problem("no_address", {"column": told.address}))
    total = sum((line.amount for line in lines), ZERO) + rounding if gross is None else gross
    if total < 0 and f.read("kind") and not is_credit_note:
        f.problems.append(Problem("invoice_negative", {"value": total, "kind": f.read("kind")}))
    named = customer.name if customer is not None else "-"
    about = About(number or key, named, currency, total)
    if f.problems or customer is None or invoice_date is None or posting_date is None:
        early = invoice_date is not None and invoice_date < told.book_from
        return Unbookable(
            distinct(f.problems),
            about,
            before_start=invoice_date if early else None,
            number=number,
            customer=customer,
            invoice_date=invoice_date,
        )
    # A credit note may be written with positive or with negative amounts: it is one either way.
    sign = -1 if is_credit_note and total > 0 else 1
    return Invoice(
        key=key,
        number=number,
        is_credit_note=is_credit_note,
        mandant=mandant,
        invoice_date=invoice_date,
        posting_date=posting_date,
        due_date=due_date,
        currency=currency,
        terms=terms,
        reference=reference,
        text=f.read("text"),
        gross=sign * total,
        rounding=sign * rounding + ZERO,  # no zero is negative
        lines=tuple(_signed(line, sign) for line in lines),
        customer=customer,
        is_before_start=invoice_date < told.book_from,
        corrects=corrects,
        is_rounding_told=told_rounding is not None,
        rate=rate,
        iban=iban,
        warnings=distinct(f.warnings),
    )


def _signed(line: Line, sign: int) -> Line:
    if sign == 1:
        return line
    quantity = None if line.quantity is None else sign * line.quantity
    tax = None if line.tax is None else sign * line.tax + ZERO
    return replace(line, amount=sign * line.amount + ZERO, quantity=quantity, tax=tax)


def _only_mandant(settings: Settings, f: Fields) -> str:
    mandants = {year.mandant for year in settings.sage.year}
    if settings.invoices is not None and "mandant" in settings.invoices[0].fields:
        if not any(problem.values.get("field") == "mandant" for problem in f.problems):
            f.needed("mandant")
        return ""
    return min(mandants)


def _lines(
    read: InvoiceImage, header: Fields, settings: Settings, invoice_date: date | None
) -> list[Line]:
    if settings.invoices is None:
        raise RuntimeError
    _, told = settings.invoices
    cost_centre = header.mapped("cost_centre")
    lines = []
    for image in read.positions:
        f = Fields(image, told.fields, settings)
        amount = f.amount("amount")
        if amount is None and not f.problems:
            amount = ZERO  # a line of text
        if not f.read("account") and not f.read("vat") and not amount:
            continue
        category = f.needed("vat")
        supplied_on = _supplied(f, invoice_date)
        tax_key = None
        if category and supplied_on is not None:
            tax_key = settings.map.tax_key(category, supplied_on)
            if tax_key is None:
                f.problems.append(
                    Problem("vat_not_mapped", {"value": category, "day": supplied_on})
                )
        account = f.mapped("account", f.needed("account"))
        own = f.mapped("cost_centre") or cost_centre
        text = f.read("text") or f.read("article")
        if amount is not None and tax_key is not None:
            lines.append(
                Line(
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
            )
        header.problems += f.problems
        header.warnings += f.warnings
    return lines


def _supplied(f: Fields, invoice_date: date | None) -> date | None:
    """Return the day of supply, the last one of several; they must not span a change of rates."""
    first = f.day("supplied_on") or invoice_date
    last = f.day("supplied_until") or first
    if first is not None and last is not None and spans_rates(first, last):
        f.problems.append(Problem("supply_spans_rates", {"first": first, "last": last}))
    return last
