"""Lets tests act as a bookkeeper in Sage who is paid, reminds, and closes a year; and look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, update

from relay.cobra.lock import hold
from relay.database.reflection import column_named
from relay.engine.service import taken_over
from relay.engine.years import Years
from relay.extras.answers.chores import Paged
from relay.extras.answers.customers import CustomerLook
from relay.extras.answers.looking import AnswerLooks
from relay.extras.answers.tables import ALL_YEARS, answer_tables
from relay.sage.reference import known_tags
from tests.world.bureau import Bureau
from tests.world.company import _table
from tests.world.databases import Databases
from tests.world.office import THIS

Look = Callable[[AnswerLooks], Paged]
OPEN: Look = lambda looking: Paged(looking.open_items)  # noqa: E731 - one of several
SETTLED: Look = lambda looking: Paged(looking.settled)  # noqa: E731 - the same
CUSTOMERS: Look = lambda looking: Paged(CustomerLook(looking).pages)  # noqa: E731 - the same


class Bookkeeper(Bureau):
    """A company whose relay asks Sage what became of what it booked."""

    def __init__(self, databases: Databases, **overrides: Any) -> None:
        """Switch the part on."""
        super().__init__(databases, **{"answers": {}, **overrides})
        self.answers = answer_tables(self.dialect.name)

    # The relay.

    @contextmanager
    def looking(self) -> Iterator[tuple[AnswerLooks, Years]]:
        """Let a relay take over; gives its looks, and the years."""
        with (
            hold(self.relay_engine()) as lock,
            taken_over(lock, self.settings) as (_drain, years),  # type: ignore[arg-type] # nobody else works
        ):
            yield AnswerLooks(self.settings, lock, years), years  # type: ignore[arg-type] # the same

    def look(self, *looks: Look) -> None:
        """Let looks be made, to their ends; without any all of them but that of the night."""
        with self.looking() as (looking, _years):
            for look in looks or (CUSTOMERS, OPEN):
                chore = look(looking)
                while chore():
                    pass

    def forget_night(self) -> None:
        """Let settled items be due, whatever the clock says."""
        with self.cobra.begin() as connection:
            connection.execute(update(self.answers.year).values(settled_at=None))

    # The mirror.

    def answered(self, table: Any) -> list[dict[str, Any]]:
        """Return the rows of one of the mirror's tables."""
        with self.cobra.connect() as connection:
            return [dict(row) for row in connection.execute(select(table)).mappings()]

    def customer(self, key: str, year: str = ALL_YEARS) -> dict[str, Any]:
        """Return how a customer stands."""
        rows = self.answered(self.answers.customer)
        (row,) = (r for r in rows if (r["entity_key"], r["year"]) == (key, year))
        return row

    def differing(self, key: str) -> dict[tuple[str, str], tuple[str, str | None]]:
        """Return what differs of an address: year and tag to what was sent, and what Sage says."""
        rows = self.answered(self.answers.difference)
        mine = (row for row in rows if row["entity_key"] == key)
        return {(row["year"], row["field"]): (row["sent"], row["in_sage"]) for row in mine}

    # The bookkeeper.

    def set_item(self, number: str, year: str = THIS, **columns: Any) -> None:
        """Change an open item in Sage."""
        self._set(year, "OPd", "OpId", number, columns)

    def set_debtor(self, number: int, year: str = THIS, **columns: Any) -> None:
        """Change a debtor in Sage."""
        self._set(year, "PKd", "PkKey", number, columns)

    def _set(self, year: str, table: str, tag: str, key: Any, columns: dict[str, Any]) -> None:
        found = _table(self.sage[year], table)
        with self.sage[year].begin() as connection:
            own = column_named(found, tag) == key
            connection.execute(update(found).where(own).values(_as_kept(found, columns)))

    def remove_row(self, year: str, table: str, tag: str, key: Any) -> None:
        """Delete a row in Sage."""
        found = _table(self.sage[year], table)
        with self.sage[year].begin() as connection:
            connection.execute(delete(found).where(column_named(found, tag) == key))

    def item(self, number: str, year: str = THIS) -> dict[str, Any]:
        """Return an open item as Sage has it."""
        found = _table(self.sage[year], "OPd")
        columns = (column_named(found, tag).label(tag) for tag in known_tags("OPd"))
        with self.sage[year].connect() as connection:
            query = select(*columns).where(column_named(found, "OpId") == number)
            return dict(connection.execute(query).mappings().one())

    def pay(self, number: str, amount: str, year: str = THIS, **columns: Any) -> None:
        """Post a payment into an open item; a negative one cancels it. Sage keeps the totals."""
        row = self.item(number, year)
        paid = Decimal(amount)
        totals = {"MCdt": Decimal(row["MCdt"]) + paid, "MVal": Decimal(row["MVal"]) - paid}
        self.set_item(number, year, **totals, **columns)
        self._owes(int(row["PkKey"]), year, MCdt=paid)

    def own_item(
        self, number: str, debtor: int, amount: str, year: str = THIS, **columns: Any
    ) -> None:
        """Enter an invoice in Sage itself."""
        row = {"OpId": number, "PkKey": debtor, "CurId": "CHF", "MVal": amount, "MDbt": amount}
        found = _table(self.sage[year], "OPd")
        with self.sage[year].begin() as connection:
            connection.execute(insert(found).values(_as_kept(found, {**row, **columns})))
        self._owes(debtor, year, MDbt=Decimal(str({**row, **columns}["MDbt"])))

    def carry_over(self, number: str, before: str, year: str = THIS, **columns: Any) -> None:
        """Carry what is open of an item over into the next year, as Sage does at its end."""
        row = self.item(number, before)
        value = Decimal(row["MVal"])
        told = {name: row[name] for name in ("DateO", "DateD", "CurId", "Text")}
        told |= {"MVal": value, "MDbt": value, **columns}
        self.own_item(number, int(row["PkKey"]), str(value), year, **told)

    def _owes(self, debtor: int, year: str, **added: Decimal) -> None:
        for row in self.book(year, "PKd"):
            if row["PkKey"] == debtor:
                totals = {tag: Decimal(row[tag]) + amount for tag, amount in added.items()}
                self.set_debtor(debtor, year, **totals)

    def owes(self, debtor: int, year: str = THIS) -> Decimal:
        """Return what a debtor owes by Sage's own totals."""
        (row,) = (row for row in self.book(year, "PKd") if row["PkKey"] == debtor)
        return Decimal(row["MDbt"]) - Decimal(row["MCdt"])


def _as_kept(table: Any, columns: dict[str, Any]) -> dict[Any, Any]:
    """Return values by column, amounts as the reference schema keeps them: texts on SQLite."""
    found = {column_named(table, name): value for name, value in columns.items()}
    return {column: _amount(column.type.python_type, value) for column, value in found.items()}


def _amount(kind: type, value: Any) -> Any:
    if isinstance(value, Decimal) and kind is str:
        return f"{value:.2f}"
    return Decimal(value) if isinstance(value, str) and kind is Decimal else value
