"""Measures the document enquiry: how answers grow with positions, and what recording costs.

    python -m tests.extras.documents              SQLite, and the server that RELAY_TEST_MSSQL names
    python -m tests.extras.documents --largest 100000
    python -m tests.extras.documents --only drain --pairs 2

The databases are dropped afterwards. RESULTS.md beside this file keeps what was measured.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
import structlog
from sqlalchemy.engine import Connection, make_url

from relay.cobra.deliveries import Recorder, Result
from relay.engine.service import drain_until_empty, sayer
from relay.extras.documents import views
from relay.extras.documents.recording import recorders
from tests.extras.documents.questions import QUESTIONS, WHOLE, asked
from tests.extras.documents.stock import fill
from tests.world.bureau import Bureau
from tests.world.databases import make_databases
from tests.world.office import position
from tests.world.servers import MssqlServer, MssqlSession, Server, SqliteServer

TRIES = 5
BATCH = 250


@click.command()
@click.option("--largest", default=1_000_000, show_default=True, help="Positions at the end.")
@click.option("--dialect", type=click.Choice(["sqlite", "mssql"]), multiple=True)
@click.option("--only", type=click.Choice(["growth", "drain"]))
@click.option("--pairs", default=6, show_default=True, help="Drains with and without documents.")
def main(largest: int, dialect: tuple[str, ...], only: str | None, pairs: int) -> None:
    """Measure, and print tables in Markdown."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    for name in dialect or ("sqlite", "mssql"):
        with a_server(name) as server:
            if server is None:
                click.echo(f"{name}: RELAY_TEST_MSSQL is not set")
                continue
            if only != "drain":
                growth(server, largest)
            if only != "growth":
                cost(server, pairs)


@contextmanager
def a_server(name: str) -> Iterator[Server | None]:
    """Give a server of a dialect."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SqliteServer(Path(folder), Path(folder), durable=True)
        return
    url = os.environ.get("RELAY_TEST_MSSQL")
    if not url:
        yield None
        return
    session = MssqlSession(make_url(url))
    with session.test():
        yield MssqlServer(session)
    session.close()


def growth(server: Server, largest: int) -> None:
    """Ask the same questions of stocks that grow tenfold."""
    sizes = [size for size in (10_000, 100_000, 1_000_000) if size <= largest]
    found: dict[str, list[str]] = {name: [] for name in (*QUESTIONS, *WHOLE)}
    plans: dict[str, list[str]] = {}
    for size in sizes:
        bureau = Bureau(make_databases(server))
        with bureau.relay_engine().begin() as connection:
            views.create(connection, bureau.settings)
        began = time.perf_counter()
        values = fill(bureau, size, date(date.today().year - 1, 1, 1))  # noqa: DTZ011
        click.echo(
            f"<!-- {server.dialect}: {size} filled in {time.perf_counter() - began:.0f} s -->"
        )
        for name, question in (QUESTIONS | WHOLE).items():
            statement = asked(question, server.dialect, **values)
            rows, ms = measured(bureau, statement, 1 if name in WHOLE else TRIES)
            found[name].append(f"{ms:,.1f} ({rows})")
            plans[name] = plan(bureau, statement)
            click.echo(f"{size:,}: {name}: {found[name][-1]}", err=True)
    click.echo(f"\n### {server.dialect}: milliseconds, median of {TRIES} (rows of the answer)\n")
    click.echo("| question | " + " | ".join(f"{size:,} positions" for size in sizes) + " |")
    click.echo("|---|" + "--:|" * len(sizes))
    for name, times in found.items():
        click.echo(f"| {name} | " + " | ".join(times) + " |")
    click.echo(f"\nPlans at {sizes[-1]:,}:\n")
    for name, lines in plans.items():
        click.echo(f"* {name}: " + "; ".join(lines))


def measured(bureau: Bureau, statement: str, tries: int) -> tuple[int, float]:
    """Return rows and the median of some tries, in milliseconds, after a first one."""
    times = []
    rows = 0
    with bureau.cobra.connect() as connection:
        for _ in range(tries + 1):
            began = time.perf_counter()
            rows = len(connection.exec_driver_sql(statement).all())
            times.append((time.perf_counter() - began) * 1000)
    return rows, statistics.median(times[1:])


def plan(bureau: Bureau, statement: str) -> list[str]:
    """Return how the server goes about it: which tables by which index."""
    with bureau.cobra.connect() as connection:
        if bureau.dialect.name == "sqlite":
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
            return [row[3] for row in rows if "SEARCH" in row[3] or "SCAN" in row[3]]
        connection.exec_driver_sql("SET BABELFISH_SHOWPLAN_ALL ON")
        try:
            rows = connection.exec_driver_sql(statement).all()
        finally:
            connection.exec_driver_sql("SET BABELFISH_SHOWPLAN_ALL OFF")
        return [
            line.strip(" ->").split("  (")[0]
            for row in rows
            for line in str(row[0]).splitlines()
            if "Scan" in line
        ]


def cost(server: Server, pairs: int) -> None:
    """Drain equal batches of invoices by turns with and without recording."""
    bureau = Bureau(make_databases(server), relay={"batch_size": BATCH})
    watch = Watch(*recorders(bureau.settings, sayer(bureau.settings)))
    customers = [bureau.add() for _ in range(20)]
    lines = [position("100.00", ARTICLE=f"A{i}", QUANTITY="2", PRICE="50") for i in range(4)]
    times: dict[bool, list[float]] = {True: [], False: []}
    number = 0
    for turn in range(2 * pairs + 2):
        watched = turn % 4 in {1, 2}  # each pair begins the other way round: tables grow
        for _ in range(BATCH):
            number += 1
            key = customers[number % len(customers)]
            bureau.invoice(key, *lines, number=str(number), day=date(2026, 1, 31))
        if turn == 2:
            watch.seconds = 0.0
        began = time.perf_counter()
        drain_until_empty(bureau.settings, recorders=(watch,) if watched else ())
        if turn > 1:
            times[watched].append(time.perf_counter() - began)
    ratios = sorted(a / b for a, b in zip(times[True], times[False], strict=True))
    with_it, without = sum(times[True]), sum(times[False])
    click.echo(f"\n### {server.dialect}: {pairs} pairs of {BATCH} invoices of 4 positions\n")
    click.echo(f"* without {without:.1f} s, with documents {with_it:.1f} s in all")
    click.echo(f"* ratio of the pairs: median {statistics.median(ratios):.3f},"
               f" from {ratios[0]:.3f} to {ratios[-1]:.3f}")  # fmt: skip
    share = with_it / (with_it - watch.seconds)
    click.echo(f"* ratio within the same drains: recording took {watch.seconds:.1f} s: {share:.3f}")


class Watch:
    """Times a recorder: its share of a drain does not depend on what else the machine does."""

    def __init__(self, recorder: Recorder) -> None:
        """Take the recorder."""
        self.seconds = 0.0
        self._recorder = recorder

    def __call__(self, connection: Connection, results: Sequence[Result]) -> None:
        """Record, and add the time."""
        began = time.perf_counter()
        self._recorder(connection, results)
        self.seconds += time.perf_counter() - began


if __name__ == "__main__":
    main()
