"""Knows what rows of a Sage year's tables say, by tag, in the words of invoices. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from relay.base.days import NO_DAYS
from relay.rules.invoice.books import Raw, Stored, whole
from relay.rules.invoice.ledger import Client, Currency, Masters, Posting, Tax


def stored_of(headers: Iterable[Raw], postings: Iterable[Raw]) -> dict[int, Stored]:
    """Return documents by number, from their rows (Blg) and those of their postings (Bk)."""
    rows: dict[int, list[Raw]] = defaultdict(list)
    for row in postings:
        rows[whole(row, "Bk", "BlgNr")].append(row)
    found = {}
    for blg in headers:
        number, case = whole(blg, "Blg", "BlgNr"), _index(blg.get("GFNr"))
        items = frozenset(str(row["OpId"]) for row in rows[number] if row["OpId"])
        booked = tuple(map(_posting, rows[number]))
        found[number] = Stored(number, _day(blg["Date"]), booked, case, items)
    return found


def client_in(rows: Sequence[Raw], vat_settled: date | None) -> Client | None:
    """Return a year's settings in Sage; the later day counts up to which VAT is settled.

    None where Sage does not say which year and currency it is: no row, several that differ, one
    that lacks either, or a text that is no day. Nobody may guess. `vat_settled` is what the
    configuration says.
    """
    row = rows[0] if rows and all(row == rows[0] for row in rows) else {}
    if not all(row.get(tag) for tag in ("YearFrom", "YearTo", "CurId")):
        return None
    try:
        return _client(row, vat_settled)
    except ValueError:
        return None


def _client(row: Raw, vat_settled: date | None) -> Client:
    settled = filter(None, (_day_or_none(row.get("VatTo")), vat_settled))
    return Client(
        first_day=_day(row["YearFrom"]),
        last_day=_day(row["YearTo"]),
        period_first=_day_or_none(row.get("PeriodFrom")),
        period_last=_day_or_none(row.get("PeriodTo")),
        currency=str(row["CurId"]),
        vat_settled=max(settled, default=None),
    )


def masters_in(taxes: Sequence[Raw], terms: Iterable[Raw], currencies: Iterable[Raw]) -> Masters:
    """Return tax keys, terms and currencies, from the rows of Tax, Zab and FCur."""
    return Masters(
        taxes={
            str(row["TaxId"]): Tax(_decimal(row["Rate"]), str(row["AccId"] or ""))
            for row in taxes
            if row["Rate"] is not None
        },
        unrated=frozenset(str(row["TaxId"]) for row in taxes if row["Rate"] is None),
        terms={
            str(row["ZabId"]): None if row.get("Days") is None else int(str(row["Days"]))
            for row in terms
        },
        currencies={str(row["CurId"]): _currency(row) for row in currencies},
    )


def _posting(row: Raw) -> Posting:
    return Posting(
        account=str(row["AccId"]),
        contra=str(row.get("CAcc") or ""),
        net=_decimal(row["ValNt"]),
        is_debit=not row["Type"],
        foreign=_decimal(row.get("ValFW")),
        kind=whole(row, "Bk", "BType"),
        tax=_decimal(row["ValTx"]),
        tax_key=str(row["TaxId"] or ""),
        tax_index=_index(row.get("TIdx")),
        cost_index=_index(row.get("CIdx")),
        text=str(row.get("Text") or ""),
        into_item=bool(row["OpId"]),
    )


def _currency(row: Raw) -> Currency:
    unit = row.get("Unit", 1)  # 1 where this Sage has no such column; an empty one is no unit
    return Currency(_decimal(row.get("Rate")), int(str(unit or 0)))


def _day_or_none(value: object) -> date | None:
    day = None if value is None else _day(value)
    return None if day in NO_DAYS else day


def _day(value: object) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _decimal(value: object) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value or 0))


def _index(value: object) -> int | None:
    return None if value is None else int(str(value))
