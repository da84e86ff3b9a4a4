"""Whatever happens to items in Sage: after a look cobra says what Sage's own tables come to.

The model adds up what stands in Sage, and knows nothing of what was mirrored before.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select

from relay.database import dialect_of
from relay.database.reflection import read_table
from relay.extras.answers.tables import ALL_YEARS
from tests.world.bookkeeper import CUSTOMERS, OPEN, SETTLED, Bookkeeper
from tests.world.databases import Databases
from tests.world.office import LAST, THIS, position

YEARS = (LAST, THIS)
Known = dict[tuple[str, str], dict[str, Any]]
"""Year and number to an open item of Sage's."""


class Ledger:
    """A bookkeeper who does this and that, in both years."""

    def __init__(self, bookkeeper: Bookkeeper) -> None:
        """Open accounts for three customers, of whom each has bought in both years."""
        self.desk = bookkeeper
        self.kept: dict[str, list[dict[Any, Any]]] = {}
        self.number = 0
        self.customers = [bookkeeper.add(SAGENR0=str(1001 + n)) for n in range(3)]
        for customer in self.customers:
            for year in YEARS:
                self.book(Random(1), year, customer)  # noqa: S311 - the same each time
        bookkeeper.drain()

    def book(self, chance: Random, year: str | None = None, customer: str | None = None) -> None:
        """A clerk prints an invoice or a credit note."""
        self.number += 1
        year = year or chance.choice(YEARS)
        day = f"{year[-4:]}-12-{chance.randrange(10, 31)}"
        net = f"{chance.randrange(1, 500)}.{chance.randrange(100):02}"
        self.desk.invoice(
            customer or chance.choice(self.customers),
            position(net),
            number=f"{self.number:06}",
            day=date.fromisoformat(day),
            KIND=chance.choice("RRRG"),
        )

    def cancel(self, chance: Random) -> None:
        """A clerk cancels an invoice, which the relay takes back unless it is paid."""
        standing = [key for key, row in self.desk.documents().items() if row.stands]
        if standing:
            self.desk.edit(chance.choice(sorted(standing)), CANCELLED=True)

    def pay(self, chance: Random) -> None:
        """A payment arrives, in part, as a whole, or too much; or it is cancelled."""
        for (year, number), row in self._some(chance):
            value = Decimal(row["MVal"]) or -Decimal(row["MCdt"])  # all that was paid before
            paid = (value * chance.choice((-1, 1, 1, 1, 2))) / chance.choice((1, 1, 3))
            self.desk.pay(number, f"{paid.quantize(Decimal('0.01'))}", year)

    def enter(self, chance: Random) -> None:
        """The bookkeeper enters an invoice in Sage, for a customer of cobra's or for another."""
        self.number += 1
        debtor = chance.choice((1001, 1002, 1003, 5))
        amount = f"{chance.randrange(-100, 300)}.50"
        self.desk.own_item(f"{900000 + self.number}", debtor, amount, chance.choice(YEARS))

    def remind(self, chance: Random) -> None:
        """Sage reminds of an item, or of it no more."""
        for (year, number), _ in self._some(chance):
            self.desk.set_item(number, year, Warn=chance.randrange(-1, 4))

    def remove(self, chance: Random) -> None:
        """An item is deleted, in whatever year it stands."""
        for (_, number), _ in self._some(chance):
            for year in YEARS:
                self.desk.remove_row(year, "OPd", "OpId", number)

    def merge(self, chance: Random) -> None:
        """A debtor's item becomes another one's, in whatever year it stands."""
        debtor = chance.choice((1001, 1002, 1009))
        for (_, number), _ in self._some(chance):
            for year in YEARS:
                self.desk.set_item(number, year, PkKey=debtor)

    def close_year(self, chance: Random) -> None:
        """What is open is carried over into the next year, unless it is there already."""
        del chance
        known = items(self.desk)
        for (year, number), row in sorted(known.items()):
            if year == LAST and Decimal(row["MVal"]) and (THIS, number) not in known:
                self.desk.carry_over(number, LAST)

    def keep(self, chance: Random) -> None:
        """A backup of a year's items is taken."""
        year = chance.choice(YEARS)
        with self.desk.sage[year].connect() as connection:
            rows = connection.execute(select(_opd(connection))).mappings().all()
        self.kept[year] = [dict(row) for row in rows]

    def restore(self, chance: Random) -> None:
        """It is put back."""
        for year in list(self.kept)[: chance.randrange(1, 3)]:
            with self.desk.sage[year].begin() as connection:
                table = _opd(connection)
                connection.execute(delete(table))
                if self.kept[year]:
                    connection.execute(insert(table), self.kept[year])

    def _some(self, chance: Random) -> list[tuple[tuple[str, str], dict[str, Any]]]:
        known = sorted(items(self.desk).items())
        return chance.sample(known, min(len(known), chance.randrange(1, 4)))


STEPS = (
    "book", "cancel", "pay", "pay", "pay", "enter", "enter", "remind", "remove", "merge",
    "close_year", "close_year", "keep", "restore",
)  # fmt: skip


def _opd(connection: Any) -> Any:
    return read_table(connection, dialect_of(connection).locate("OPd", None))


def items(desk: Bookkeeper) -> Known:
    """Return all open items of Sage's."""
    return {(year, row["OpId"]): row for year in YEARS for row in desk.book(year, "OPd")}


def expected(desk: Bookkeeper) -> tuple[dict[str, Any], dict[Any, Any], dict[Any, Decimal]]:
    """Add up what Sage holds: documents, Sage's own items, and balances."""
    known = items(desk)
    standing = {key: row for key, row in desk.documents().items() if row.stands}
    owners = {
        row.number: row.entity_key for year in YEARS for row in desk.rows(year, desk.ledger.debtor)
    }
    ours: set[tuple[str, str]] = set()
    documents: dict[str, Any] = {}
    homes = {(row.year, row.open_item) for row in standing.values()}
    for key, row in standing.items():
        home, next_one = known.get((row.year, row.open_item)), known.get((THIS, row.open_item))
        ours.add((row.year, row.open_item))
        place, found = row.year, home
        is_carried = row.year == LAST and (THIS, row.open_item) not in homes
        debtor = row.debtor if home is None else home["PkKey"]
        if is_carried and next_one is not None and next_one["PkKey"] == debtor:
            ours.add((THIS, row.open_item))
            place, found = THIS, next_one
        documents[key] = (place, None if found is None else Decimal(found["MVal"]))
    own: dict[Any, Any] = {}
    for (year, number), row in known.items():
        later = known.get((THIS, number)) if year == LAST else None
        is_later = later is not None and later["PkKey"] == row["PkKey"]
        is_later = is_later and (THIS, number) not in homes
        owner = owners.get(row["PkKey"])
        if (year, number) not in ours and not is_later and owner and Decimal(row["MVal"]):
            own[year, number] = (owner, Decimal(row["MVal"]))
    balances: dict[Any, Decimal] = {}
    for key, (place, amount) in documents.items():
        for year in (place, ALL_YEARS):
            of = standing[key].customer_key, year
            balances[of] = balances.get(of, Decimal(0)) + (amount or 0)
    for (place, _), (owner, amount) in own.items():
        for year in (place, ALL_YEARS):
            balances[owner, year] = balances.get((owner, year), Decimal(0)) + amount
    return documents, own, balances


def assert_mirrored(desk: Bookkeeper) -> None:
    """Compare cobra's mirror with it, row by row, to the centime."""
    documents, own, balances = expected(desk)
    rows = {key: row for key, row in desk.documents().items() if row.stands}
    assert {k: (r.answered_in, r.open_amount) for k, r in rows.items()} == documents
    settled = {key for key, row in rows.items() if row.settled_on is not None}
    assert settled == {key for key, (_, amount) in documents.items() if amount == 0}
    mirrored = desk.answered(desk.answers.sage_item)
    assert {
        (r["year"], r["number"]): (r["customer_key"], r["open_amount"]) for r in mirrored
    } == own
    customers = desk.answered(desk.answers.customer)
    assert {(r["entity_key"], r["year"]) for r in customers} >= set(balances)
    for row in customers:
        place = row["entity_key"], row["year"]
        assert row["balance"] == balances.get(place, Decimal(0)), place


PLAYED = {"sqlite": 6, "mssql": 2}


@pytest.mark.timeout(600)
def test_the_mirror_is_what_sage_comes_to(databases: Databases) -> None:
    """Payments, reversals, year ends, merged debtors and restores, in any order."""
    bookkeeper = Bookkeeper(databases, cobra={"invoice": {"on_cancel": "reverse"}})
    ledger = Ledger(bookkeeper)

    # What one history leaves is where the next one begins: the property holds from anywhere.
    @settings(
        max_examples=PLAYED[bookkeeper.dialect.name],
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # nothing can be made smaller that began elsewhere
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=10), st.integers(0, 2**16))
    def play(steps: list[str], seed: int) -> None:
        chance = Random(seed)  # noqa: S311 - a history, drawn by its number
        for name in steps:
            getattr(ledger, name)(chance)
        bookkeeper.drain()
        bookkeeper.forget_night()
        bookkeeper.look(OPEN, SETTLED, CUSTOMERS, OPEN)
        assert_mirrored(bookkeeper)

    play()
