"""Knows what rows of Sage's tables say of invoices, and to which rows plans come, by tag. Pure.

Tags, signs and flags are those of the import format (TAF 2012, blocks PKd, OPd, Blg, Bk, Acc),
whatever road leads to Sage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from relay.base.days import NO_DAYS
from relay.rules.invoice.books import Books, Raw, Stored, whole
from relay.rules.invoice.ledger import Client, Currency, Document, Masters, Posting, Tax
from relay.rules.invoice.written import NO_TOTALS, InvoicePlan, ItemChange, Totals, both

DEBTORS = 1
"""Origin of a document: the debtors' books (Orig of the import format)."""
FIRST_POSTING = 1
"""Flag of the first posting into an open item (TAF 2012)."""


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Rows of one of Sage's tables: new ones, or what changes in those that a tag finds."""

    table: str
    rows: Sequence[Raw]
    key: str | None = None
    """The tag by which the rows to be changed are found; None: they are new."""


def rows_of(plans: Sequence[InvoicePlan], books: Books) -> list[RowsOf]:
    """Return what is to be written, in the order in which it can be."""
    items = [plan.item for plan in plans if plan.item is not None]
    new = [plan.debtor.opened for plan in plans if plan.debtor is not None and plan.debtor.opened]
    documents = [document for plan in plans for document in plan.documents]
    return [
        RowsOf("PKd", new),
        RowsOf("OPd", [_opened(item, books) for item in items if item.is_new]),
        RowsOf("OPd", [_changed(item, books) for item in items if not item.is_new], "OpId"),
        RowsOf("Blg", [_header(document) for document in documents]),
        RowsOf("Bk", [row for document in documents for row in _posted(document)]),
        RowsOf("PKd", list(_debtor_totals(items, books)), "PkKey"),
        RowsOf("Acc", list(_account_totals(documents, books)), "AccId"),
    ]


def _opened(item: ItemChange, books: Books) -> Raw:
    address = books.accounts[item.debtor]["AdrId"]
    keys = {"OpId": item.number, "PkKey": item.debtor, "AdrId": address}
    return {**item.row, **keys, **item.totals}


def _changed(item: ItemChange, books: Books) -> Raw:
    raised = _raised(books.items[item.number], item.totals)
    return {"OpId": item.number, **item.row, **raised}


def _header(document: Document) -> Raw:
    number, case = document.number, document.case
    return {"BlgNr": number, "Date": document.date, "Orig": DEBTORS, "GFNr": case}


def _posted(document: Document) -> Iterator[Raw]:
    for place, posting in enumerate(document.postings, start=1):
        into = posting.into_item
        yield {
            "BlgNr": document.number,
            "BkIdx": place,
            "AccId": posting.account,
            "CAcc": posting.contra,
            "Type": 0 if posting.is_debit else 1,
            "BType": posting.kind,
            "ValNt": posting.net,
            "ValTx": posting.tax,
            "ValFW": posting.foreign,
            "TaxId": posting.tax_key,
            "TIdx": posting.tax_index,
            "CIdx": posting.cost_index,
            "Text": posting.text,
            "OpId": document.open_item if into else None,
            "PkKey": document.debtor if into else None,
            "Flags": FIRST_POSTING if posting.opens else 0,
        }


def _debtor_totals(items: Sequence[ItemChange], books: Books) -> Iterator[Raw]:
    sums: dict[int, Totals] = defaultdict(lambda: NO_TOTALS)
    opened: dict[int, int] = defaultdict(int)
    for item in items:
        sums[item.debtor] = both(sums[item.debtor], item.totals)
        opened[item.debtor] += item.opened
    for debtor, totals in sorted(sums.items()):
        stands = books.accounts[debtor]
        number = int(_amount(stands, "NOp")) + opened[debtor]
        yield {"PkKey": debtor, **_raised(stands, totals), "NOp": number}


def _account_totals(documents: Iterable[Document], books: Books) -> Iterator[Raw]:
    """Sum what postings bring to their accounts; only a collective account has one currency."""
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict(NO_TOTALS))
    for posting in (posting for document in documents for posting in document.postings):
        totals, side = sums[posting.account], "Dbt" if posting.is_debit else "Cdt"
        totals[f"M{side}"] += posting.net
        if posting.into_item:
            totals[f"F{side}"] += posting.foreign
    for account, brought in sorted(sums.items()):
        if account in books.totals:
            yield {"AccId": account, **_raised(books.totals[account], brought)}


def _raised(row: Raw, totals: Totals) -> dict[str, object]:
    """Return a row's totals as they shall be."""
    return {tag: _amount(row, tag) + added for tag, added in totals.items()}


def _amount(row: Raw, tag: str) -> Decimal:
    """Return a total as it stands; a new row's are zero."""
    return Decimal(str(row.get(tag) or 0))


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
