"""How long one look at the open items takes beside all those that are settled."""

from __future__ import annotations

import time
from statistics import median

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.cobra.lock import hold
from relay.database.connecting import cobra_engine
from relay.engine.service import taken_over
from relay.extras.answers.looking import AnswerLooks
from tests.bench.report import Figure, at_most
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.world.databases import YEARS
from tests.world.servers import Server

ITEM = {
    "OpId": "'#'", "PkKey": "1", "CurId": "'CHF'", "MVal": "'100.00'", "MDbt": "'100.00'",
    "MCdt": "CASE WHEN # > {open} THEN '100.00' ELSE '0.00' END",
}  # fmt: skip
DOCUMENT = {
    "entity_key": "'#'", "number": "'#'", "open_item": "'#'", "kind": "'invoice'",
    "state": "'booked'", "customer_key": "'1'", "mandant": "'MUSTER'", "year": "'{year}'",
    "stands": "1", "gross": "{money}", "debtor": "1",
    "settled_on": "CASE WHEN # > {open} THEN {day} END",
    "updated_at": "'2026-03-01 12:00:00.000'", "entry": "1",
}  # fmt: skip
"""Columns of an item in Sage and of its document in cobra; # is a number that counts up."""


def look(server: Server, sizes: Sizes) -> list[Figure]:
    """Look again and again at open items of which nothing has changed."""
    stock = Stock(server, invoices=True, documents={}, answers={})
    stock.addresses(1)
    stock.install()
    count = sizes.settled_items + sizes.open_items
    words = {"open": str(sizes.open_items), "year": YEARS[1]}
    with stock.years[YEARS[1]].begin() as connection:
        _fill(connection, stock.table("OPd"), ITEM, count, words)
    with stock.cobra.begin() as connection:
        words["money"] = "100" if stock.mssql else "10000"
        words["day"] = "CAST('2026-03-01' AS date)" if stock.mssql else "'2026-03-01'"
        _fill(connection, stock.ours("document"), DOCUMENT, count, words)
    taken, pages = [], 0
    with hold(cobra_engine(stock.settings)) as lock:
        if lock is None:
            raise RuntimeError
        with taken_over(lock, stock.settings) as (_drain, years):
            looking = AnswerLooks(stock.settings, lock, years)
            for _ in range(1 + sizes.looks):  # the first one writes what it finds
                began = time.perf_counter()
                pages = sum(1 for _ in looking.open_items())
                taken.append((time.perf_counter() - began) * 1000)
    first, *others = taken
    what = f"one look at {sizes.open_items} open items beside {sizes.settled_items} settled ones"
    return [
        at_most(what, median(others), 250, "ms", f" in {1 + pages} pages"),
        Figure("the first one, which writes them all down", f"{first:.0f} ms"),
    ]


def _fill(
    connection: Connection, table: str, row: dict[str, str], count: int, words: dict[str, str]
) -> None:
    """Write so many rows by one statement."""
    columns = ", ".join(row)
    values = ", ".join(value.format(**words) for value in row.values())
    values = values.replace("'#'", "CAST(n AS varchar(20))").replace("#", "n")
    numbers = "WITH d (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM d WHERE n < 99)"
    some = "SELECT a.n * 10000 + b.n * 100 + c.n + 1 AS n FROM d AS a, d AS b, d AS c"
    connection.execute(
        text(
            f"{numbers} INSERT INTO {table} ({columns}) SELECT {values} FROM ({some}) AS x"
            f" WHERE n <= {count}"
        )
    )
