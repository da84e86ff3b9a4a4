"""One soak: clerks save, the relay is killed and killed again, and the books are compared."""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from relay.capture import install
from relay.dialect import dialect_of
from relay.settings import Settings
from tests.databases import YEARS, Databases
from tests.soak import killing
from tests.soak.checking import SHOWN, Books
from tests.soak.clerks import Office, start

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how hard."""

    changes: int = 20_000
    kills: int = 20
    clerks: int = 5
    seed: int = 0


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
    settings = databases.settings(relay={"batch_size": 200})
    cobra = databases.server.engine(databases.cobra)
    years = {
        name: databases.server.engine(url) for name, url in zip(YEARS, databases.years, strict=True)
    }
    install(dialect_of(databases.cobra).engine(databases.cobra, lock_timeout_ms=2000), settings)
    office, books = Office(cobra, plan.changes), Books(cobra, years)
    with tempfile.TemporaryDirectory(prefix="relay-soak-") as folder:
        deaths = _under_fire(office, books, settings, plan, Path(folder), tell)
    return Summary(
        office.counts, deaths, books.statuses(), books.violations(), time.monotonic() - began
    )


def _under_fire(  # noqa: PLR0913, PLR0917 - the parts of a soak
    office: Office, books: Books, settings: Settings, plan: Plan, folder: Path, tell: Tell
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
    clerks = list(start(office, plan.clerks, plan.seed, stop))
    try:
        places = killing.plan(plan.kills, rng)
        deaths = killing.kill_again_and_again(relay, places, rng, books.finished, killed)
        _all_home(clerks, relay, office, tell)
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
        for clerk in clerks:
            clerk.join(killing.PATIENCE_S)
    return deaths


def _all_home(
    clerks: list[Thread], relay: killing.RelayProcess, office: Office, tell: Tell
) -> None:
    """Wait until all clerks have done their part; a clerk who failed does not reach the target."""
    while any(clerk.is_alive() for clerk in clerks):
        killing.wait_for(
            "the clerks go on",
            lambda before=office.changes: (  # type: ignore[misc]
                relay.died() or office.changes > before or not any(c.is_alive() for c in clerks)
            ),
        )
    if office.changes < office.target:
        message = f"the clerks stopped after {office.changes} changes"
        raise killing.DidNotHappenError(message)
    tell(f"{office.changes} changes, all clerks have gone home")


def _settle(relay: killing.RelayProcess, books: Books, tell: Tell) -> None:
    """Wait until the relay has nothing more to do; held entries are found afterwards."""

    def busy() -> int:
        statuses = books.statuses()
        return sum(statuses.get(status, 0) for status in ("pending", "retrying"))

    while (before := busy()) > 0:
        tell(f"{before} entries to go")
        killing.wait_for("the relay goes on", lambda b=before: relay.died() or busy() < b)  # type: ignore[misc]
        time.sleep(0.5)  # only to say it less often
