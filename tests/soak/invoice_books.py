"""Compares cobra's invoices with the books of each Sage year in plain SQL, to the centime."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Engine

from tests.soak.checking import ERASED, OPEN
from tests.soak.invoices import RATES

KEYS = {"normal": "USt81", "reduced": "USt26", "none": "USt00"}
NUMBER_TAKEN = {"invoice_number_twice", "item_of_another_customer"}
RIGHT_HOLDS = {"customer_changed", *NUMBER_TAKEN}
"""What may be held at the end: a number that is taken, another customer after booking."""
CENT = Decimal("0.01")


class InvoiceBooks:
    """Cobra and each Sage year as an auditor sees them."""

    def __init__(
        self, cobra: Engine, years: dict[str, Engine], erased: Collection[str] = ()
    ) -> None:
        """Take cobra's database, each Sage year's, and the addresses that were erased."""
        self._cobra = cobra
        self._years = years
        self._erased = erased
        self._mssql = cobra.dialect.name == "mssql"
        self._ours = "relay." if self._mssql else "relay_"

    def statuses(self) -> dict[str, int]:
        """Return how many entries have each status."""
        query = f"SELECT status, COUNT(*) AS n FROM {self._ours}outbox GROUP BY status"
        return {row["status"]: row["n"] for row in self._rows(self._cobra, query)}

    def open_entries(self) -> int:
        """Return how many entries have no final status."""
        return sum(n for status, n in self.statuses().items() if status in OPEN)

    def finished(self) -> int:
        """Return how many entries have a final status."""
        return sum(n for status, n in self.statuses().items() if status not in OPEN)

    def violations(self) -> list[str]:
        """Return everything that is lost, double, wrong, leaked or unfinished."""
        invoices = {str(row["ID"]): row for row in self._cobra_rows("INVOICES")}
        positions: dict[str, list[Any]] = defaultdict(list)
        for row in self._cobra_rows("POSITIONS"):
            positions[str(row["INVOICEID"])].append(row)
        query = f"SELECT id, entity, entity_key, status, error_code FROM {self._ours}outbox"
        entries = self._rows(self._cobra, query)
        bookings = {name: self._bookings(year) for name, year in self._years.items()}
        found = _unfinished([e for e in entries if not self._is_erased(e)])
        found += _unnoticed(invoices, entries)
        held = {e["entity_key"]: e["error_code"] for e in entries if e["status"] == "held"}
        for name, year in self._years.items():
            journal = self._journal(year)
            found += [f"{name}: {what}" for what in _unbalanced(journal, bookings[name])]
            found += [f"{name}: {what}" for what in self._totals(year)]
            found += [f"{name}: {what}" for what in self._ledger(name, year)]
            for booking in bookings[name]:
                if booking["reversal"] is None:
                    key = booking["entity_key"]
                    what = _wrong(
                        invoices.get(key),
                        positions[key],
                        journal[booking["document"]],
                        held.get(key),
                    )
                    found += [f"{name}: invoice {key}: {problem}" for problem in what]
        found += _counts(invoices, positions, bookings, held)
        return found

    def _is_erased(self, entry: Any) -> bool:
        is_address = entry["entity"] == "address" and entry["entity_key"] in self._erased
        return is_address and entry["status"] == "held" and entry["error_code"] == ERASED

    def _ledger(self, name: str, year: Engine) -> list[str]:
        """One ledger row per entry that was delivered to the year, and no other row."""
        query = f"SELECT outbox_id FROM {self._ours}applied WHERE year = '{name}'"
        rows = Counter(row["outbox_id"] for row in self._rows(year, query))
        query = (
            f"SELECT outbox_id FROM {self._ours}delivery"
            f" WHERE year = '{name}' AND status = 'applied'"
        )
        delivered = Counter(row["outbox_id"] for row in self._rows(self._cobra, query))
        return [
            f"entry {entry} has {rows[entry]} ledger rows and {delivered[entry]} deliveries"
            for entry in rows.keys() | delivered.keys()
            if rows[entry] != delivered[entry]
        ]

    def _bookings(self, year: Engine) -> list[Any]:
        return self._rows(year, f"SELECT * FROM {self._ours}booking")

    def _journal(self, year: Engine) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = defaultdict(list)
        for row in self._rows(year, "SELECT * FROM Bk ORDER BY BlgNr, BkIdx"):
            found[row["BlgNr"]].append(row)
        return found

    def _totals(self, year: Engine) -> list[str]:
        """Sage's own totals are the sums of the postings."""
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        items: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for rows in self._journal(year).values():
            for row in rows:
                sums[row["AccId"]][row["Type"]] += _amount(row["ValNt"])
                if row["OpId"]:
                    items[row["OpId"]][row["Type"]] += _amount(row["ValNt"])
        found = []
        for table, key, expected in (("Acc", "AccId", sums), ("OPd", "OpId", items)):
            for row in self._rows(year, f"SELECT * FROM {table}"):
                totals = [_amount(row["MDbt"]), _amount(row["MCdt"])]
                if totals != expected[row[key]]:
                    found.append(f"{table} {row[key]} says {totals}, postings {expected[row[key]]}")
        open_of = Counter(
            row["PkKey"]
            for row in self._rows(year, "SELECT * FROM OPd")
            if _amount(row["MDbt"]) != _amount(row["MCdt"])
        )
        found += [
            f"debtor {row['PkKey']} has {row['NOp']} open items, not {open_of[row['PkKey']]}"
            for row in self._rows(year, "SELECT * FROM PKd")
            if row["NOp"] != open_of[row["PkKey"]]
        ]
        return found

    def _cobra_rows(self, table: str) -> list[Any]:
        return self._rows(self._cobra, f"SELECT * FROM {'dbo.' if self._mssql else ''}{table}")

    def _rows(self, engine: Engine, query: str) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(text(query)).mappings())


def _unfinished(entries: list[Any]) -> list[str]:
    return [
        f"entry {e['id']} of {e['entity']} {e['entity_key']} is {e['status']} ({e['error_code']})"
        for e in entries
        if e["status"] in OPEN and not (e["status"] == "held" and e["error_code"] in RIGHT_HOLDS)
    ]


def _unnoticed(invoices: dict[str, Any], entries: list[Any]) -> list[str]:
    noticed = {e["entity_key"] for e in entries if e["entity"] == "invoice"}
    return [f"no entry for invoice {key}" for key in invoices if key not in noticed]


def _unbalanced(journal: dict[int, list[Any]], bookings: list[Any]) -> list[str]:
    """Each document balances and belongs to one booking, as its document or its reversal."""
    known = Counter([b["document"] for b in bookings] + [b["reversal"] for b in bookings])
    found = []
    for number, rows in journal.items():
        balance = sum(
            (-_amount(r["ValNt"]) if r["Type"] else _amount(r["ValNt"]))
            for r in rows
            if r["BType"] != 1
        )
        if balance:
            found.append(f"document {number} does not balance: {balance}")
        if known[number] != 1:
            found.append(f"document {number} belongs to {known[number]} bookings")
    found += [f"document {n} is not in Sage" for n in known if n is not None and n not in journal]
    return found


def _counts(
    invoices: dict[str, Any],
    positions: dict[str, list[Any]],
    bookings: dict[str, list[Any]],
    held: dict[str, str],
) -> list[str]:
    """Each final invoice stands once, in the year of its date, or is held with the right code."""
    stands: dict[str, list[str]] = defaultdict(list)
    for name, rows in bookings.items():
        for booking in rows:
            if booking["reversal"] is None:
                stands[booking["entity_key"]].append(name)
    found = []
    for key in invoices.keys() | stands.keys():
        row = invoices.get(key)
        wanted = []
        if row is not None and _is_final(row, positions[key]):
            wanted = [f"MUSTER{str(row['INVOICEDATE'])[:4]}"]
        code = held.get(key)
        if code == "customer_changed" and len(stands[key]) == 1:
            continue
        if code in NUMBER_TAKEN and not stands[key]:
            continue
        if stands[key] != wanted:
            found.append(f"invoice {key} stands in {stands[key]}, should in {wanted} ({code})")
    return found


def _is_final(row: Any, positions: list[Any]) -> bool:
    return bool(row["PRINTEDON"] and not row["CANCELLED"] and positions)


def _wrong(row: Any, positions: list[Any], postings: list[Any], code: str | None) -> list[str]:
    """Compare an invoice with its document: total, and net and tax by account and key."""
    if code == "customer_changed":
        return []  # what was booked stands until a person decides
    if row is None:
        return ["stands, but is not in cobra"]
    if not postings:
        return ["its document has no postings"]
    sign = -1 if row["KIND"] == "G" else 1
    found = []
    if sign * _amount(postings[0]["ValNt"]) != _amount(row["GROSS"]):
        found.append(f"total {postings[0]['ValNt']}, cobra says {row['GROSS']}")
    booked, taxes = _booked(postings)
    written, codes = _written(positions, sign)
    if booked != written:
        found.append(f"net {booked}, cobra says {written}")
    for vat, net in codes.items():
        tax = sign * (net * RATES[vat] / 100).quantize(CENT, ROUND_HALF_UP)
        if taxes[KEYS[vat]] != tax:
            found.append(f"tax {KEYS[vat]} {taxes[KEYS[vat]]}, cobra says {tax}")
    return found


Nets = dict[tuple[str, str], Decimal]


def _booked(postings: list[Any]) -> tuple[Nets, dict[str, Decimal]]:
    """Return net by account and key, and tax by key, as credits."""
    nets: Nets = defaultdict(Decimal)
    taxes: dict[str, Decimal] = defaultdict(Decimal)
    for posting in postings:
        if posting["TaxId"]:
            side = 1 if posting["Type"] else -1
            nets[posting["AccId"], posting["TaxId"]] += side * _amount(posting["ValNt"])
            taxes[posting["TaxId"]] += side * _amount(posting["ValTx"])
    return {group: net for group, net in nets.items() if net}, taxes


def _written(positions: list[Any], sign: int) -> tuple[Nets, dict[str, Decimal]]:
    """Return net by account and key, as Sage is to have it, and net by VAT code, as in cobra."""
    nets: Nets = defaultdict(Decimal)
    codes: dict[str, Decimal] = defaultdict(Decimal)
    for position in positions:
        net = _amount(position["NET"])
        nets[position["ACCOUNT"], KEYS[position["VATCODE"]]] += sign * net
        codes[position["VATCODE"]] += net
    return {group: net for group, net in nets.items() if net}, codes


def _amount(value: Any) -> Decimal:
    return Decimal(str(value or 0))
