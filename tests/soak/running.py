"""One soak: clerks save, the relay is killed and killed again, and the books are compared."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import text
from sqlalchemy.engine import Engine

from relay.cobra.capture import install
from relay.database import dialect_of
from relay.settings import Settings
from tests.soak import clerks, invoices, killing
from tests.soak.checking import SHOWN, Books
from tests.soak.clerks import Office
from tests.soak.invoice_books import InvoiceBooks
from tests.soak.invoices import InvoiceOffice
from tests.world.databases import INVOICES, YEARS, Databases, merged
from tests.world.office import MASTERS

Tell = Callable[[str], None]
BY_POLICY = {"cobra": {"invoice": {"on_change": "reverse-and-rebook", "on_cancel": "reverse"}}}
"""So that what clerks do after booking ends in Sage, not in a hold."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard."""

    changes: int = 20_000
    kills: int = 20
    clerks: int = 5
    seed: int = 0
    invoices: bool = False
    """Whether the clerks write invoices; `changes` is then the number of invoices."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What happened."""

    counts: Counter[str]
    deaths: Counter[str]
    statuses: dict[str, int]
    violations: list[str]
    seconds: float

    @property
    def between(self) -> int:
        """The deaths between Sage's commit and the acknowledgement."""
        places = (*killing.BETWEEN, "before_ack")
        return sum(self.deaths[place] for place in places)

    def lines(self) -> list[str]:
        """Say it to people."""
        return [
            f"rows changed: {_told(self.counts)}",
            f"killed {self.deaths.total()} times: {_told(self.deaths)}",
            f"killed between Sage's commit and the acknowledgement {self.between} times",
            f"entries: {_told(self.statuses)}; {self.seconds:.0f} s",
            *(f"VIOLATION {what}" for what in self.violations[:SHOWN]),
            f"violations: {len(self.violations)}",
        ]


def _told(counts: Counter[str] | dict[str, int]) -> str:
    return ", ".join(f"{what} {count}" for what, count in sorted(counts.items()))


def soak(databases: Databases, plan: Plan, tell: Tell) -> Summary:
    """Run a soak on fresh databases."""
    began = time.monotonic()
    told = merged(INVOICES, BY_POLICY) if plan.invoices else {}
    settings = databases.settings(**merged(told, {"relay": {"batch_size": 200}}))
    cobra = databases.server.engine(databases.cobra)
    years = {
        name: databases.server.engine(url) for name, url in zip(YEARS, databases.years, strict=True)
    }
    install(dialect_of(databases.cobra).engine(databases.cobra, lock_timeout_ms=2000), settings)
    office: Office | InvoiceOffice = Office(cobra, plan.changes)
    books: Books | InvoiceBooks = Books(cobra, years)
    if plan.invoices:
        office, books = InvoiceOffice(cobra, plan.changes), InvoiceBooks(cobra, years)
        for name, year in years.items():
            open_books(year, int(name[-4:]))
    with tempfile.TemporaryDirectory(prefix="relay-soak-") as folder:
        deaths = _under_fire(office, books, settings, plan, Path(folder), tell)
    return Summary(
        office.counts, deaths, books.statuses(), books.violations(), time.monotonic() - began
    )


def _under_fire(  # noqa: PLR0913, PLR0917 - the parts of a soak
    office: Office | InvoiceOffice,
    books: Books | InvoiceBooks,
    settings: Settings,
    plan: Plan,
    folder: Path,
    tell: Tell,
) -> Counter[str]:
    rng = random.Random(plan.seed)  # noqa: S311 - repeatable chance
    office.open_hot_records(rng)
    relay = killing.RelayProcess(settings, folder)
    done = 0

    def killed(place: str) -> None:
        nonlocal done
        done += 1
        tell(f"{office.changes} changes, {books.open_entries()} open; killed: {place}")

    office.progress = lambda: done / plan.kills if plan.kills else 1.0
    stop = Event()
    threads = list(_start(office, plan, stop))
    try:
        places = killing.plan(plan.kills, rng)
        deaths = killing.kill_again_and_again(relay, places, rng, books.finished, killed)
        _all_home(threads, relay, office, tell)
        office.close_gaps()
        _settle(relay, books, tell)
        relay.stop()
    except BaseException:
        with suppress(OSError):
            tell(relay.log.read_text(encoding="utf-8")[-3000:])
        raise
    finally:
        stop.set()
        relay.kill()
        for clerk in threads:
            clerk.join(killing.PATIENCE_S)
    return deaths


def _all_home(
    threads: list[Thread],
    relay: killing.RelayProcess,
    office: Office | InvoiceOffice,
    tell: Tell,
) -> None:
    """Wait until all clerks have done their part; a clerk who failed does not reach the target."""
    while any(clerk.is_alive() for clerk in threads):
        killing.wait_for(
            "the clerks go on",
            lambda before=office.changes: (  # type: ignore[misc]
                relay.died() or office.changes > before or not any(c.is_alive() for c in threads)
            ),
        )
    if office.changes < office.target:
        message = f"the clerks stopped after {office.changes} changes"
        raise killing.DidNotHappenError(message)
    tell(f"{office.changes} changes, all clerks have gone home")


def _start(office: Office | InvoiceOffice, plan: Plan, stop: Event) -> Iterator[Thread]:
    if isinstance(office, InvoiceOffice):
        return invoices.start(office, plan.clerks, plan.seed, stop)
    return clerks.start(office, plan.clerks, plan.seed, stop)


def open_books(year: Engine, fiscal: int) -> None:
    """Give a Sage year the master data that the clerks' invoices need."""
    rows = MASTERS | {
        "Acc": [*MASTERS["Acc"], {"AccId": "3400", "Text": "Ertrag Diverses"}],
        "Client": [
            {
                "Name": f"MUSTER{fiscal}",
                "YearFrom": f"{fiscal}-01-01",
                "YearTo": f"{fiscal}-12-31",
                "CurId": "CHF",
            }
        ],
    }
    with year.begin() as connection:
        for table, masters in rows.items():
            for row in masters:
                names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
                into = f"INSERT INTO {table} ({names}) VALUES ({marks})"
                connection.execute(text(into), row)


def _settle(relay: killing.RelayProcess, books: Books | InvoiceBooks, tell: Tell) -> None:
    """Wait until the relay has nothing more to do; held entries are found afterwards."""

    def busy() -> int:
        statuses = books.statuses()
        return sum(statuses.get(status, 0) for status in ("pending", "retrying"))

    while (before := busy()) > 0:
        tell(f"{before} entries to go")
        killing.wait_for("the relay goes on", lambda b=before: relay.died() or busy() < b)  # type: ignore[misc]
        time.sleep(0.5)  # only to say it less often
