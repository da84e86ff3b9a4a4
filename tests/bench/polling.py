"""What finished and held entries cost: the poll, and the speed beside them."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from relay.engine.step import Drain
from tests.bench.drain import Turns, draining
from tests.bench.report import Figure, at_least
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.world.servers import Server

SLOWED = 0.9
"""The speed beside a million finished entries is to be this part of the speed beside none."""


def polling(server: Server, sizes: Sizes) -> list[Figure]:
    """Poll and drain beside more and more finished entries, and beside held ones."""
    figures = []
    loads = [(count, 0) for count in (0, *sizes.finished)] + [(0, sizes.held)]
    for finished, held in loads:
        plain, loaded = _stock(server, sizes), _stock(server, sizes)
        loaded.finish(finished)
        what = f"{held:,} held" if held else f"{finished:,} finished"
        figures += _beside(what, plain, loaded, held, sizes)
    return figures


def _stock(server: Server, sizes: Sizes) -> Stock:
    stock = Stock(server, relay={"batch_size": sizes.batch})
    stock.addresses(sizes.drained)
    stock.install()
    return stock


def _beside(what: str, plain: Stock, loaded: Stock, held: int, sizes: Sizes) -> list[Figure]:
    with draining(plain.settings) as without, draining(loaded.settings) as beside:
        loaded.hold(held)  # not before: a start tries them again
        idle = median(_poll_ms(beside) for _ in range(sizes.polls))
        seeks = "" if loaded.mssql else f"; {_plan(loaded, beside)}"
        for stock in (plain, loaded):
            stock.notice("address", 1, sizes.drained)
        turns = Turns({"beside": beside.step, "without": without.step}, sizes.batch)
        turns.run()
    pairs = zip(turns.rates["beside"], turns.rates["without"], strict=False)
    ratio = median(ours / theirs for ours, theirs in pairs)
    return [
        Figure(f"one poll beside {what} entries", f"{idle:.2f} ms{seeks}"),
        at_least(f"speed beside {what} entries : beside none", ratio, SLOWED),
    ]


def _poll_ms(drain: Drain) -> float:
    began = time.perf_counter()
    if drain.step():
        raise AssertionError
    return (time.perf_counter() - began) * 1000


def _plan(stock: Stock, drain: Drain) -> str:
    """Return how SQLite finds what is due, in its own words."""
    polls: list[tuple[str, Any]] = []

    def remember(_connection: object, _cursor: object, sql: str, values: Any, *_: object) -> None:
        if sql.startswith("SELECT"):
            polls.append((sql, values))

    event.listen(Engine, "before_cursor_execute", remember)
    drain.step()
    event.remove(Engine, "before_cursor_execute", remember)
    with stock.cobra.connect() as connection:
        steps = [
            row.detail
            for sql, values in polls
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)
        ]
    return "; ".join(dict.fromkeys(step for step in steps if "outbox" in step))
