"""Says what is wrong with the addresses that were erased, in plain SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import select, text
from sqlalchemy.engine import Engine

from relay.admin.uninstall import own_tables
from tests.crash.company import Company
from tests.crash.persons import OPEN, texts_of

MARKER = "[gelöscht]"
KEPT_YEARS = 10
IN_LINK = {"PKd.WrnLk", "lost", "gone", "erased"}
"""What may be left of what a link knew."""
WRITTEN = ("Line1", "Road", "ACode", "City", "TelB")
"""What the relay writes in Sage beside the name, as `tests.soak.checking` expects it."""


@dataclass
class Person:
    """An address whose erasure was begun, and what Sage held just before."""

    key: int
    number: str
    today: date
    rows: dict[str, Any]
    """Year to Sage's row, in the years to which the address is linked."""
    booked: set[str]
    """The years with bookings to it."""
    done: bool = False

    def is_kept(self, year: str) -> bool:
        """Tell whether the year needs the address by law."""
        return year in self.booked and self.today.year - int(year[-4:]) <= KEPT_YEARS


def person(company: Company, key: int, number: str, today: date) -> Person:
    """Look at an address before it is erased."""
    ours = company.ours
    rows, booked = {}, set()
    for name, year in company.years.items():
        if _rows(year, f"SELECT number FROM {ours}link WHERE entity_key = '{key}'"):
            rows[name] = _sage_row(year, number)
        if _rows(year, f"SELECT 1 FROM {ours}booking WHERE address_key = '{key}'"):
            booked.add(name)
    return Person(key, number, today, rows, booked)


def booked_to(company: Company, key: int) -> frozenset[str]:
    """Return the invoices that any year has booked to an address."""
    query = f"SELECT entity_key FROM {company.ours}booking WHERE address_key = '{key}'"
    found = (row["entity_key"] for year in company.years.values() for row in _rows(year, query))
    return frozenset(found)


def unforgotten(company: Company, one: Person, *, stands: bool) -> Iterator[str]:
    """Yield what is wrong with an address that was erased, and `stands` in cobra again or not."""
    for what in still_told(company, one):
        yield f"address {one.key} was erased, but {what}"
    open_ones = [
        (row["status"], row["error_code"])
        for row in _rows(
            company.cobra,
            f"SELECT status, error_code FROM {company.ours}outbox WHERE entity = 'address'"
            f" AND entity_key = '{one.key}' AND status IN {OPEN}",
        )
    ]
    right = bool(open_ones) == stands and set(open_ones) <= {("held", "address_erased")}
    if not right:
        yield f"address {one.key} was erased, stands in cobra: {stands}, its entries {open_ones}"


def still_told(company: Company, one: Person) -> Iterator[str]:
    """Yield what an erasure has left that it should not have."""
    for place, engine in (("cobra", company.cobra), *company.years.items()):
        everything = _texts_in(engine)
        for told in texts_of(one.number):
            found = re.search(rf".{{0,60}}\b{told}\b.{{0,60}}", everything)
            if found:
                yield f"{place} still tells {told!r}: {found[0]!r}"
    for name in one.rows:
        yield from (f"in {name} {what}" for what in _in_year(company, name, one))
    signed = f"SELECT 1 FROM {company.ours}audit WHERE action = 'erase'"
    if not _rows(company.cobra, f"{signed} AND subject = 'address:{one.key}'"):
        yield "nobody has signed that"
    query = (
        f"SELECT d.sent FROM {company.ours}delivery d JOIN {company.ours}outbox o"
        f" ON o.id = d.outbox_id WHERE o.entity = 'address' AND o.entity_key = '{one.key}'"
        " AND d.sent IS NOT NULL"
    )
    sent = [orjson.loads(row["sent"]) for row in _rows(company.cobra, query)]
    yield from (f"{what} was sent" for what in sent if list(what) != ["erased"])


def _in_year(company: Company, name: str, one: Person) -> Iterator[str]:
    year = company.years[name]
    query = f"SELECT * FROM {company.ours}link WHERE entity_key = '{one.key}'"
    links = _rows(year, query)
    if [link["number"] for link in links] != [one.number]:
        yield f"its links are {links}"
        return
    content = orjson.loads(links[0]["content"])
    if not {"erased"} <= content.keys() <= IN_LINK or links[0]["uid_number"]:
        yield f"its link knows {content}"
    row = _sage_row(year, one.number)
    if not one.is_kept(name):
        left = {tag: row[tag] for tag in WRITTEN if row[tag]}
        if left or row["Corp"] != MARKER:
            yield f"Sage's row is not emptied: {row['Corp']}, {left}"
        return
    if row != one.rows[name]:
        yield f"Sage's row was {one.rows[name]}, is {row}"
    debtors = _rows(year, f"SELECT WrnLk FROM PKd WHERE AdrId = '{one.number}'")
    if not all(int(debtor["WrnLk"] or 0) == 1 for debtor in debtors):
        yield f"its debtors are not locked: {debtors}"


def _sage_row(year: Engine, number: str) -> Any:
    (row,) = _rows(year, f"SELECT * FROM Adr WHERE AdrId = '{number}'")
    return row


def _texts_in(engine: Engine) -> str:
    with engine.connect() as connection:
        tables = own_tables(connection).values()
        rows = [row for table in tables for row in connection.execute(select(table))]
    return "\n".join(" ".join(map(str, row)) for row in rows)


def _rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]
