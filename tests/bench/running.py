"""Relays as processes: how soon they start, take over and carry a change, and what idling costs."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import text

from tests.bench.report import Figure, at_most
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.soak.killing import RelayProcess, wait_for
from tests.world.servers import Server

PATIENCE_S = 120
POLL_MS = 50
"""The default, which the tests' settings make shorter."""


def latency(server: Server, sizes: Sizes) -> list[Figure]:
    """Change addresses while the relay runs: one after the other, and fifty a second."""
    stock = _stock(server, sizes.changes + sizes.stream + 1)
    with relay_of(stock) as relay:
        _change(stock, 1, "started")
        wait_until_applied(stock, relay)
        rng = random.Random(1)  # noqa: S311 - repeatable chance
        first, second = sizes.changes + 2, sizes.changes + sizes.stream + 2
        idle = changed(stock, relay, range(2, first), lambda: rng.uniform(0.2, 0.5))
        busy = changed(stock, relay, range(first, second), lambda: 0.02)
    return [*_told("idle", idle, 50, 250), *_told("at 50 changes a second", busy)]


def starting(server: Server, sizes: Sizes) -> list[Figure]:
    """Start a relay that finds a change; kill one that another stands by for."""
    stock = _stock(server, 1)
    starts, takeovers, costs = [], [], []
    for turn in range(sizes.starts):
        _change(stock, 1, f"start {turn}")
        began = time.monotonic()
        with relay_of(stock) as working:
            wait_until_applied(stock, working)
            starts.append(time.monotonic() - began)
            costs.append(working.processor_s())
            with relay_of(stock) as reserve:
                wait_for("it stands by", lambda: "standing_by" in _log(reserve))
                working.kill()
                began = time.monotonic()
                _change(stock, 1, f"takeover {turn}")
                wait_until_applied(stock, reserve)
                takeovers.append(time.monotonic() - began)
    most = f", at most {max(takeovers):.3g} s"
    return [
        at_most("from the start of the process to the first applied", median(starts), 2, "s"),
        Figure("of it on the processor", f"{median(costs):.3g} s"),
        at_most("from kill -9 to applied by the reserve", median(takeovers), 5, "s", most),
    ]


def idling(server: Server, sizes: Sizes) -> list[Figure]:
    """Let a relay wait, and look at its processor time."""
    stock = _stock(server, 1)
    _change(stock, 1, "started")
    with relay_of(stock) as relay:
        wait_until_applied(stock, relay)
        before = relay.processor_s()
        began = time.monotonic()
        time.sleep(sizes.idle_s)
        share = (relay.processor_s() - before) / (time.monotonic() - began) * 100
    return [at_most(f"processor when idle, polls every {POLL_MS} ms", share, 2, "% of a core")]


class _Relay(RelayProcess):
    """A relay whose processor time can be read."""

    def processor_s(self) -> float:
        """Return the seconds that the process has used."""
        stat = Path(f"/proc/{self._running.pid}/stat").read_text(encoding="utf-8")
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _stock(server: Server, count: int) -> Stock:
    """Return customers that Sage does not know yet, with triggers on them."""
    stock = Stock(server, relay={"poll_ms": POLL_MS})
    stock.addresses(count)
    stock.install()
    return stock


@contextmanager
def relay_of(stock: Stock) -> Iterator[_Relay]:
    """Let a relay of these databases run."""
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        relay = _Relay(stock.settings, Path(folder))
        relay.start()
        try:
            yield relay
        finally:
            relay.kill()


def changed(
    stock: Stock, relay: RelayProcess, keys: range, gap: Callable[[], float]
) -> list[float]:
    """Change each record, with a pause after each; returns the milliseconds until applied."""
    committed = {}
    for key in keys:
        _change(stock, key, f"change {key}")
        committed[str(key)] = time.time()
        time.sleep(gap())
    wait_until_applied(stock, relay)
    return [
        max(0.0, (applied - committed[key]) * 1000)
        for key, applied in _applied_at(stock).items()
        if key in committed
    ]


def _change(stock: Stock, key: int, phone: str) -> None:
    change = f"UPDATE {stock.table('ADDRESSES')} SET PHONE0 = :phone WHERE ID = :key"
    with stock.clerk.begin():
        stock.clerk.execute(text(change), {"phone": phone, "key": key})


def wait_until_applied(stock: Stock, relay: RelayProcess) -> None:
    """Wait until all that was noticed is carried out."""
    wait_for(
        "all is applied",
        lambda: relay.died() or stock.count("status <> 'applied'") == 0,
        PATIENCE_S,
    )


def _applied_at(stock: Stock) -> dict[str, float]:
    """Return when each record's entry was acknowledged, after Sage's commit, in seconds."""
    epoch = "(julianday(finished_at) - 2440587.5) * 86400"
    if stock.mssql:
        epoch = (
            "CAST(DATEDIFF(second, '1970-01-01', finished_at) AS float)"
            " + DATEPART(millisecond, finished_at) / 1000.0"
        )
    query = f"SELECT entity_key, {epoch} AS at FROM {stock.ours('outbox')} ORDER BY id"
    with stock.cobra.connect() as connection:
        return {row.entity_key: float(row.at) for row in connection.execute(text(query))}


def _told(
    what: str, taken: list[float], p50: float | None = None, p99: float | None = None
) -> list[Figure]:
    points = quantiles(taken, n=100, method="inclusive")
    middle, high, highest = points[49], points[94], points[98]
    name = f"commit to applied, {what}, {len(taken)} changes"
    if p50 is None or p99 is None:
        return [Figure(f"{name}: p50, p95, p99", f"{middle:.0f}, {high:.0f}, {highest:.0f} ms")]
    return [
        at_most(f"{name}: p50", middle, p50, "ms"),
        Figure(f"{name}: p95", f"{high:.3g} ms"),
        at_most(f"{name}: p99", highest, p99, "ms"),
    ]


def _log(relay: RelayProcess) -> str:
    return relay.log.read_text(encoding="utf-8") if relay.log.exists() else ""
