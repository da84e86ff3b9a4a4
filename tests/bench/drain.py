"""How fast a backlog is carried over, against the baseline, in turns on the same databases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from sqlalchemy import text

from relay.cobra.lock import hold
from relay.database.engines import cobra_engine
from relay.engine.service import drain_until_empty, taken_over
from relay.engine.step import Drain
from relay.settings import Settings
from tests.bench.baseline import Addresses, Baseline
from tests.bench.baseline_invoices import Invoices
from tests.bench.report import Figure, at_least
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.world.servers import Server

LEAST = {"sqlite": 0.5, "mssql": 1.5}
Step = Callable[[], int]


def addresses(server: Server, sizes: Sizes) -> list[Figure]:
    """Carry new addresses over, then change one field of each; then one record per commit."""
    stock = Stock(server, relay={"batch_size": sizes.batch})
    count = sizes.addresses
    alone = min(sizes.alone, count)
    stock.addresses(count + alone)
    stock.install()
    stock.notice("address", 1, count)
    figures = _compared("new addresses", stock, Addresses, sizes)
    with stock.cobra.begin() as connection:
        connection.execute(
            text(
                f"UPDATE {stock.table('ADDRESSES')} SET PHONE0 = REPLACE(PHONE0, '034', '033')"
                f" WHERE ID <= {count}"
            )
        )
    figures += _compared("changed addresses", stock, Addresses, sizes)
    stock.notice("address", count + 1, count + alone)
    return figures + _one_by_one("new addresses", stock, Addresses, sizes)


def invoices(server: Server, sizes: Sizes) -> list[Figure]:
    """Book invoices of five positions for customers that Sage knows."""
    stock = Stock(server, invoices=True, relay={"batch_size": sizes.batch})
    customers = max(sizes.invoices // 5, 1)
    count, alone = customers + sizes.invoices, min(sizes.alone, sizes.invoices)
    stock.addresses(customers)
    stock.invoices(count + alone, customers)
    stock.install()
    stock.notice("invoice", 1, customers)
    drain_until_empty(stock.settings)
    stock.notice("invoice", customers + 1, count)
    figures = _compared("invoices", stock, Invoices, sizes)
    stock.notice("invoice", count + 1, count + alone)
    return figures + _one_by_one("invoices", stock, Invoices, sizes)


@contextmanager
def draining(settings: Settings) -> Iterator[Drain]:
    """Take over as the relay does, and give what drains."""
    with hold(cobra_engine(settings)) as lock:
        if lock is None:
            raise RuntimeError
        with taken_over(lock, settings) as (drain, _years):
            yield drain


class Turns:
    """The relay and the baseline, each with its seconds by the clock and on the processor."""

    def __init__(self, relay: Step, baseline: Step, portion: int) -> None:
        """Take both, and how many records each carries over before it is the other's turn."""
        self._sides = {"relay": relay, "baseline": baseline}
        self._portion = portion
        self.rates: dict[str, list[float]] = {"relay": [], "baseline": []}
        self.costs: dict[str, list[float]] = {"relay": [], "baseline": []}

    def run(self) -> None:
        """Let them take turns until nothing is due; a last turn that is short does not count."""
        while all(self._turn(*side) for side in self._sides.items()):
            pass

    def _turn(self, name: str, step: Step) -> bool:
        began, worked, moved = time.perf_counter(), time.process_time(), 0
        while moved < self._portion:
            some = step()
            if not some:
                return False
            moved += some
        self.rates[name].append(moved / (time.perf_counter() - began))
        self.costs[name].append((time.process_time() - worked) / moved)
        return True

    def figures(self, what: str, least: float | None) -> list[Figure]:
        """Return the rates and their ratio, turn by turn."""
        relay, baseline = median(self.rates["relay"]), median(self.rates["baseline"])
        pairs = list(zip(self.rates["relay"], self.rates["baseline"], strict=False))
        ratio = median(ours / theirs for ours, theirs in pairs)
        turns = f"{len(pairs)} turns of {self._portion}"
        told = f"{what}, relay : baseline ({turns} records)"
        first = Figure(told, f"{ratio:.2f}") if least is None else at_least(told, ratio, least)
        costs = [median(self.costs[name]) * 1000 for name in self._sides]
        return [
            first,
            Figure(f"{what}, records a second", f"relay {relay:.0f}, baseline {baseline:.0f}"),
            Figure(
                f"{what}, processor time of a record",
                f"relay {costs[0]:.2f} ms, baseline {costs[1]:.2f} ms ({costs[1] / costs[0]:.2f})",
            ),
        ]


def _compared(what: str, stock: Stock, baseline: type[Baseline], sizes: Sizes) -> list[Figure]:
    turns = _turns(stock, stock.settings, baseline, sizes.batch, sizes.batch)
    return turns.figures(f"{what} in batches of {sizes.batch}", LEAST[_dialect(stock)])


def _one_by_one(what: str, stock: Stock, baseline: type[Baseline], sizes: Sizes) -> list[Figure]:
    relay = stock.settings.relay.model_copy(update={"batch_size": 1})
    settings = stock.settings.model_copy(update={"relay": relay})
    turns = _turns(stock, settings, baseline, 1, max(1, sizes.alone // 10))
    return turns.figures(f"{what}, one record per commit", None)


def _turns(
    stock: Stock, settings: Settings, baseline: type[Baseline], batch: int, portion: int
) -> Turns:
    with draining(settings) as drain:
        other = baseline(stock.cobra, stock.years)
        turns = Turns(drain.step, lambda: other.step(batch), portion)
        turns.run()
        other.close()
    _all_applied(stock)
    return turns


def _all_applied(stock: Stock) -> None:
    left = stock.count("status <> 'applied'")
    if left:
        message = f"{left} entries are not applied"
        raise AssertionError(message)


def _dialect(stock: Stock) -> str:
    return "mssql" if stock.mssql else "sqlite"
