"""What it costs a drain, and an idle relay, that Sage is asked for payments between two batches."""

from __future__ import annotations

import random
import time
from contextlib import ExitStack
from statistics import median, quantiles
from typing import Any

from relay.engine.service import drain_until_empty, sayer
from relay.extras.documents.recording import recorders
from relay.settings.parts import Answers
from tests.bench.report import Figure, at_least, at_most
from tests.bench.running import POLL_MS, changed, relay_of, wait_until_applied
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.world.servers import Server

CUSTOMERS = 3
"""For how many looks at open items there is one at customers; by default it is fifteen."""
IDLE = 2
"""How many times the changes of an idle relay's latency: a look by default comes each minute."""


def answers(server: Server, sizes: Sizes) -> list[Figure]:
    """Book invoices in turns with the part and without it, beside as many open items; then idle."""
    looks = {
        "open_seconds": sizes.answer_look_s,
        "customers_seconds": CUSTOMERS * sizes.answer_look_s,
    }
    stocks = {"without": _stock(server, sizes), "with": _stock(server, sizes, answers=looks)}
    rates: dict[str, list[float]] = {name: [] for name in stocks}
    for turn in range(sizes.answer_turns):
        for name in sorted(stocks, reverse=turn % 2 == 0):
            rates[name].append(_rate(stocks[name], sizes, turn))
    waits = {name: _idle(stock, sizes) for name, stock in stocks.items()}
    ratio = median(w / o for w, o in zip(rates["with"], rates["without"], strict=True))
    told = f"invoices beside {sizes.answer_items} open items, with [answers] : without"
    high = {name: quantiles(taken, n=100, method="inclusive")[98] for name, taken in waits.items()}
    p99s = ", ".join(f"{name} {value:.3g} ms" for name, value in high.items())
    later = at_most(
        "idle, commit to applied: p99 later by", high["with"] - high["without"], 10, "ms"
    )
    often = "asked 12 and 60 times as often as by default"
    return [
        at_least(
            f"{told}, {often} ({sizes.answer_turns} turns of {sizes.answer_portion})", ratio, 0.97
        ),
        Figure("records a second", ", ".join(f"{n} {median(r):.0f}" for n, r in rates.items())),
        later,
        Figure(f"idle, p99 of {IDLE * sizes.changes} changes, asked as by default", p99s),
    ]


def _stock(server: Server, sizes: Sizes, **told: Any) -> Stock:
    """Return a company with so many open items in Sage, and invoices that are yet to be noticed."""
    stock = Stock(server, invoices=True, documents={}, relay={"poll_ms": POLL_MS}, **told)
    customers = max(sizes.answer_items // 5, IDLE * sizes.changes)
    stock.addresses(customers)
    stock.invoices(sizes.answer_items + sizes.answer_turns * sizes.answer_portion, customers)
    stock.install()
    stock.notice("invoice", 1, sizes.answer_items)
    drain_until_empty(stock.settings, recorders=recorders(stock.settings, sayer(stock.settings)))
    return stock


def _rate(stock: Stock, sizes: Sizes, turn: int) -> float:
    """Return how many invoices a second a relay books that is at work already."""
    first = sizes.answer_items + turn * sizes.answer_portion + 1
    with ExitStack() as stack:
        relay = stack.enter_context(relay_of(stock))
        stock.notice("invoice", 1, 1, "update")
        wait_until_applied(stock, relay)
        # The first look is over, or under way as it is in a running relay.
        time.sleep(sizes.answer_look_s)
        began = time.monotonic()
        stock.notice("invoice", first, first + sizes.answer_portion - 1)
        wait_until_applied(stock, relay)
        return sizes.answer_portion / (time.monotonic() - began)


def _idle(stock: Stock, sizes: Sizes) -> list[float]:
    """Return the milliseconds from a change's commit until it is applied, one after the other."""
    rng = random.Random(1)  # noqa: S311 - repeatable chance
    if stock.settings.answers is not None:
        stock.settings = stock.settings.model_copy(update={"answers": Answers()})
    with relay_of(stock) as relay:
        stock.notice("invoice", 1, 1, "update")
        wait_until_applied(stock, relay)
        keys = range(1, IDLE * sizes.changes + 1)
        return changed(stock, relay, keys, lambda: rng.uniform(0.2, 0.5))
