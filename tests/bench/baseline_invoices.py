"""The baseline for invoices of customers that Sage knows: booked by the bare driver."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from tests.bench.bare import Bare, Row
from tests.bench.baseline import Baseline, Done, Notice, as_json

YEAR = "MUSTER2026"
RATES = {
    "normal": ("USt81", Decimal("8.1")),
    "reduced": ("USt26", Decimal("2.6")),
}
CENT = Decimal("0.01")
ACCOUNTS = ("1100", "2200", "3000", "3200", "6940", "KST1", "KST2")
BK = (
    "BlgNr, BkIdx, AccId, CAcc, Type, BType, ValNt, ValTx, ValFW, TaxId, TIdx, CIdx, Text, OpId,"
    " PkKey, Flags"
)


class Invoice(NamedTuple):
    """An invoice as read."""

    positions: list[Row]
    key: str
    customer: str
    number: str
    day: str
    due: str
    terms: str
    text: str


class Invoices(Baseline):
    """Carries invoices over: each is booked in the year of its date."""

    entity = "invoice"

    def read(self, keys: Sequence[str]) -> dict[str, Invoice]:
        """Read the invoices, their positions and customers; nobody skipped any of them."""
        cobra, numbers = self.cobra, [int(key) for key in keys]
        with cobra.transaction():
            cobra.among(
                "SELECT entity_key, status, error_code, cause, reason, finished_at, created_at"
                " FROM relay.outbox WHERE entity = 'invoice' AND (status = 'skipped'"
                " OR cause = 'resend') AND entity_key IN ?*",
                keys,
            )
        with cobra.transaction():
            headers = cobra.among(
                "SELECT CAST(ID AS varchar(450)), CAST(ADDRESSID AS varchar(450)), NUMBER,"
                " INVOICEDATE, DUEDATE, TERMS, SUBJECT, KIND, CORRECTS, MANDANT, COSTCENTRE,"
                " CURRENCY, RATE, REFERENCE, GROSS, ROUNDING, PRINTEDON, CANCELLED, CHANGEDBY0"
                " FROM dbo.INVOICES WHERE ID IN ?*",
                numbers,
            )
        positions = defaultdict(list)
        with cobra.transaction():
            for row in cobra.among(
                "SELECT CAST(INVOICEID AS varchar(450)), NET, ACCOUNT, VATCODE, COSTCENTRE, LINE,"
                " ARTICLE, TEXT, QUANTITY, PRICE, SUPPLIEDON FROM dbo.POSITIONS"
                " WHERE INVOICEID IN ?* ORDER BY LINE, ID",
                numbers,
            ):
                positions[row[0]].append(row)
        invoices = {row[0]: Invoice(positions[row[0]], *row[:7]) for row in headers}
        self._customers = self.addresses(
            list(dict.fromkeys(invoice.customer for invoice in invoices.values()))
        )
        return invoices

    def apply(self, notices: Sequence[Notice], read: dict[str, Invoice]) -> list[Done]:
        """Ask every year, choose one, book there."""
        keys = list(read)
        with self.cobra.transaction():
            self.cobra.among(
                "SELECT entity_key, year FROM relay.route WHERE entity_key IN ?*", keys
            )
        for year, bare in self.years.items():
            with bare.transaction():
                self.raise_fence(bare)
                _bookings(bare, "entity_key", keys)
                self.ledgered(bare, year, notices)
        with self.cobra.transaction():
            self.prove()
            routes, now = [(key, YEAR) for key in keys], {"chosen_at": "NOW"}
            self.cobra.insert("relay.route", "entity_key, year", routes, now)
        bare = self.years[YEAR]
        with bare.transaction():
            self.raise_fence(bare)
            self.ledgered(bare, YEAR, notices)
            sent = self._book(bare, list(read.values()))
            self.write_ledger(bare, YEAR, notices)
        return [Done(n.id, YEAR, read[n.key].number, sent[n.key]) for n in notices]

    def _book(self, bare: Bare, invoices: Sequence[Invoice]) -> dict[str, str]:
        self.stands(bare, self._customers)
        numbers = [invoice.number for invoice in invoices]
        documents = [int(number) for number in numbers]
        for table, column in (("dbo.Blg", "BlgNr"), *_DOCUMENTS):
            bare.rows(f"SELECT MAX({column}) FROM {table} WHERE {column} BETWEEN 1 AND 999999")
        _bookings(bare, "entity_key", [invoice.key for invoice in invoices])
        _bookings(bare, "open_item", numbers)
        _bookings(bare, "document", documents)
        _bookings(bare, "reversal", documents)
        bare.among("SELECT OpId, PkKey, MDbt, MCdt FROM dbo.OPd WHERE OpId IN ?*", numbers)
        bare.among("SELECT BlgNr FROM dbo.Blg WHERE BlgNr IN ?*", documents)
        customers = list(self._customers)
        debtors: dict[str, int] = dict(
            bare.among(
                "SELECT entity_key, number FROM relay.debtor WHERE entity_key IN ?*", customers
            )  # type: ignore[arg-type] # pairs
        )
        bare.among(
            "SELECT entity_key, number FROM relay.debtor WHERE number IN ?*", list(debtors.values())
        )
        accounts = bare.among(
            "SELECT PkKey, AdrId, AccId, ZabId, WrnLk, Flags, MDbt, MCdt, NOp FROM dbo.PKd"
            " WHERE PkKey IN ?*",
            list(debtors.values()),
        )
        for query in _MASTERS:
            bare.rows(query)
        totals = bare.among("SELECT AccId, MDbt, MCdt FROM dbo.Acc WHERE AccId IN ?*", ACCOUNTS)
        return self._write(bare, invoices, debtors, accounts, totals)

    def _write(
        self,
        bare: Bare,
        invoices: Sequence[Invoice],
        debtors: dict[str, int],
        accounts: Sequence[Row],
        totals: Sequence[Row],
    ) -> dict[str, str]:
        postings = {invoice.key: _post(invoice, debtors[invoice.customer]) for invoice in invoices}
        gross = {key: Decimal(rows[0][6]) for key, rows in postings.items()}
        bare.insert(
            "dbo.OPd",
            "OpId, PkKey, AdrId, Text, ZabId, CurId, DateO, DateD, DateF, MVal, FVal, MDbt, MCdt",
            [
                (
                    i.number, debtors[i.customer], self._customers[i.customer]["AdrId"], i.text,
                    f"{i.terms}T", "CHF", i.day, i.due, i.day, *[str(gross[i.key])] * 3, "0.00",
                )
                for i in invoices
            ],
        )  # fmt: skip
        bare.insert("dbo.Blg", "BlgNr, Date, Orig", [(int(i.number), i.day, 1) for i in invoices])
        bare.insert("dbo.Bk", BK, [row for rows in postings.values() for row in rows])
        self._totals(bare, invoices, debtors, gross, accounts)
        _account_totals(bare, [row for rows in postings.values() for row in rows], totals)
        bare.insert(
            "relay.booking",
            "entity_key, document, open_item, address_key, content",
            [
                (i.key, int(i.number), i.number, i.customer, _hash(postings[i.key]))
                for i in invoices
            ],
            {"version": "1", "booked_at": "NOW"},
        )
        return {i.key: _told(i, debtors[i.customer], postings[i.key]) for i in invoices}

    def _totals(
        self,
        bare: Bare,
        invoices: Sequence[Invoice],
        debtors: dict[str, int],
        gross: dict[str, Decimal],
        accounts: Sequence[Row],
    ) -> None:
        added: dict[int, list[Decimal]] = defaultdict(list)
        for invoice in invoices:
            added[debtors[invoice.customer]].append(gross[invoice.key])
        bare.update(
            "dbo.PKd",
            "MDbt, MCdt, NOp",
            "PkKey",
            [
                (
                    str(Decimal(str(row[6])) + sum(added[row[0]])),
                    str(row[7]),
                    row[8] + len(added[row[0]]),
                    row[0],
                )
                for row in accounts
            ],
        )


_DOCUMENTS = (("relay.booking", "document"), ("relay.booking", "reversal"))
_MASTERS = (
    "SELECT TaxId, Rate, AccId FROM dbo.Tax",
    "SELECT ZabId, Days FROM dbo.Zab",
    "SELECT CurId FROM dbo.FCur",
    "SELECT YearFrom, YearTo, PeriodFrom, PeriodTo, CurId FROM dbo.Client",
)


def _bookings(bare: Bare, column: str, values: Sequence[Any]) -> None:
    bare.among(
        "SELECT entity_key, version, document, open_item, address_key, content, reversal"
        f" FROM relay.booking WHERE {column} IN ?*",
        values,
    )


def _account_totals(bare: Bare, postings: Sequence[Row], totals: Sequence[Row]) -> None:
    stands = {row[0]: [Decimal(str(row[1])), Decimal(str(row[2]))] for row in totals}
    touched = set()
    for row in postings:
        stands[row[2]][row[4]] += Decimal(row[6])
        touched.add(row[2])
    bare.update(
        "dbo.Acc",
        "MDbt, MCdt",
        "AccId",
        [(*map(str, stands[account]), account) for account in sorted(touched)],
    )


def _post(invoice: Invoice, debtor: int) -> list[Row]:
    """Return the postings: debtor, then revenue, cost and tax of each position."""
    document = int(invoice.number)
    rows: list[Row] = []

    def add(account: str, contra: str, kind: int, net: Decimal, tax: Decimal, *more: Any) -> None:
        key, tax_at, cost_at = more or (None, None, None)
        place = len(rows) + 2
        rows.append(
            (document, place, account, contra, 1, kind, f"{net:.2f}", f"{tax:.2f}", "0.00", key,
             tax_at, cost_at, None, None, None, 0)
        )  # fmt: skip

    total = Decimal(0)
    for _, amount, account, code, centre, *_ in invoice.positions:
        net = Decimal(str(amount)).quantize(CENT)
        key, rate = RATES[code]
        tax = (net * rate / 100).quantize(CENT)
        place = len(rows) + 2
        cost_at = place + 1 if centre else None
        add(account, "1100", 0, net, tax, key, place + (2 if centre else 1), cost_at)
        if centre:
            add(centre, account, 1, net, Decimal(0))
        add("2200", account, 2, tax, net)
        total += net + tax
    first = (document, 1, "1100", "div", 0, 0, f"{total:.2f}", "0.00", "0.00", None, None, None,
             invoice.text, invoice.number, debtor, 1)  # fmt: skip
    return [first, *rows]


def _told(invoice: Invoice, debtor: int, postings: Sequence[Row]) -> str:
    kinds = ("account", "cost", "tax")
    return as_json(
        {
            "document": int(invoice.number),
            "date": str(invoice.day),
            "open_item": invoice.number,
            "debtor": debtor,
            "postings": [
                {
                    "account": row[2],
                    "side": "credit" if row[4] else "debit",
                    "amount": row[6],
                    "tax": None if row[9] is None else row[7],
                    "tax_key": row[9],
                    "kind": kinds[row[5]],
                    "text": row[12],
                }
                for row in postings
            ],
        }
    )


def _hash(postings: Sequence[Row]) -> str:
    return hashlib.sha256(repr(postings).encode()).hexdigest()
