"""Several relays on one server: each configuration has its lock, its reserve and its records."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.world.company import World
from tests.world.databases import YEARS, make_databases
from tests.world.desk import Desk
from tests.world.servers import Server

NAMES = ("Bern", "Chur", "Genf")
WITH_RESERVE = NAMES[:2]
PATIENCE_S = 180


class Process:
    """A relay as a process of its own, whose log can be read while it runs."""

    def __init__(self, desk: Desk, log: Path) -> None:
        self._log = log
        with log.open("w", encoding="utf-8") as file:
            self.process = desk.start("run", stderr=file)

    def has_logged(self, event: str) -> bool:
        """Tell whether it has come so far.

        Raises:
            AssertionError: it has ended instead.
        """
        text = self._log.read_text(encoding="utf-8")
        assert self.process.poll() is None, text
        return event in text

    def end(self, number: signal.Signals) -> int:
        """Send it a signal; returns how it ended."""
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode

    def count(self, event: str) -> int:
        """Return how often it has logged an event."""
        return self._log.read_text(encoding="utf-8").count(event)


class Site:
    """A cobra with its Sage years, its configuration, and the relays that have it."""

    def __init__(self, server: Server, folder: Path) -> None:
        folder.mkdir()
        self.name = folder.name
        self.world = World(make_databases(server))
        self.desk = Desk(self.world.databases, folder)
        self.relays: list[Process] = []
        self._folder = folder
        self._started = 0
        self.saved = 0

    def start(self) -> Process:
        self._started += 1
        relay = Process(self.desk, self._folder / f"{self._started}.log")
        self.relays.append(relay)
        return relay

    def save(self) -> None:
        """A clerk saves a new customer, and edits the first one."""
        key = self.world.add(COMPANY1=f"{self.name} {self.saved}")
        self.saved += 1
        if key != "1":
            self.world.change("1", COMPANY2=f"{self.name} {self.saved}")

    def is_done(self) -> bool:
        """Tell whether all that was saved has gone over, unless a relay has ended."""
        for relay in self.relays:
            relay.has_logged("")
        return set(self.world.statuses()) == {"applied"}


@pytest.fixture
def sites(server: Server, tmp_path: Path) -> Iterator[list[Site]]:
    """Three companies on one server; whatever still runs in the end is killed."""
    sites = [Site(server, tmp_path / name) for name in NAMES]
    yield sites
    for relay in (relay for site in sites for relay in site.relays):
        relay.end(signal.SIGKILL)


def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def started(sites: list[Site]) -> dict[str, Process]:
    """Start a relay for each and, once it works, a reserve for two of them."""
    workers = {site.name: site.start() for site in sites}
    until(lambda: all(relay.has_logged("took_over") for relay in workers.values()))
    reserves = [site.start() for site in sites if site.name in WITH_RESERVE]
    until(lambda: all(relay.has_logged("standing_by") for relay in reserves))
    return workers


@pytest.mark.timeout(900)
def test_three_relays_and_two_reserves_are_killed_in_turn(sites: list[Site]) -> None:
    """A reserve takes over, a relay without one is started again; the others feel nothing."""
    workers = started(sites)
    for site in sites:
        for each in sites:
            each.save()
        victim = workers[site.name]
        site.relays.remove(victim)
        assert victim.end(signal.SIGKILL) == -signal.SIGKILL
        for each in sites:
            each.save()
        if not site.relays:
            site.start()  # as a service manager does
        until(lambda: all(each.is_done() for each in sites))
        (workers[site.name],) = site.relays
        assert workers[site.name].count("took_over") == 1
    for site in sites:
        (relay,) = site.relays
        assert relay.count("took_over") == 1
        assert relay.end(signal.SIGTERM) == 0
        site.world.assert_nothing_double()
        for year in YEARS:
            firms = {row["Corp"] for row in site.world.in_sage(year).values()}
            assert firms == {f"{site.name} {number}" for number in range(site.saved)}
