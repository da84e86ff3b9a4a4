"""Whatever invoice is accepted stands in Sage as it was written, balanced to the centime."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.world.databases import Databases
from tests.world.office import LAST, THIS, Office, position

CENT, FIVE = Decimal("0.01"), Decimal("0.05")
RATES = {"normal": Decimal("8.1"), "reduced": Decimal("2.6"), "none": Decimal(0)}

POSITION = st.tuples(
    st.integers(min_value=-20_000, max_value=900_000).map(lambda cents: cents * CENT),
    st.sampled_from(["3000", "3200"]),
    st.sampled_from(sorted(RATES)),
    st.sampled_from([None, "KST1", "KST2"]),
    st.text(max_size=70),
)
INVOICE = st.fixed_dictionaries(
    {
        "positions": st.lists(POSITION, min_size=1, max_size=6),
        "per_line": st.booleans(),
        "rounds": st.booleans(),
        "currency": st.sampled_from(["CHF", "CHF", "EUR", "JPY"]),
        "rate": st.none() | st.decimals("0.6", "1.3", places=6).map(str),
        "text": st.text(max_size=50),
        "day": st.dates(date(2025, 7, 1), date(2026, 12, 31)),
    }
)


def office_with_currencies(databases: Databases) -> Office:
    """Return a company with accounts and rates for three currencies."""
    accounts = {"CHF": "1100", "EUR": "1101", "JPY": "1102"}
    office = Office(databases, sage={"collective_account": accounts})
    for year in office.sage:
        for account in ("1101", "1102"):
            office.write_sage(year, "Acc", AccId=account)
        office.write_sage(year, "FCur", CurId="EUR", Rate="0.9345")
        office.write_sage(year, "FCur", CurId="JPY", Rate="0.6123", Unit=100)
    return office


def test_accepted_document_reads_back(databases: Databases) -> None:
    """Random invoices: each is booked with its printed total, or held with a code of its own."""
    office = office_with_currencies(databases)
    customers = {currency: office.add(HOUSENO0=currency) for currency in ("CHF", "EUR", "JPY")}
    written: dict[str, Decimal] = {}

    @settings(
        max_examples=4,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(INVOICE, min_size=1, max_size=12))
    def play(drawn: list[dict[str, Any]]) -> None:
        for told in drawn:
            total, rounding = printed(told)
            rows = [
                position(str(net), account=account, vat=vat, COSTCENTRE=centre, TEXT=clean(text))
                for net, account, vat, centre, text in told["positions"]
            ]
            key = office.invoice(
                customers[told["currency"]],
                *rows,
                number=str(20260001 + len(written)),
                day=told["day"],
                KIND="R" if total >= 0 else "G",
                CURRENCY=told["currency"],
                RATE=told["rate"],
                SUBJECT=clean(told["text"]),
                GROSS=str(total),
                ROUNDING=str(rounding),
            )
            written[key] = total
        office.drain_all()

    play()
    assert_reads_back(office, written)


def assert_reads_back(office: Office, written: dict[str, Decimal]) -> None:
    """Compare what the deliveries say was sent with the rows of Sage, and sum both."""
    rows = {year: office.book(year, "Bk") for year in (LAST, THIS)}
    for key, total in written.items():
        status, code = office.state(key)
        if not total:
            assert (status, code) == ("held", "nothing_to_book")
            continue
        assert (status, code) == ("applied", None), office.told(key)
        (delivery,) = [d for year in rows for d in office.deliveries(key, year) if d.sent]
        sent = orjson.loads(delivery.sent)
        mine = [r for r in rows[delivery.year] if r["BlgNr"] == sent["document"]]
        found = sorted(mine, key=lambda r: r["BkIdx"])
        assert [_row(r) for r in found] == [_sent(p) for p in sent["postings"]]
        foreign = Decimal(found[0]["ValFW"])
        assert total == (foreign or Decimal(found[0]["ValNt"]))
    office.assert_books_right()


def _row(r: dict[str, Any]) -> tuple[object, ...]:
    kind = ("account", "cost_centre", "tax")[r["BType"]]
    side = "credit" if r["Type"] else "debit"
    return r["AccId"], side, r["ValNt"], r["TaxId"], kind, r["Text"], Decimal(r["ValFW"])


def _sent(p: dict[str, Any]) -> tuple[object, ...]:
    foreign = Decimal(p["foreign"] or 0)
    return p["account"], p["side"], p["amount"], p["tax_key"], p["kind"], p["text"], foreign


def clean(text: str) -> str:
    """Return a text that a column of every server takes."""
    return text.replace("\0", "")


def printed(told: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """Return total and rounding as a program prints them that rounds each position or each key."""
    nets: dict[str, Decimal] = defaultdict(Decimal)
    total = Decimal("0.00")
    for net, _, vat, _, _ in told["positions"]:
        nets[vat] += net
        total += net + (_tax(net, vat) if told["per_line"] else 0)
    if not told["per_line"]:
        total += sum(_tax(net, vat) for vat, net in nets.items())
    if not told["rounds"] or told["currency"] != "CHF":
        return total, Decimal("0.00")
    rounded = (total / FIVE).quantize(Decimal(1), ROUND_HALF_UP) * FIVE
    return rounded, rounded - total


def _tax(net: Decimal, vat: str) -> Decimal:
    return (net * RATES[vat] / 100).quantize(CENT, ROUND_HALF_UP)
