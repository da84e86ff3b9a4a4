"""How long a comparison of everything takes, in which memory, and who has to wait for it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from threading import Event, Thread

from sqlalchemy import select

from relay.admin.comparing.nightly import Nightly
from relay.base.errors import Exit
from relay.cobra.comparisons import last_begun
from relay.cobra.lock import Lock
from relay.cobra.tables import source_tables
from relay.engine.chores import Duty
from relay.engine.service import Parts, drain_until_empty, run
from relay.engine.years import Years
from tests.bench.backlog import MOST_MIB
from tests.bench.report import Figure, at_most
from tests.bench.running import changed, wait_until_applied
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.soak.killing import ROOT, wait_for
from tests.world.desk import Desk
from tests.world.servers import Server

NIGHT = datetime(2026, 11, 29, 2, 31)  # noqa: DTZ001 - a local time
PATIENCE_S = 3600
FEW = 10
"""Changes of a mere taste, during which a comparison may end."""


def compare(server: Server, sizes: Sizes) -> list[Figure]:
    """Compare all by the command; then change addresses while a relay does the same by itself."""
    stock = _stock(server, sizes)
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        taken, processor, peak = _command(stock, Path(folder))
    alone = _latency(stock, sizes, range(1, sizes.changes + 1))
    beside = _latency(stock, sizes, range(sizes.changes + 1, 2 * sizes.changes + 1), compares=True)
    what = f"{sizes.compare_links:,} addresses in both years, {sizes.compare_bookings:,} bookings"
    most = 60 if server.dialect == "sqlite" else PATIENCE_S
    return [
        at_most(f"relay compare, {what}", taken, most, "s"),
        Figure("of it on the processor", f"{processor:.3g} s"),
        at_most("its peak of memory", peak, MOST_MIB, "MiB"),
        at_most("commit to applied beside the nightly one: p99 later by", beside - alone, 50, "ms"),
        Figure("p99 without it, and with it", f"{alone:.3g} ms, {beside:.3g} ms"),
    ]


def _stock(server: Server, sizes: Sizes) -> Stock:
    """Link addresses in both years, then book invoices of some of them."""
    stock = Stock(server, invoices=True, relay={"poll_ms": 50})
    with_invoices = stock.settings
    stock.settings = stock.databases.settings()
    stock.addresses(sizes.compare_links)
    stock.install()
    stock.notice("address", 1, sizes.compare_links)
    drain_until_empty(stock.settings)
    stock.settings = with_invoices
    stock.invoices(sizes.compare_bookings, sizes.compare_links)
    stock.install()
    stock.notice("invoice", 1, sizes.compare_bookings)
    drain_until_empty(stock.settings)
    if stock.count("status <> 'applied'"):
        raise AssertionError
    return stock


def _command(stock: Stock, folder: Path) -> tuple[float, float, float]:
    """Return the seconds that `relay compare` takes, by the clock and of the processor, and MiB."""
    desk = Desk(stock.databases, folder)
    desk.write(stock.settings)
    call = [sys.executable, "-m", "relay", "--config", str(desk.file), "compare"]
    began = time.monotonic()
    process = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != Exit.OK:
        raise AssertionError(process.returncode)
    taken = time.monotonic() - began
    return taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _latency(stock: Stock, sizes: Sizes, keys: range, *, compares: bool = False) -> float:
    """Return the 99th percentile of the milliseconds from a change's commit until it is applied."""
    rng = random.Random(1)  # noqa: S311 - repeatable chance
    with _running(stock, compares=compares) as relay:
        if compares:
            wait_for("it compares", lambda: _has_begun(stock), PATIENCE_S)
        taken = changed(stock, relay, keys, lambda: rng.uniform(0.1, 0.3))  # type: ignore[arg-type] # asked for nothing else
        is_over = compares and _is_over(stock)
    if is_over and len(taken) > FEW:
        raise AssertionError(sizes)  # too few records to compare meanwhile
    return quantiles(taken, n=100, method="inclusive")[98] if len(taken) > 1 else taken[0]


class _Thread:
    """A relay in a thread of this process."""

    def died(self) -> bool:
        """Tell that it did not."""
        return False


@contextmanager
def _running(stock: Stock, *, compares: bool) -> Iterator[_Thread]:
    """Let a relay run, for which it is night if it `compares`."""
    settings, stop, relay = stock.settings, Event(), _Thread()

    def nightly(lock: Lock, years: Years) -> Duty:
        return Duty("compare", 1, Nightly(settings, lock, years, lambda: NIGHT).chore)

    parts = Parts(housework=[nightly] if compares else [])
    thread = Thread(target=run, args=(settings, stop, parts))
    thread.start()
    try:
        wait_until_applied(stock, relay)  # type: ignore[arg-type] # asked for nothing else
        yield relay
    finally:
        stop.set()
        thread.join()


def _has_begun(stock: Stock) -> bool:
    with stock.cobra.connect() as connection:
        return last_begun(connection) is not None


def _is_over(stock: Stock) -> bool:
    c = source_tables("mssql" if stock.mssql else "sqlite").comparison
    with stock.cobra.connect() as connection:
        return connection.execute(select(c.c.finished_at)).scalar() is not None
