"""Goes live as the checklist says, from triggers to the first invoices; then compares."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Engine

from relay.cobra.tables import source_tables
from relay.database import TableInfo
from relay.database.reflection import read_table
from relay.sage.tables import target_tables
from tests.golive.invoicing import Invoicing, Printed
from tests.golive.town import Customer, Kind, Town, make_town, settle
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk
from tests.world.office import THIS, assert_year_right

DOUBTS = {
    Kind.MATCH: "", Kind.DRIFT: "anderer Ort",
    Kind.CLASH: "gleiche Nummer, anderer Name", Kind.RENUMBERED: "gleicher Name, andere Nummer",
}  # fmt: skip
TOTALS = {"mdbt", "mcdt", "nop"}
"""What an invoice changes of its debtor."""
TWINS = "mehrere Adressen in cobra kommen in Frage"
Rows = dict[str, dict[str, Any]]


@dataclass(slots=True)
class Summary:
    """What came of it: the figures, and every promise that was broken."""

    figures: dict[str, object] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def check(self, promise: str, *, kept: bool) -> None:
        """Note a broken promise."""
        if not kept:
            self.violations.append(promise)


class GoLive:
    """One go-live in one Sage year: addresses first, then invoices."""

    def __init__(self, databases: Databases, folder: Path, addresses: int) -> None:
        """Settle the town; nothing of the relay's is at work yet."""
        self.databases = databases
        year = databases.settings().sage.year[-1].model_dump(mode="json")
        self.desk = Desk(databases, folder, sage={"year": [year]}, relay={"batch_size": 1000})
        self.cobra = databases.server.engine(databases.cobra)
        self.sage = databases.server.engine(databases.years[YEARS.index(year["name"])])
        self.file = folder / "paare.csv"
        self.town: Town = make_town(addresses)
        self.summary = Summary()
        settle(self.town, databases.cobra, self.sage.url)
        self.before = rows_of(self.sage, "Adr", "AdrId")
        self.debtors = rows_of(self.sage, "PKd", "PkKey")
        self.confirmed: dict[str, Customer] = {}
        self.flowing: dict[str, str] = {}
        self.invoiced: set[str] = set()

    def run(self, say: Callable[[str], None]) -> Summary:
        """Go live and compare."""
        size = f"{len(self.town.in_cobra)} addresses in cobra, {len(self.debtors)} debtors in Sage"
        self.summary.figures["town"] = size
        with self._timed("triggers installed", say):
            self._relay("triggers", "install")
        with self._timed("pairs proposed", say):
            self._relay("adopt", "propose", "--csv", str(self.file))
        self._check_proposals(self._read())
        self.confirmed = self._decide(self._read())
        with self._timed("decisions read back", say):
            self._relay("adopt", "apply", str(self.file), "--reason", "Einführung")
        with self._timed("backfill", say):
            self._relay("backfill", "--rate", "100000", "--reason", "Erstbestand")
        stands = rows_of(self.sage, "Adr", "AdrId") == self.before
        self.summary.check("Sage unchanged before the relay runs", kept=stands)
        with self._timed("drained", say):
            self._relay("drain")
        flowing = self.town.of(Kind.COBRA_ONLY, Kind.RENUMBERED)
        self.flowing = {customer.number: _name(customer) for customer in flowing}
        self.compare()
        self._invoice(say)
        self.compare()
        return self.summary

    def _invoice(self, say: Callable[[str], None]) -> None:
        """Let invoices go over: of a doubtful customer only once the doubt is resolved."""
        keys = {pair: key for key, pair in self._in_cobra().items()}
        invoicing = Invoicing.of(self.databases, keys)
        self.desk.write(invoicing.office.settings)
        invoicing.print_all(self.town, self.confirmed, max(len(keys) // 400, 2))
        sure, doubtful = invoicing.sure, list(invoicing.doubtful.values())
        with self._timed(f"{len(sure) + len(doubtful)} invoices drained", say):
            self._relay("drain")
        check = self.summary.check
        check("invoices of sure customers are booked", kept=invoicing.booked() == _debtors(sure))
        states = invoicing.states()
        check(f"those of doubtful ones wait: {states}", kept=states == {("held", "address_held")})
        self._resolve(invoicing)
        with self._timed(f"{len(doubtful)} of them after the doubts", say):
            self._relay("drain")
        everything = _debtors([*sure, *doubtful])
        check("then all are booked, once", kept=invoicing.booked() == everything)
        self._relay("journal", "--month", "2026-01")
        assert_year_right(invoicing.office, THIS)
        self.invoiced = set(everything.values())
        names = dict(self._in_cobra().values())
        self.flowing |= {n: names[n] for n in self.invoiced - self.confirmed.keys()}
        self.summary.figures["invoices"] = f"{len(everything)}, {len(doubtful)} after a doubt"

    def _resolve(self, invoicing: Invoicing) -> None:
        """Confirm the moves that were left open, and give a clash another number in cobra."""
        self._relay("adopt", "propose", "--csv", str(self.file.with_name("noch-offen.csv")))
        self.file = self.file.with_name("noch-offen.csv")
        rows = self._read()
        moved = [c for c in self.town.of(Kind.DRIFT) if c.number in invoicing.doubtful]
        numbers = {customer.number for customer in moved}
        for row in rows:
            if row["Nummer in cobra"] in numbers:
                row["Entscheid"] = "ja"
        self._write(rows)
        self._relay("adopt", "apply", str(self.file), "--reason", "mit der Buchhaltung geklärt")
        self.confirmed |= {customer.number: customer for customer in moved}
        invoicing.renumber([c for c in self.town.of(Kind.CLASH) if c.number in invoicing.doubtful])

    def _relay(self, *args: str) -> None:
        told = self.desk.relay(*args)
        self.summary.check(f"relay {args[0]}: {told.output[-500:]}", kept=told.exit_code == 0)

    @contextmanager
    def _timed(self, what: str, say: Callable[[str], None]) -> Iterator[None]:
        start = time.perf_counter()
        yield
        took = f"{time.perf_counter() - start:.1f} s"
        self.summary.figures[what] = took
        say(f"{what}: {took}")

    def _read(self) -> list[dict[str, str]]:
        with self.file.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    def _check_proposals(self, rows: list[dict[str, str]]) -> None:
        """Every pair is there once, with its doubts; nobody who has no counterpart."""
        found = Counter(
            (r["Nummer in cobra"], r["Nummer in Sage"], r["Name in cobra"]) for r in rows
        )
        wanted = Counter(self._pair(customer) for customer in self._paired())
        self.summary.check("every pair is proposed, once", kept=found == wanted)
        doubts = {(r["Nummer in cobra"], r["Name in cobra"]): r["Zweifel"] for r in rows}
        for kind, doubt in DOUBTS.items():
            wrong = [c for c in self.town.of(kind) if doubts[c.number, _name(c)] != doubt]
            self.summary.check(f"{kind}: doubt «{doubt}»", kept=not wrong)
        twins = [doubts[c.number, _name(c)] for c in self.town.of(Kind.TWIN)]
        self.summary.check("twins are doubted", kept=all(TWINS in doubt for doubt in twins))
        self.summary.figures["pairs"] = (
            f"{len(rows)}, {sum(bool(r['Zweifel']) for r in rows)} doubtful"
        )

    def _paired(self) -> list[Customer]:
        kinds = (Kind.MATCH, Kind.DRIFT, Kind.CLASH, Kind.RENUMBERED, Kind.TWIN)
        return self.town.of(*kinds)

    def _pair(self, customer: Customer) -> tuple[str, str, str]:
        sage = customer.sage or {"AdrId": customer.number}
        return customer.number, sage["AdrId"], _name(customer)

    def _decide(self, rows: list[dict[str, str]]) -> dict[str, Customer]:
        """Say yes to what has no doubt and to every second move; no to half the clashes."""
        by_pair = {(c.number, _name(c)): c for c in self._paired()}
        confirmed: dict[str, Customer] = {}
        for at, row in enumerate(rows):
            customer = by_pair[row["Nummer in cobra"], row["Name in cobra"]]
            if not row["Zweifel"] or (customer.kind is Kind.DRIFT and at % 2):
                row["Entscheid"] = "ja"
                confirmed[customer.number] = customer
            elif customer.kind in {Kind.CLASH, Kind.RENUMBERED} and at % 2:
                row["Entscheid"] = "nein"
        self._write(rows)
        self.summary.figures["confirmed"] = len(confirmed)
        return confirmed

    def _write(self, rows: list[dict[str, str]]) -> None:
        with self.file.open("w", encoding="cp1252", errors="replace", newline="") as file:
            sheet = csv.DictWriter(file, list(rows[0]), delimiter=";")
            sheet.writeheader()
            sheet.writerows(rows)

    def compare(self) -> None:
        """Compare Sage with what it was, with cobra, and with what a person decided."""
        before, debtors, confirmed = self.before, self.debtors, self.confirmed
        after = rows_of(self.sage, "Adr", "AdrId")
        check = self.summary.check
        untouched = before.keys() - confirmed.keys()
        changed = [number for number in untouched if after.get(number) != before[number]]
        check(f"nothing unconfirmed is changed: {changed[:5]}", kept=not changed)
        self._compare_debtors(debtors)
        wrong = [n for n, c in confirmed.items() if after[n] != _expected(before[n], c)]
        check(
            f"confirmed ones hold cobra's filled fields, else Sage's: {wrong[:5]}", kept=not wrong
        )
        new = self.flowing.keys()
        check("the rest flows, and nothing else", kept=after.keys() - before.keys() == new)
        lost = [n for n, name in self.flowing.items() if after.get(n, {}).get("corp") != name]
        check(f"as cobra says: {lost[:5]}", kept=not lost)
        links = self._links()
        check("linked is what was confirmed or is new", kept=links == new | confirmed.keys())
        self._compare_outbox(links)
        self.summary.figures["added to Sage"] = len(new)

    def _compare_debtors(self, before: Rows) -> None:
        """An invoice opens a debtor or changes its totals; nothing else does anything to one."""
        after = rows_of(self.sage, "PKd", "PkKey")
        wrong = [
            number
            for number, row in before.items()
            if not _same(row, after[number], TOTALS if number in self.invoiced else set())
        ]
        self.summary.check(f"no debtor is changed: {wrong[:5]}", kept=not wrong)
        opened = after.keys() - before.keys()
        self.summary.check("none but an invoice opens one", kept=opened <= self.invoiced)

    def _links(self) -> set[str]:
        link = target_tables(self.sage.dialect.name).link
        with self.sage.connect() as connection:
            return set(connection.execute(select(link.c.number)).scalars())

    def _compare_outbox(self, links: set[str]) -> None:
        """Each doubt that nobody resolved is held, and nothing is open but these.

        Once invoices go over, such an address is asked about with its first invoice.
        """
        o = source_tables(self.cobra.dialect.name).outbox
        with self.cobra.connect() as connection:
            addresses = select(o.c.entity_key, o.c.status, o.c.error_code).where(
                o.c.entity == "address"
            )
            rows = connection.execute(addresses.order_by(o.c.id)).all()
            numbers = {key: number for key, (number, _) in self._in_cobra().items()}
        newest = {row.entity_key: row for row in rows}
        unresolved = {key for key, number in numbers.items() if number not in links}
        doubts = {"number_unlinked", "no_invoice_yet"}
        held = {k for k, r in newest.items() if r.status == "held" or r.error_code in doubts}
        codes = {newest[key].error_code for key in held}
        self.summary.check("held is what nobody resolved", kept=held == unresolved)
        self.summary.check(f"as unlinked: {codes}", kept=codes in ({one} for one in doubts))
        rest = {row.status for key, row in newest.items() if key not in held}
        self.summary.check(f"the rest is done: {rest}", kept=rest == {"applied"})
        self.summary.figures["held"] = len(held)

    def _in_cobra(self) -> dict[str, tuple[str, str]]:
        """Return each address's number and name by its key."""
        rows = rows_of(self.cobra, "ADDRESSES", "ID")
        return {key: (str(row["sagenr0"]), str(row["company1"])) for key, row in rows.items()}


def _debtors(printed: list[Printed]) -> dict[str, str]:
    return {one.number: one.customer for one in printed}


def _same(one: Mapping[str, Any], other: Mapping[str, Any], but: set[str]) -> bool:
    return all(other[name] == value for name, value in one.items() if name not in but)


def _name(customer: Customer) -> str:
    return str((customer.cobra or {})["COMPANY1"])


def _expected(before: Mapping[str, Any], customer: Customer) -> dict[str, Any]:
    """Return Sage's row as it is to be: cobra's filled fields, all else as it stood."""
    cobra = customer.cobra or {}
    told = {
        "Corp": cobra["COMPANY1"],
        "Road": f"{cobra['STREET0']} {cobra['HOUSENO0']}",
        "ACode": cobra["ZIP0"],
        "City": cobra["CITY0"],
        "CCode": cobra["COUNTRY0"],
        "Lang": "D",
        "TelB": cobra["PHONE0"],
    }
    return {**before, **{tag.casefold(): text for tag, text in told.items() if text}}


def rows_of(engine: Engine, name: str, key: str) -> Rows:
    """Return a whole table, every column of it by its name in small letters, by key as a text."""
    with engine.connect() as connection:
        schema = None if engine.dialect.name == "sqlite" else "dbo"
        table = read_table(connection, TableInfo(schema, name))
        rows = connection.execute(select(table)).mappings()
        found = [{str(name).casefold(): value for name, value in row.items()} for row in rows]
        return {str(row[key.casefold()]): row for row in found}
