"""The hash of a booking: the same meaning has the same one, another meaning another."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from relay.rules.images import GONE, InvoiceImage
from relay.rules.invoice.check import check_invoice
from relay.rules.invoice.content import LENGTH, content_of, is_content
from relay.rules.invoice.invoice import Customer, Invoice
from relay.settings import Settings
from tests.world.databases import EXAMPLE, INVOICES, merged

URL = "sqlite:///nowhere.db"
YEAR = {"name": "Y", "mandant": "MUSTER", "first_day": "2026-01-01", "last_day": "2026-12-31"}
SETTINGS = Settings(
    **merged(
        merged(EXAMPLE, INVOICES), {"cobra": {"url": URL}, "sage": {"year": [YEAR | {"url": URL}]}}
    )
)
CENTS = st.integers(1, 10**8).map(lambda cents: Decimal(cents) / 100)
CUSTOMER = Customer("7", "Muster AG", GONE)


def header(**told: Any) -> dict[str, Any]:
    """Return an invoice's header as read."""
    return {
        "invoice_number": "17", "kind": "R", "corrects": None, "invoice_date": date(2026, 1, 31),
        "posting_date": date(2026, 1, 31), "due_date": None, "mandant": 1, "cost_centre": None,
        "currency": "EUR", "rate": None, "terms": "30", "reference": None, "iban": None,
        "text": None, "gross": Decimal("108.10"), "rounding": None, "final": date(2026, 1, 31),
        "cancelled": False, "address_key": "7",
    } | told  # fmt: skip


def row(amount: object, **told: Any) -> dict[str, Any]:
    """Return a position as read."""
    return {
        "line": 1, "article": None, "text": None, "quantity": None, "unit_price": None,
        "amount": amount, "account": "3000", "vat": "normal", "supplied_on": None,
        "supplied_until": None, "vat_rate": None, "vat_amount": None, "cost_centre": None,
    } | told  # fmt: skip


def checked(head: dict[str, Any], *rows: dict[str, Any]) -> Invoice:
    """Return the invoice that cobra's rows tell."""
    state = check_invoice("1", InvoiceImage(head, rows), CUSTOMER, SETTINGS)
    assert isinstance(state, Invoice), state
    return state


def hashed(head: dict[str, Any], *rows: dict[str, Any]) -> str:
    """Return the hash of what cobra's rows tell, in a year kept in francs."""
    return content_of(checked(head, *rows), "CHF")


def written(amount: Decimal) -> st.SearchStrategy[object]:
    """Return the ways in which cobra's columns may hold an amount."""
    return st.sampled_from(
        [
            amount,
            amount.quantize(Decimal("0.0001")),
            f"{amount:.2f}",
            f" {amount:.3f} ",
            float(amount),
        ]
    )


@given(st.data(), CENTS, CENTS, st.sampled_from(["0.93", "1", "1.05125"]))
def test_same_meaning_same_hash(data: st.DataObject, one: Decimal, two: Decimal, rate: str) -> None:
    """Places, types, signs of zero, order, splitting, texts, what is not booked: all the same."""
    gross = one + two
    plain = hashed(header(gross=gross, rate=Decimal(rate)), row(one), row(two, account="3200"))
    zero = data.draw(st.sampled_from([None, Decimal("0.00"), Decimal("-0.00"), "0", -0.0, 0]))
    rates: list[object] = [Decimal(rate), Decimal(rate + ("000" if "." in rate else ".000")), rate]
    rows = [
        row(data.draw(written(two)), account="3200", text="x"),
        row(data.draw(written(one)), cost_centre=" "),
        row(Decimal("-0.00"), account="3400"),
    ]
    head = header(
        gross=data.draw(written(gross)),
        rounding=zero,
        rate=data.draw(st.sampled_from(rates)),
        invoice_number="\uff11\uff17\u200b",
        due_date=date(1900, 1, 1),
        text="anders",
    )
    assert hashed(head, *data.draw(st.permutations(rows))) == plain


@given(CENTS, st.sampled_from([None, Decimal(0), Decimal("-0.00")]))
def test_credit_note_has_one_sign(amount: Decimal, rounding: Decimal | None) -> None:
    """A credit note written with positive amounts is the one with negative amounts."""
    tax = (amount / 10).quantize(Decimal("0.01"))
    found = {
        hashed(
            header(kind="G", gross=sign * amount, rounding=rounding),
            row(sign * amount, vat_amount=sign * tax),
        )
        for sign in (1, -1)
    }
    assert len(found) == 1


def test_rate_counts_in_a_foreign_currency_only() -> None:
    """A rate that stands with francs is booked nowhere."""
    francs = [checked(header(currency="CHF", rate=r), row("100")) for r in (None, "1", "0.5")]
    assert len({content_of(invoice, "CHF") for invoice in francs}) == 1
    assert len({content_of(invoice, "EUR") for invoice in francs}) == len(francs)


CHANGES: list[dict[str, Any]] = [
    {"invoice_number": "18"}, {"kind": "G"}, {"mandant": 2}, {"posting_date": date(2026, 2, 1)},
    {"due_date": date(2026, 3, 1)}, {"currency": "USD"}, {"rate": "0.94"}, {"terms": None},
    {"reference": "RF18539007547034"}, {"gross": "108.15"}, {"rounding": "0.05"},
]  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"amount": "100.01"}, {"account": "3200"}, {"vat": "reduced"}, {"cost_centre": "KST1"},
    {"vat_amount": "8.11"},
]  # fmt: skip


def test_other_meanings_have_other_hashes() -> None:
    """Each field that is booked counts, and so does the customer."""
    base = header(rate="0.93")
    first = checked(base, row("100.00"))
    found = [first, replace(first, customer=Customer("8", "Muster AG", GONE))]
    found += [checked(base | change, row("100.00")) for change in CHANGES]
    found += [checked(base, row("100.00") | change) for change in ROWS]
    hashes = [content_of(invoice, "CHF") for invoice in found]
    assert len(set(hashes)) == len(found)
    assert {len(each) for each in hashes} == {LENGTH}


@given(CENTS, CENTS)
def test_other_amounts_have_other_hashes(one: Decimal, two: Decimal) -> None:
    """A centime is a difference."""
    first, second = (hashed(header(gross=amount), row(amount)) for amount in (one, two))
    assert (first == second) is (one == two)


def before(told: Invoice, rounding: str) -> str:
    """Return the hash as relays made it that knew no versions of it."""
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: Decimal("0.00"))
    taxes: dict[tuple[str, str, str], Decimal] = defaultdict(lambda: Decimal("0.00"))
    for line in told.lines:
        group = (line.account, line.tax_key, line.cost_centre)
        sums[group] += line.amount
        taxes[group] += line.tax or Decimal("0.00")
    parts = [
        told.number, told.is_credit_note, told.mandant, told.customer.key,
        str(told.posting_date), str(told.due_date), told.currency, told.terms, told.reference,
        str(told.gross), rounding, str(told.rate),
        sorted([*group, str(amount), str(taxes[group])] for group, amount in sums.items()),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def test_hashes_of_before_stay_valid() -> None:
    """A booking of an older relay is compared as it was made; what changed since is seen."""
    for told, rounding in (
        (
            checked(header(rate=Decimal("0.930000")), row("100"), row("0", account="3200")),
            "0.00",
        ),
        (checked(header(kind="G"), row("100.00", vat_amount="8.10")), "-0.00"),
        (checked(header(rounding="-0.02"), row("100.00")), "-0.02"),
    ):
        stored = before(told, rounding)
        assert is_content(stored, told, "CHF")
        assert not is_content(stored, replace(told, gross=Decimal("108.15")), "CHF")
        assert not is_content(stored, replace(told, due_date=date(2026, 5, 1)), "CHF")
