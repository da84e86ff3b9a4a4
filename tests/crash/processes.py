"""A schedule with a real relay process, killed with SIGKILL or cut off amid a COMMIT."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from relay.engine.service import nothing
from relay.settings import Settings
from tests.crash.audit import audited, without_exit
from tests.crash.clerks import Clerks
from tests.crash.company import BILLS, Company
from tests.crash.proxy import Proxy
from tests.crash.schedule import EVENTS, Told
from tests.soak.child import dying, run_until_told
from tests.soak.killing import DidNotHappenError, wait_for
from tests.world.databases import YEARS

OUTSIDE = "outside"
PLACES = (
    OUTSIDE, OUTSIDE, OUTSIDE, "polled", "listed", "read", "listed_again", "before_ack",
    "acknowledged", *(f"{step}:{year}" for year in YEARS for step in ("written", "committed")),
)  # fmt: skip
PATIENCE_S = 300.0
LINGER_S = 15.0
"""How long a relay may take to reach the place at which it shall die; then it dies anywhere."""

_spawn = multiprocessing.get_context("forkserver")
_spawn.set_forkserver_preload(["tests.crash.processes"])  # never connected, so safe to fork


class Relay:
    """The relay as a process of its own."""

    def __init__(self, settings: str, folder: Path) -> None:
        """Take the settings as text, and a folder for its log."""
        self._settings = settings
        self.log = folder / "relay.log"
        self.note = folder / "died_at"
        self._process: Any = None
        self._told_before = 0

    def start(self, die_at: str | None = None, occurrence: int = 1) -> None:
        """Start it; it kills itself where it is told."""
        self.note.unlink(missing_ok=True)
        self._told_before = len(self.words())
        told = (self._settings, str(self.log), die_at, occurrence, str(self.note))
        self._process = _spawn.Process(target=work, args=told)
        self._process.start()

    def is_dead(self) -> bool:
        """Tell whether it has ended; any other end than by a kill is a bug.

        Raises:
            DidNotHappenError: with the last lines of its log.
        """
        code = self._process.exitcode
        if code not in (None, -signal.SIGKILL):
            message = f"the relay ended with {code}:\n{self.words()[-2000:]}"
            raise DidNotHappenError(message)
        return code is not None

    def works(self) -> bool:
        """Tell whether it has taken over, by its log."""
        return not self.is_dead() and "took_over" in self.words()[self._told_before :]

    def kill(self) -> None:
        """Kill it, wherever it is."""
        if self._process is not None:
            self._process.kill()
            self._process.join()

    def stop(self) -> None:
        """Ask it to stop, as a service manager does."""
        self._process.terminate()
        self._process.join(PATIENCE_S)
        if self._process.exitcode != 0:
            message = f"the relay stopped with {self._process.exitcode}:\n{self.words()[-2000:]}"
            raise DidNotHappenError(message)

    def words(self) -> str:
        """Return what it has logged."""
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""


def work(settings: str, log: str, die_at: str | None, occurrence: int, note: str) -> None:
    """Be the relay, in a process of its own."""
    with Path(log).open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    milestone = dying(die_at, occurrence, Path(note)) if die_at else nothing
    run_until_told(Settings(**json.loads(settings)), milestone)


def play_with_processes(company: Company, seed: int, number: int) -> Told:
    """Play one schedule with real processes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-crash-")))
        settings = company.settings.model_dump_json(by_alias=True)
        proxy = None
        if company.mssql:
            url = company.databases.cobra
            proxy = Proxy(str(url.host), int(url.port or 1433))
            stack.callback(proxy.close)
            settings = settings.replace(f":{url.port}/", f":{proxy.port}/")
        relay = Relay(settings, folder)
        stack.callback(relay.kill)
        return _Played(company, relay, proxy, seed, number).play()


class _Played:
    def __init__(
        self, company: Company, relay: Relay, proxy: Proxy | None, seed: int, number: int
    ) -> None:
        self.company, self.relay, self.proxy = company, relay, proxy
        self.rng = random.Random(f"{seed}/{number}/processes")  # noqa: S311 - repeatable chance
        self.told = Told()

    def play(self) -> Told:
        company, rng, told = self.company, self.rng, self.told
        company.set_back()
        clerks = Clerks(company.cobra, company.clerk, invoices=company.mode == BILLS)
        self.clerks = clerks
        clerks.begin(rng)
        for _ in range(rng.choice((1, 1, 2))):
            for _ in range(rng.randint(3, 8)):
                clerks.act(rng)
            if self.proxy is not None and rng.random() < 0.5:
                self._cut(self.proxy)
            else:
                self._kill()
            company.wrong += without_exit(company)
        while clerks.events < EVENTS:
            clerks.act(rng)
        clerks.end_all(rng)
        clerks.close_gaps()
        told.starts += 1
        self.relay.start()
        wait_for("the relay is quiet", self._is_quiet, PATIENCE_S)
        self.relay.stop()
        told.endings["stopped"] += 1
        company.read_log()
        told.events = clerks.events
        told.wrong = audited(company)
        return told

    def _kill(self) -> None:
        """Start a relay that dies somewhere, while clerks go on."""
        rng, place = self.rng, self.rng.choice(PLACES)
        self.told.starts += 1
        if place == OUTSIDE:
            self.relay.start()
            for _ in range(rng.randint(0, 6)):
                self.clerks.act(rng)
            time.sleep(rng.uniform(0, 0.8))
            self.relay.is_dead()
            self.relay.kill()
        else:
            self.relay.start(place, rng.randint(1, 2))
            end = time.monotonic() + LINGER_S
            while not self.relay.is_dead() and time.monotonic() < end:
                if self.clerks.events < EVENTS:
                    self.clerks.act(rng)
                time.sleep(0.05)
            place = place if self.relay.is_dead() else OUTSIDE
            self.relay.kill()
        self.told.faults["SIGKILL"] += 1
        self.told.places[place] += 1

    def _cut(self, proxy: Proxy) -> None:
        """Cut a connection amid COMMIT; the relay lives and has to find its way."""
        rng, before = self.rng, proxy.cuts
        after = rng.random() < 0.6
        proxy.cut_commit(rng.randint(1, 60), after=after, refuse_s=rng.choice((0, 0, 1)))
        self.told.starts += 1
        self.relay.start()
        end = time.monotonic() + LINGER_S * 2
        while proxy.cuts == before and time.monotonic() < end:
            if self.clerks.events < EVENTS:
                self.clerks.act(rng)
            time.sleep(0.05)
            self.relay.is_dead()
        if proxy.cuts > before:
            name = f"commit lost {'after' if after else 'before'}"
            self.told.faults[name] += 1
            self.told.places[name] += 1
        else:
            self.told.faults["SIGKILL"] += 1
            self.told.places[OUTSIDE] += 1
        proxy.forget()
        self.relay.kill()

    def _is_quiet(self) -> bool:
        query = (
            f"SELECT 1 FROM {self.company.ours}outbox WHERE status IN ('pending', 'retrying')"
            " OR (status = 'waiting' AND error_code IN ('year_away', 'previous_year_away'))"
        )
        return self.relay.works() and not self.company.asks(query)
