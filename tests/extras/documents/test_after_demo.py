"""After the demo's day one query answers what people ask, and cobra's own tables agree."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL, Engine

from relay.cobra.capture import install
from relay.database.connecting import cobra_engine
from relay.engine.service import drain_until_empty, sayer
from relay.extras.demo.company import ACCOUNTS, BOOK_FROM, YEARS, configuration
from relay.extras.demo.made_up import KEYS, RATES, DemoInvoice, addresses
from relay.extras.demo.story import bookable
from relay.extras.documents import views
from relay.extras.documents.recording import recorders
from relay.settings import Settings
from tests.extras.documents.questions import QUESTIONS, asked
from tests.world.databases import Databases

CUSTOMERS, NO_TOWN = 4, 5
MAY = date(2026, 5, 1)
SPRING = timedelta(days=90)
"""The demo's year begins in January: moved on, some of it lies before May and some after."""
CENT = Decimal("0.01")


class Day:
    """The demo's company on a test's databases: its configuration, books, people and invoices."""

    def __init__(self, databases: Databases) -> None:
        """Open the books of the three years, and install the relay with the enquiry."""
        server = databases.server
        years = dict(zip(YEARS, [*databases.years, server.create("IMMO", "sage")], strict=True))
        self.dialect = server.dialect
        self.cobra: Engine = server.engine(databases.cobra)
        self.settings = _settings(databases.cobra, years)
        for name, url in years.items():
            _open_books(server.engine(url), name, YEARS[name])
        engine = cobra_engine(self.settings)
        install(engine, self.settings)
        with engine.begin() as connection:
            views.create(connection, self.settings)

    def drain(self) -> None:
        """Move all that is due, as the demo's relay does."""
        drain_until_empty(self.settings, recorders=recorders(self.settings, sayer(self.settings)))

    def save(self, table: str, **columns: Any) -> int:
        """Save a new row in cobra; return its key."""
        told = {name: value for name, value in columns.items() if value is not None}
        names = ", ".join(f"[{name}]" for name in told)
        marks = ", ".join(f":{name}" for name in told)
        with self.cobra.begin() as connection:
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), told)
            return int(connection.execute(text(f"SELECT MAX(ID) FROM {table}")).scalar_one())

    def edit(self, table: str, change: str, where: str) -> None:
        """Edit rows in cobra."""
        with self.cobra.begin() as connection:
            connection.execute(text(f"UPDATE {table} SET {change} WHERE {where}"))

    def write_and_print(self, *some: DemoInvoice) -> None:
        """Write invoices and print them, as the demo's clerks do."""
        for invoice in some:
            key = self.save(
                "INVOICES", NUMBER=invoice.number, ADDRESSID=invoice.customer, TERMS="30",
                INVOICEDATE=str(invoice.day), MANDANT=int(invoice.mandant), SUBJECT="Rechnung",
            )  # fmt: skip
            for line, p in enumerate(invoice.positions, start=1):
                self.save(
                    "POSITIONS", INVOICEID=key, LINE=line, ARTICLE=p.article, TEXT=p.text,
                    QUANTITY="1", PRICE=str(p.net), NET=str(p.net), VATCODE=p.vat,
                    ACCOUNT=p.account, COSTCENTRE=p.centre,
                )  # fmt: skip
            printed = f"PRINTEDON = '2026-07-01 10:30:00', GROSS = {invoice.gross}"
            self.edit("INVOICES", printed, f"ID = {key}")

    def ask(self, query: str) -> list[Mapping[str, Any]]:
        """Ask cobra's database one query."""
        with self.cobra.connect() as connection:
            return [dict(row) for row in connection.execute(text(query)).mappings()]

    def asked(self, question: str, **values: str) -> list[Mapping[str, Any]]:
        """Ask one of the questions that people ask."""
        return self.ask(asked(QUESTIONS[question], self.dialect, **values))


def _settings(cobra: URL, years: Mapping[str, URL]) -> Settings:
    """Return the demo's configuration for these databases."""
    told = tomllib.loads(configuration("de"))
    told["cobra"]["url"] = cobra.render_as_string(hide_password=False)
    told["sage"]["year"] = [
        {
            "name": name,
            "mandant": YEARS[name],
            "first_day": f"{name[-4:]}-01-01",
            "last_day": f"{name[-4:]}-12-31",
            "url": url.render_as_string(hide_password=False),
        }
        for name, url in years.items()
    ]
    return Settings(**told)


def _open_books(sage: Engine, name: str, mandant: str) -> None:
    fiscal = name[-4:]
    with sage.begin() as connection:
        for account in ACCOUNTS[mandant]:
            connection.exec_driver_sql(f"INSERT INTO Acc (AccId) VALUES ('{account}')")
        for vat, key in KEYS.items():
            row = f"'{key}', {RATES[vat]}, '2200'"
            connection.exec_driver_sql(f"INSERT INTO Tax (TaxId, Rate, AccId) VALUES ({row})")
        connection.exec_driver_sql("INSERT INTO Zab (ZabId, Days) VALUES ('30T', 30)")
        row = f"'{name}', '{fiscal}-01-01', '{fiscal}-12-31', 'CHF'"
        connection.exec_driver_sql(
            f"INSERT INTO Client (Name, YearFrom, YearTo, CurId) VALUES ({row})"
        )


@pytest.fixture
def day(databases: Databases) -> Day:
    """The demo's scenes, small: printed, cancelled, corrected, without a town, too early, twice."""
    day = Day(databases)
    for row in addresses(NO_TOWN):
        day.save("ADDRESSES", **row)
    day.edit("ADDRESSES", "CITY0 = NULL", f"ID = {NO_TOWN}")
    some = [_in_spring(each, place) for place, each in enumerate(bookable(10))]
    first, wrong, lacking, early, twice = some[0], *some[6:]
    day.write_and_print(*some[:6])
    day.drain()

    bad = replace(wrong.positions[0], account="9999")
    day.write_and_print(replace(wrong, positions=(bad, *wrong.positions[1:])))
    day.write_and_print(replace(lacking, customer=NO_TOWN))
    day.write_and_print(replace(early, day=BOOK_FROM - timedelta(days=1)))
    day.write_and_print(replace(twice, number=some[2].number))
    day.edit("INVOICES", "CANCELLED = 1", f"NUMBER = '{first.number}'")
    day.drain()

    day.edit("POSITIONS", f"ACCOUNT = '{wrong.positions[0].account}'", "ACCOUNT = '9999'")
    day.edit("ADDRESSES", "CITY0 = 'Langnau i. E.'", f"ID = {NO_TOWN}")
    day.drain()
    return day


def _in_spring(invoice: DemoInvoice, place: int) -> DemoInvoice:
    moved = invoice.day + SPRING if invoice.day.year == MAY.year else invoice.day
    return replace(invoice, customer=1 + place % CUSTOMERS, day=moved)


def test_one_query_answers(day: Day) -> None:
    """Who bought an article since May, all of a customer: row for row what cobra's tables say."""
    positions = _in_cobra(day)
    held = {p["INVOICE"] for p in positions if not p["STANDS"]}
    assert len(held) == 2, "one is cancelled, one has a number that was given before"

    before, since = 0, 0
    for article in sorted({p["ARTICLE"] for p in positions}):
        of_it = [p for p in positions if p["ARTICLE"] == article and p["STANDS"]]
        bought = {(p["CUSTOMER"], p["NAME"]) for p in of_it if p["DAY"] >= MAY}
        rows = day.asked("article since", article=article, since=str(MAY))
        assert sorted((r["customer_key"], r["customer"]) for r in rows) == sorted(bought)
        since += len(bought)
        before += len({(p["CUSTOMER"], p["NAME"]) for p in of_it} - bought)
    assert since, "nobody bought anything since May"
    assert before, "everybody bought everything since May"

    for customer in map(str, range(1, NO_TOWN + 1)):
        mine = [_told(p) for p in positions if p["CUSTOMER"] == customer]
        assert mine
        rows = day.asked("all of a customer", customer=customer)
        assert sorted(map(_shown, rows), key=str) == sorted(mine, key=str)


def _in_cobra(day: Day) -> list[dict[str, Any]]:
    """Return the positions of what was printed and is not too early, from cobra's own tables."""
    people = {row["ID"]: row for row in day.ask("SELECT * FROM ADDRESSES")}
    heads = {row["ID"]: row for row in day.ask("SELECT * FROM INVOICES")}
    first: dict[str, int] = {}
    for key, head in sorted(heads.items()):
        first.setdefault(head["NUMBER"], key)
    found = []
    for row in day.ask("SELECT * FROM POSITIONS"):
        head = heads[row["INVOICEID"]]
        buyer = people[head["ADDRESSID"]]
        on = _day(head["INVOICEDATE"])
        if on >= BOOK_FROM:
            mine = {
                "INVOICE": head["ID"],
                "NUMBER": head["NUMBER"],
                "DAY": on,
                "CUSTOMER": str(head["ADDRESSID"]),
                "NAME": buyer["COMPANY1"] or f"{buyer['LASTNAME0']} {buyer['FIRSTNAME0']}",
                "STANDS": not head["CANCELLED"] and first[head["NUMBER"]] == head["ID"],
            }
            found.append(dict(row) | mine)
    return found


def _told(p: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        p["NUMBER"], p["DAY"], p["NAME"], p["LINE"], p["ARTICLE"], p["TEXT"], _cents(p["QUANTITY"]),
        _cents(p["PRICE"]), p["ACCOUNT"], p["COSTCENTRE"], _cents(p["NET"]), p["STANDS"],
    )  # fmt: skip


def _shown(r: Mapping[str, Any]) -> tuple[Any, ...]:
    return (
        r["number"], _day(r["invoice_date"]), r["customer"], r["line"],
        r["article"], r["text"], _cents(r["quantity"]), _cents(r["unit_price"]), r["account"],
        r["cost_centre"], _cents(r["net"]), bool(r["in_sage"]),
    )  # fmt: skip


def _day(value: Any) -> date:
    """Return a day that a dialect gives as a text, a date or a midnight."""
    return date.fromisoformat(str(value)[:10])


def _cents(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(CENT)
