"""Knows which rows of Sage's tables the plans of a batch come to, by tag. Pure.

Tags, signs and flags are those of the import format (TAF 2012, blocks PKd, OPd, Blg, Bk, Acc),
whatever road leads to Sage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from relay.rules.invoice.books import Books, Raw
from relay.rules.invoice.ledger import Document
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
