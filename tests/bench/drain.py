"""How fast a backlog is carried over, against the baseline, in turns on the same databases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from statistics import median

from sqlalchemy import text

from relay.cobra.lock import hold
from relay.database.connecting import cobra_engine
from relay.engine.service import drain_until_empty, taken_over
from relay.engine.step import Drain
from relay.settings import Settings
from tests.bench.bare import Bare
from tests.bench.bare_json import BareJson
from tests.bench.baseline import Addresses, Baseline
from tests.bench.baseline_invoices import Invoices
from tests.bench.report import Figure, at_least
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.world.servers import Server

BASELINES: dict[str, dict[str, tuple[type[Bare], float]]] = {
    "sqlite": {"baseline": (Bare, 0.5)},
    "mssql": {"executemany": (Bare, 6), "OPENJSON": (BareJson, 0.5)},
}
"""The baselines of each database: how they write, and what the relay's rate is to be of theirs."""
RELAY = "relay"
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
    """The relay and the baselines, each with its seconds by the clock and on the processor."""

    def __init__(self, sides: Mapping[str, Step], portion: int) -> None:
        """Take them, and how many records each carries over before it is the next one's turn."""
        self._sides = sides
        self._portion = portion
        self.rates: dict[str, list[float]] = {name: [] for name in sides}
        self.costs: dict[str, list[float]] = {name: [] for name in sides}

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

    def figures(self, what: str, least: Mapping[str, float], years: int) -> list[Figure]:
        """Return the rates, and the relay's ratio to each other one, turn by turn.

        A record counts once for each of the `years` of Sage that it is written to.
        """
        found = [self._ratio(what, name, least) for name in self._sides if name != RELAY]
        rates = {name: median(rates) * years for name, rates in self.rates.items()}
        costs = {name: median(costs) * 1000 / years for name, costs in self.costs.items()}
        return [
            *found,
            Figure(f"{what}, records a second for each Sage year written", _each(rates, "{:.0f}")),
            Figure(f"{what}, processor time of a record for each year", _each(costs, "{:.2f} ms")),
        ]

    def _ratio(self, what: str, name: str, least: Mapping[str, float]) -> Figure:
        pairs = list(zip(self.rates[RELAY], self.rates[name], strict=False))
        costs = zip(self.costs[RELAY], self.costs[name], strict=False)
        ratio = median(ours / theirs for ours, theirs in pairs)
        on_processor = f" (by processor time {median(theirs / ours for ours, theirs in costs):.2f})"
        told = f"{what}, relay : {name} ({len(pairs)} turns of {self._portion} records)"
        if name in least:
            return at_least(told, ratio, least[name], on_processor)
        return Figure(told, f"{ratio:.2f}{on_processor}")


def _each(values: Mapping[str, float], written: str) -> str:
    return ", ".join(f"{name} {written.format(value)}" for name, value in values.items())


def _compared(what: str, stock: Stock, baseline: type[Baseline], sizes: Sizes) -> list[Figure]:
    turns = _turns(stock, stock.settings, baseline, sizes.batch, sizes.batch)
    least = {name: least for name, (_, least) in BASELINES[_dialect(stock)].items()}
    return turns.figures(f"{what} in batches of {sizes.batch}", least, _years(stock, baseline))


def _one_by_one(what: str, stock: Stock, baseline: type[Baseline], sizes: Sizes) -> list[Figure]:
    relay = stock.settings.relay.model_copy(update={"batch_size": 1})
    settings = stock.settings.model_copy(update={"relay": relay})
    turns = _turns(stock, settings, baseline, 1, max(1, sizes.alone // 10))
    return turns.figures(f"{what}, one record per commit", {}, _years(stock, baseline))


def _years(stock: Stock, baseline: type[Baseline]) -> int:
    """Return to how many years a record goes: an address to all, an invoice to its own."""
    return len(stock.years) if baseline is Addresses else 1


def _turns(
    stock: Stock, settings: Settings, baseline: type[Baseline], batch: int, portion: int
) -> Turns:
    with draining(settings) as drain:
        others = {
            name: baseline(stock.cobra, stock.years, driver)
            for name, (driver, _) in BASELINES[_dialect(stock)].items()
        }
        steps = {name: partial(other.step, batch) for name, other in others.items()}
        turns = Turns({RELAY: drain.step, **steps}, portion)
        turns.run()
        for other in others.values():
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
