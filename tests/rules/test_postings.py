"""Postings of an invoice: balanced to the centime, with cobra's total, and undone exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.base.values import Problem
from relay.rules.images import GONE
from relay.rules.invoice.amounts import Split, split
from relay.rules.invoice.content import content_of
from relay.rules.invoice.invoice import Customer, Invoice, Line
from relay.rules.invoice.ledger import Client, Currency, Masters, Posting, Tax
from relay.rules.invoice.postings import is_balanced, post, sums, take_back
from relay.rules.policy import Rules

TAXES = {
    "USt81": Tax(Decimal("8.1"), "2200"),
    "USt26": Tax(Decimal("2.6"), "2200"),
    "USt00": Tax(Decimal(0), ""),
}
CENT = Decimal("0.01")
FIVE = Decimal("0.05")


RULES = Rules(
    on_change="hold", closed_period="wait", rounding="6940",
    collective={"CHF": "1100", "EUR": "1100"},
    has_gross_amounts=False, tolerance=Decimal("0.01"), swaps_sides=False, reversal="Storno",
    own_numbers=[], document_numbers="1-9",
)  # fmt: skip
YEAR = Client(date(2026, 1, 1), date(2026, 12, 31), None, None, "CHF")


class Chart(NamedTuple):
    """What the configuration and the year's master data say about accounts."""

    rules: Rules
    masters: Masters

    def foreign(self, price: Currency) -> Chart:
        """Return it for a year whose own currency is another one than the invoice's."""
        prices = {"CHF": price, "EUR": price}
        year = replace(YEAR, currency="USD")
        return Chart(self.rules, replace(self.masters, client=year, currencies=prices))


def chart(
    *,
    gross: bool = False,
    swaps: bool = False,
    tolerance: str = "0.01",
    taxes: Mapping[str, Tax] = TAXES,
) -> Chart:
    rules = replace(RULES, has_gross_amounts=gross, swaps_sides=swaps, tolerance=Decimal(tolerance))
    return Chart(rules, Masters(taxes=taxes, client=YEAR))


def invoice(*lines: Line, gross: str, rounding: str = "0.00") -> Invoice:
    return Invoice(
        key="7",
        number="R1",
        is_credit_note=Decimal(gross) < 0,
        mandant="MUSTER",
        invoice_date=date(2026, 1, 31),
        posting_date=date(2026, 1, 31),
        due_date=None,
        currency="CHF",
        terms="",
        reference="",
        text="Rechnung",
        gross=Decimal(gross),
        rounding=Decimal(rounding),
        lines=lines,
        customer=Customer("1", "Muster AG", GONE),
    )


def line(amount: str, tax_key: str = "USt81", account: str = "3000", cost: str = "") -> Line:
    return Line(account, tax_key, cost, Decimal(amount))


def tried(one: Invoice, how: Chart) -> tuple[Posting, ...] | Problem:
    amounts = split(one, how.masters.taxes, how.rules)
    if not isinstance(amounts, Split):
        return amounts[0]
    return post(one, amounts, how.masters, how.rules)


def posted(one: Invoice, how: Chart) -> tuple[Posting, ...]:
    found = tried(one, how)
    assert not isinstance(found, Problem), found
    return found


def told(postings: Sequence[Posting]) -> list[tuple[str, str, str]]:
    return [(p.account, "S" if p.is_debit else "H", str(p.net)) for p in postings]


def test_example_of_the_import_format() -> None:
    """The published example: 420 gross, two positions, cost and tax rows with their places."""
    taxes = {"A": Tax(Decimal(20), "2200"), "B": Tax(Decimal(0), "")}
    how = chart(taxes=taxes)
    one = invoice(line("200.00", "A", cost="K1"), line("180.00", "B", "3200", "K2"), gross="420.00")
    rows = posted(one, how)
    assert told(rows) == [
        ("1100", "S", "420.00"),
        ("3000", "H", "200.00"),
        ("K1", "H", "200.00"),
        ("2200", "H", "40.00"),
        ("3200", "H", "180.00"),
        ("K2", "H", "180.00"),
    ]
    assert [(p.cost_index, p.tax_index) for p in rows if p.tax_key] == [(3, 4), (6, None)]
    assert (rows[0].contra, rows[0].opens, rows[0].tax_key) == ("div", True, "")


@pytest.mark.parametrize(
    ("lines", "gross", "taxes"),
    [
        (["0.05"] * 3, "0.16", ["0.00", "0.00", "0.01"]),  # tax of the sum, rounded once
        (["0.07"] * 3, "0.24", ["0.01", "0.01", "0.01"]),  # tax of each position
        (["10.00"], "10.80", ["0.80"]),  # one centime less, within the tolerance
    ],
)
def test_tax_is_rounded_as_cobra_did(lines: list[str], gross: str, taxes: list[str]) -> None:
    """Whichever way the invoice was rounded, the document has its total."""
    rows = posted(invoice(*(line(amount) for amount in lines), gross=gross), chart())
    assert sorted(str(p.tax) for p in rows if p.tax_key) == sorted(taxes)
    assert is_balanced(rows)


def test_total_beyond_the_tolerance_is_a_problem() -> None:
    """Two centimes are more than the tolerance allows; the difference is told."""
    found = tried(invoice(line("10.00"), gross="10.83"), chart())
    assert isinstance(found, Problem)
    assert (found.code, str(found.values["difference"])) == ("total_differs", "0.02")
    assert isinstance(posted(invoice(line("10.00"), gross="10.83"), chart(tolerance="0.02")), tuple)


def test_untaxed_difference_is_a_problem() -> None:
    """Without a tax there is nothing that a centime could belong to."""
    found = tried(invoice(line("10.00", "USt00"), gross="10.01"), chart())
    assert isinstance(found, Problem)


def test_gross_amounts_contain_the_tax() -> None:
    """With `amounts = "gross"` the net is what is left when the tax is taken out."""
    rows = posted(invoice(line("108.10"), gross="108.10"), chart(gross=True))
    assert told(rows) == [("1100", "S", "108.10"), ("3000", "H", "100.00"), ("2200", "H", "8.10")]


def test_sums_are_per_account_and_tax_key() -> None:
    """What two documents are compared by: account, key, net and tax, whatever the order."""
    one = invoice(line("1.00"), line("2.00"), line("4.00", "USt26", "3200"), gross="7.34")
    found = sums(posted(one, chart()))
    assert found["3000", "USt81"] == (Decimal("3.00"), Decimal("0.24"))
    assert found["3200", "USt26"] == (Decimal("4.00"), Decimal("0.10"))
    assert found["1100", ""] == (Decimal("-7.34"), Decimal("0.00"))


AMOUNT = st.integers(min_value=-100_000, max_value=1_000_000).map(lambda cents: cents * CENT)
LINES = st.lists(
    st.builds(
        Line,
        account=st.sampled_from(["3000", "3200"]),
        tax_key=st.sampled_from(sorted(TAXES)),
        cost_centre=st.sampled_from(["", "K1"]),
        amount=AMOUNT,
    ),
    min_size=1,
    max_size=12,
)


@given(
    lines=LINES,
    per_line=st.booleans(),
    gross=st.booleans(),
    rounds=st.booleans(),
    swaps=st.booleans(),
    exchange=st.sampled_from([None, Currency(Decimal("0.934567")), Currency(Decimal("0.61"), 100)]),
)
def test_every_document_balances(  # noqa: PLR0913 - all that makes invoices differ
    *,
    lines: list[Line],
    per_line: bool,
    gross: bool,
    rounds: bool,
    swaps: bool,
    exchange: Currency | None,
) -> None:
    """Any invoice whose total follows from its positions is booked with that total, balanced."""
    total = printed_total(lines, per_line=per_line, gross=gross)
    rounded = (total / FIVE).quantize(Decimal(1), ROUND_HALF_UP) * FIVE if rounds else total
    rounding, total = (rounded - total, rounded) if exchange is None else (Decimal("0.00"), total)
    one = invoice(*lines, gross=str(total), rounding=str(rounding))
    how = chart(gross=gross, swaps=swaps)
    how = how if exchange is None else how.foreign(exchange)
    rows = tried(one, how)
    if not total:
        assert isinstance(rows, Problem)
        return
    assert not isinstance(rows, Problem)
    assert is_balanced(rows)
    debit = rows[0].net if rows[0].is_debit else -rows[0].net
    assert debit == (total if exchange is None else exchanged(total, exchange))
    foreign = [p.foreign if p.is_debit else -p.foreign for p in rows]
    assert sum(foreign) == 0
    assert foreign[0] == (0 if exchange is None else total)
    assert not any(a.is_signed() and not a for p in rows for a in (p.net, p.tax, p.foreign))
    assert all(p.net == p.net.quantize(CENT) and p.tax == p.tax.quantize(CENT) for p in rows)
    for position, row in enumerate(rows, start=1):
        assert row.cost_index is None or rows[row.cost_index - 1].account == "K1"
        assert row.tax_index is None or rows[row.tax_index - 1].kind == 2, position
    undone = take_back(rows, swaps_sides=swaps)
    assert is_balanced(undone)
    assert not any(any(amounts) for amounts in _added(sums(rows), sums(undone)).values())


def printed_total(lines: list[Line], *, per_line: bool, gross: bool) -> Decimal:
    """Return what a program prints that rounds the tax of each position or of each key."""
    if gross:
        return sum((part.amount for part in lines), Decimal("0.00"))
    groups: dict[str, Decimal] = {}
    total = Decimal("0.00")
    for part in lines:
        groups[part.tax_key] = groups.get(part.tax_key, Decimal(0)) + part.amount
        total += part.amount
        if per_line:
            total += _tax(part.amount, part.tax_key)
    return total if per_line else total + sum(_tax(net, key) for key, net in groups.items())


def exchanged(amount: Decimal, currency: Currency) -> Decimal:
    """Return an amount in the year's currency."""
    return (amount * currency.rate / currency.unit).quantize(CENT, ROUND_HALF_UP)


def _tax(net: Decimal, key: str) -> Decimal:
    return (net * TAXES[key].rate / 100).quantize(CENT, ROUND_HALF_UP)


def _added(
    one: dict[tuple[str, str], tuple[Decimal, Decimal]],
    other: dict[tuple[str, str], tuple[Decimal, Decimal]],
) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    nothing = (Decimal(0), Decimal(0))
    return {
        group: (
            one.get(group, nothing)[0] + other.get(group, nothing)[0],
            one.get(group, nothing)[1] + other.get(group, nothing)[1],
        )
        for group in one.keys() | other.keys()
    }


def test_content_is_what_is_booked() -> None:
    """Texts and the order of positions are no content; amounts, accounts, customer and date are."""
    one = invoice(line("1.00"), line("2.00", account="3200"), gross="3.24")
    same = replace(one, text="Anders", lines=(one.lines[1], replace(one.lines[0], text="x")))
    assert content_of(same, "CHF") == content_of(one, "CHF")
    others = [
        replace(one, gross=Decimal("3.25")),
        replace(one, posting_date=date(2026, 2, 1)),
        replace(one, customer=Customer("2", "Muster AG", GONE)),
        replace(one, lines=(one.lines[0],)),
        replace(one, mandant="MUSTER-IMMO"),
        replace(one, number="R2"),
    ]
    assert len({content_of(each, "CHF") for each in (one, *others)}) == len(others) + 1


def test_half_a_centime_of_tax_is_rounded_up() -> None:
    """8.1 % of 5.00 are 0.405: 0.41 as everybody rounds, not the even 0.40."""
    rows = posted(invoice(line("5.00"), gross="5.41"), chart(tolerance="0"))
    assert told(rows) == [("1100", "S", "5.41"), ("3000", "H", "5.00"), ("2200", "H", "0.41")]


def test_half_a_centime_of_net_is_rounded_up() -> None:
    """Where amounts contain the tax, the net of 20.01 at 100 % is 10.005: 10.01."""
    how = chart(gross=True, tolerance="0", taxes={"X": Tax(Decimal(100), "2200")})
    rows = posted(invoice(line("20.01", "X"), gross="20.01"), how)
    assert told(rows)[1:] == [("3000", "H", "10.01"), ("2200", "H", "10.00")]


def test_half_a_centime_is_exchanged_up() -> None:
    """0.05 at 0.90 are 0.045: 0.05, not the even 0.04."""
    how = chart().foreign(Currency(Decimal("0.90")))
    rows = posted(replace(invoice(line("0.05", "USt00"), gross="0.05"), currency="EUR"), how)
    assert told(rows) == [("1100", "S", "0.05"), ("3000", "H", "0.05")]


def test_gross_amounts_move_the_net_with_the_tax() -> None:
    """What the tax of a key's sum differs by leaves the net: the position's amount stays."""
    rows = posted(invoice(*[line("0.05")] * 3, gross="0.15"), chart(gross=True))
    revenue = [(str(p.net), str(p.tax)) for p in rows if p.tax_key]
    assert sorted(revenue) == [("0.04", "0.01"), ("0.05", "0.00"), ("0.05", "0.00")]


def test_rest_of_an_exchange_goes_to_the_largest_net() -> None:
    """The first position is not the one that can bear a centime best."""
    lines = [line(amount, "USt00") for amount in ("0.10", "700.00", "0.10", "0.10")]
    how = chart().foreign(Currency(Decimal("0.944")))
    rows = posted(replace(invoice(*lines, gross="700.30"), currency="EUR"), how)
    assert told(rows) == [
        ("1100", "S", "661.08"),
        ("3000", "H", "0.09"),
        ("3000", "H", "660.81"),
        ("3000", "H", "0.09"),
        ("3000", "H", "0.09"),
    ]
    assert is_balanced(rows)
