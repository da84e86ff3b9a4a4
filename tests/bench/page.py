"""How fast the page answers beside millions of finished entries, and what looking costs a drain."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from threading import Event, Thread

import httpx2
from sqlalchemy import text

from relay.engine.step import Drain
from relay.extras.page.users import PageRole, add_user
from tests.bench.drain import draining
from tests.bench.report import Figure, at_least, at_most
from tests.bench.sizes import Sizes
from tests.bench.stock import Stock
from tests.soak.killing import ROOT
from tests.world.desk import Desk
from tests.world.servers import Server

MOST_MS = 300
MOST_MIB = 120
KEPT_RATE = 0.97
LOOK_EVERY_S = 1.0
"""As five people do whose browsers renew the overview every five seconds."""
CSRF = re.compile(r'name="csrf" value="([^"]+)"')
PAGES = {
    "overview": "/",
    "open matters": "/problems",
    "the last page of them": "/problems?page=9999",
    "of one reason": "/problems?code=account_missing",
    "found by a name": "/problems?q=serei+17",
    "sorted by amount": "/problems?sort=amount",
    "an open invoice": "/record?entity=invoice&key=1",
    "a finished address": "/record?entity=address&key=F1",
    "find by number": "/find?q=20260001",
    "find by a part of a name": "/find?q=serei+1",
    "find nothing": "/find?q=nobody",
    "journal, asked for": "/journal",
    "a month that is being read": "/journal?month=2026-01",
    "audit": "/audit",
    "a decision's form": "/act?what=skip&entity=invoice&key=1",
}
STUCK = (
    ("invoice", 0.5, "held", "account_missing"),
    ("address", 0.3, "held", "number_taken"),
    ("invoice", 0.1, "waiting", "address_not_ready"),
    ("address", 0.1, "pending", None),
)
"""Kinds of open entries: their part of all, their status and code."""


def page(server: Server, sizes: Sizes) -> list[Figure]:
    """Visit each page while nothing else happens, then look again and again during a drain."""
    stock, token = _stock(server, sizes)
    with _served(stock) as (process, browser):
        _sign_in(browser, token)
        first = {name: _visit_ms(browser, path) for name, path in PAGES.items()}
        taken, costs = {}, {}
        for name, path in PAGES.items():
            before = _processor_ms(process)
            taken[name] = median(_visit_ms(browser, path) for _ in range(sizes.visits))
            costs[name] = (_processor_ms(process) - before) / sizes.visits
        memory = _peak_mib(process)
        download = _visit_ms(browser, "/problems.csv")
        ratio, by_processor, looks = _drained(stock, browser, sizes)
    beside = f"beside {sum(sizes.finished[-1:]):,} finished and {sizes.page_open:,} open entries"
    return [
        *(
            at_most(
                f"{name}, {beside}", taken[name], MOST_MS, "ms",
                f"; first {first[name]:.0f}; on the processor {costs[name]:.0f}",
            )
            for name in PAGES
        ),
        Figure(f"all open matters as a file, {beside}", f"{download:.0f} ms"),
        at_most("memory of the page's process", memory, MOST_MIB, "MiB"),
        at_least(
            f"speed of a drain with a look every {LOOK_EVERY_S:g} s : without", ratio, KEPT_RATE,
            f" (by processor time {by_processor:.2f}; {looks} looks)",
        ),
    ]  # fmt: skip


def _stock(server: Server, sizes: Sizes) -> tuple[Stock, str]:
    """Fill the databases, and let somebody sign in."""
    with closing(socket.socket()) as some:
        some.bind(("127.0.0.1", 0))
        port = some.getsockname()[1]
    told = {"page": {"port": port}, "relay": {"batch_size": sizes.batch}}
    stock = Stock(server, invoices=True, **told)
    count = max(sizes.page_open, sizes.page_drained)
    stock.addresses(count)
    stock.invoices(count, count)
    stock.install()
    stock.finish(sizes.finished[-1])
    last = dict.fromkeys(("invoice", "address"), 0)
    for entity, part, status, code in STUCK:
        number = max(1, int(sizes.page_open * part))
        stock.notice(entity, last[entity] + 1, last[entity] + number)
        last[entity] += number
        if code is not None:
            _stick(stock, entity, status, code)
    with stock.cobra.begin() as connection:
        return stock, add_user(connection, "Rosa", PageRole.OPERATOR, None, "admin")


def _stick(stock: Stock, entity: str, status: str, code: str) -> None:
    """Let what is due be held or wait."""
    with stock.cobra.begin() as connection:
        connection.execute(
            text(
                f"UPDATE {stock.ours('outbox')} SET status = :status, error_code = :code,"
                " attempts = 1, error = 'This cannot be booked.'"
                " WHERE status = 'pending' AND entity = :entity"
            ),
            {"status": status, "code": code, "entity": entity},
        )


@contextmanager
def _served(stock: Stock) -> Iterator[tuple[subprocess.Popen[str], httpx2.Client]]:
    """Let the page run as a process of its own."""
    with tempfile.TemporaryDirectory(prefix="relay-bench-") as folder:
        desk = Desk(stock.databases, Path(folder))
        desk.write(stock.settings)
        command = [sys.executable, "-m", "relay", "--config", str(desk.file), "page"]
        with (
            (Path(folder) / "page.log").open("w") as log,
            subprocess.Popen(  # noqa: S603 - our own program
                command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT
            ) as process,
        ):
            try:
                if process.stdout is None:
                    raise RuntimeError
                url = process.stdout.readline().split()[-1]
                with httpx2.Client(base_url=url, timeout=60) as browser:
                    yield process, browser
            finally:
                process.kill()


def _sign_in(browser: httpx2.Client, token: str) -> None:
    form = CSRF.search(browser.get("/sign-in").text)
    if form is None:
        raise AssertionError
    answer = browser.post("/sign-in", data={"csrf": form[1], "token": token})
    if answer.status_code != httpx2.codes.SEE_OTHER:
        raise AssertionError(answer.text)


def _visit_ms(browser: httpx2.Client, path: str) -> float:
    began = time.perf_counter()
    answer = browser.get(path)
    if answer.status_code not in {200, 303}:
        raise AssertionError(path, answer.status_code)
    return (time.perf_counter() - began) * 1000


def _processor_ms(process: subprocess.Popen[str]) -> float:
    stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8")
    user, system = stat.rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) * 1000 / os.sysconf("SC_CLK_TCK")


def _peak_mib(process: subprocess.Popen[str]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _drained(stock: Stock, browser: httpx2.Client, sizes: Sizes) -> tuple[float, float, int]:
    """Carry changes over in turns, with and without looks.

    Returns the ratio of the speeds, the same by the drain's processor time, and the looks.
    """
    ratios, of_costs, looks = [], [], 0
    with draining(stock.settings) as drain:
        _empty(drain)
        for turn in range(sizes.page_turns):
            rates, costs = {}, {}
            for is_seen in (True, False) if turn % 2 else (False, True):
                _change(stock, sizes.page_drained, f"{turn} {is_seen}")
                with _looking(browser, is_on=is_seen) as seen:
                    began, worked = time.perf_counter(), time.process_time()
                    rates[is_seen] = _empty(drain) / (time.perf_counter() - began)
                    costs[is_seen] = time.process_time() - worked
                looks += len(seen)
            ratios.append(rates[True] / rates[False])
            of_costs.append(costs[False] / costs[True])
    return median(ratios), median(of_costs), looks


def _empty(drain: Drain) -> int:
    return sum(iter(drain.step, 0))


def _change(stock: Stock, count: int, phone: str) -> None:
    with stock.cobra.begin() as connection:
        change = f"UPDATE {stock.table('ADDRESSES')} SET PHONE0 = :phone WHERE ID <= {count}"
        connection.execute(text(change), {"phone": phone})


@contextmanager
def _looking(browser: httpx2.Client, *, is_on: bool) -> Iterator[list[float]]:
    """Look at the overview, then at the open matters, then at one of them, and so on."""
    paths = ["/", "/problems", "/", PAGES["an open invoice"]]
    seen: list[float] = []
    over = Event()

    def look() -> None:
        while not over.wait(LOOK_EVERY_S):
            seen.append(_visit_ms(browser, paths[len(seen) % len(paths)]))

    watcher = Thread(target=look)
    if is_on:
        watcher.start()
    try:
        yield seen
    finally:
        over.set()
        if is_on:
            watcher.join()
