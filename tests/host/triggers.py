"""What the triggers add to a statement, against the same statement on a table without them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median

from sqlalchemy.engine import Connection

from relay.base.files import sql_folder
from tests.bench.report import Figure, at_most
from tests.bench.stock import ADDRESS, Stock
from tests.world.servers import Server

MOST = 1.5
"""A single save may take so many times what it takes without triggers."""
PLAIN = "PLAIN"
"""The twin of the captured table that has no triggers."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Rows of a mass statement, of a smaller one, and repetitions of each."""

    many: int = 50_000
    some: int = 1_000
    singles: int = 200
    masses: int = 5


SIZES = {
    "full": Sizes(),
    "half": Sizes(many=5_000, some=500, singles=50, masses=3),
    "taste": Sizes(many=12, some=4, singles=2, masses=1),
}


def triggers(server: Server, sizes: Sizes) -> list[Figure]:
    """Take turns on both tables: single saves, mass statements, and singles after masses.

    A plan that a server keeps was then made for the other size.
    """
    twins = Twins(server, sizes.many)
    single = twins.saves(sizes.singles)
    written = twins.updates(1, sizes.singles)
    some = twins.updates(sizes.some, sizes.masses)
    many = twins.updates(sizes.many, sizes.masses)
    after = twins.saves(sizes.singles)
    inserts = twins.inserts(sizes.singles)
    twins.check()
    growth = many.added_ms / sizes.many / (some.added_ms / sizes.some)
    return [
        single.figure("a save of one row", MOST),
        written.figure("a save of one row by a statement that was never sent before", MOST),
        after.figure(f"a save of one row, after statements of {sizes.many:,} rows", MOST),
        inserts.figure("a new row", MOST),
        some.figure(f"a statement of {sizes.some:,} rows"),
        many.figure(f"a statement of {sizes.many:,} rows"),
        Figure(
            f"added for each row, {sizes.many:,} rows : {sizes.some:,} rows", f"{growth:.2f}",
            "≤ 1.5 (linear)", growth <= MOST,
        ),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of the same statements with triggers and without, in turns."""

    captured: list[float]
    plain: list[float]

    @property
    def added_ms(self) -> float:
        """What the triggers added."""
        return median(ours - theirs for ours, theirs in zip(self.captured, self.plain, strict=True))

    def figure(self, what: str, most: float | None = None) -> Figure:
        """Return the ratio, turn by turn."""
        pairs = zip(self.captured, self.plain, strict=True)
        ratio = median(ours / theirs for ours, theirs in pairs)
        more = f" ({median(self.captured):.3g} ms, {median(self.plain):.3g} ms without)"
        told = f"{what}, with triggers : without"
        if most is None:
            return Figure(told, f"{ratio:.2f}{more}")
        return at_most(told, ratio, most, "times", more)


class Twins:
    """The captured table, and one with the same rows that is not."""

    def __init__(self, server: Server, rows: int) -> None:
        """Fill both."""
        self._stock = stock = Stock(server)
        self._names = {name: stock.table(name) for name in ("ADDRESSES", PLAIN)}
        self._count = rows
        self._noticed = 0
        script = (sql_folder() / server.dialect / "demo" / "cobra.sql").read_text(encoding="utf-8")
        create = script[script.index("CREATE TABLE") :]
        create = create[: create.index("\n)") + 2].replace("ADDRESSES", PLAIN)
        with stock.cobra.begin() as connection:
            connection.exec_driver_sql(create)
        stock.addresses(rows)
        columns = ", ".join(ADDRESS)
        with stock.cobra.begin() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO {self._names[PLAIN]} ({columns})"
                f" SELECT {columns} FROM {self._names['ADDRESSES']} ORDER BY ID"
            )
        stock.install()

    def saves(self, turns: int) -> Times:
        """Change a field of one row as programs do: with values bound to one statement."""
        times = Times([], [])
        for turn in range(turns):
            bound = (f"Dorf {turn} {self._noticed}", 1 + turn * 17 % max(1, self._count - 1))
            self._turn(times, "UPDATE %s SET CITY0 = ? WHERE ID = ?", bound)
            self._noticed += 1
        return times

    def updates(self, rows: int, turns: int) -> Times:
        """Change a field of so many rows by one statement."""
        times = Times([], [])
        for turn in range(turns):
            first = 1 + turn * 17 % max(1, self._count - rows)
            where = f"BETWEEN {first} AND {first + rows - 1}"
            where = f"= {first}" if rows == 1 else where
            self._turn(times, f"UPDATE %s SET CITY0 = 'Ort {turn} {rows}' WHERE ID {where}")
            self._noticed += rows
        return times

    def inserts(self, turns: int) -> Times:
        """Save new rows, one by one."""
        times = Times([], [])
        for turn in range(turns):
            self._turn(times, f"INSERT INTO %s (SAGENR0, CITY0) VALUES ('N{turn}', 'Thun')")
            self._noticed += 1
        return times

    def check(self) -> None:
        """Make sure that the triggers did their work, and did it on one table only."""
        found = self._stock.count()
        if found != self._noticed:
            message = f"{found} entries for {self._noticed} changes"
            raise AssertionError(message)

    def _turn(self, times: Times, statement: str, bound: tuple[object, ...] = ()) -> None:
        for name, into in (("ADDRESSES", times.captured), (PLAIN, times.plain)):
            into.append(_ms(self._stock.clerk, statement % self._names[name], bound))


def _ms(clerk: Connection, statement: str, bound: tuple[object, ...]) -> float:
    began = time.perf_counter()
    with clerk.begin():
        clerk.exec_driver_sql(statement, bound)
    return (time.perf_counter() - began) * 1000
