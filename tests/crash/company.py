"""Gives each schedule the same company: cobra and two Sage years, set back rather than made anew.

What makes a start of the relay slow and has nothing to do with crashes (versions of the schema,
comparing the triggers, reading the catalogue, sparing the garbage collector) is done once for each
company or left out; everything that decides about an entry is the relay's own code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import fields
from datetime import date
from threading import Event
from typing import Any
from unittest import mock

import structlog
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.admin import read_only
from relay.admin.privacy.erasing import Erasure, require_erasable
from relay.admin.privacy.subject import find_subject
from relay.admin.recovery.opened import instead_of_relay
from relay.base.errors import Refused, Unavailable
from relay.base.values import Person
from relay.cobra.capture import install
from relay.cobra.lock import Lock, hold
from relay.cobra.tables import SourceTables, source_tables
from relay.database import Failure, dialect_of, reflection
from relay.database.connecting import cobra_engine, year_engines
from relay.database.reflection import read_table
from relay.engine import service
from relay.engine.chores import recheck
from relay.engine.loop import Chores, Pace, run_loop
from relay.engine.step import Drain
from relay.engine.years import Years
from relay.sage.tables import TargetTables, target_tables
from relay.settings import Settings
from tests.crash.wire import COBRA, DeadError, Wires
from tests.soak.running import BY_POLICY, open_books
from tests.world.backups import Backup
from tests.world.databases import INVOICES, YEARS, Databases, merged

ADDRESSES, BILLS = "addresses", "invoices"
"""What a company's relay carries over; with invoices go the addresses that they need."""
REFUSED = "refused: "
"""How a run begins to be told that wrote nothing on purpose."""
IDLE = 6
"""Idle rounds after which a year that is away is not waited for any longer."""
ROUNDS = 200
"""Idle or not, no run of the relay takes more steps than these."""

Row = tuple[str, str, str, int | None]
"""What Sage's own log says: year, kind, record, version."""


class AtOnce:
    """Runs in the thread that asks, so that a schedule is the same each time."""

    def __init__(self, **_told: object) -> None:
        """Take what a pool of threads takes."""

    def submit(self, work: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run the work now."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args))
        except DeadError:
            raise
        except Exception as error:  # noqa: BLE001 - a future hands every error over
            future.set_exception(error)
        return future

    def shutdown(self, **_told: object) -> None:
        """End, having nothing left to do."""


class Patience(Event):
    """Stops a relay that has nothing to do any more; the stop event is also the sleep."""

    def __init__(self, years: Years) -> None:
        """Take the years, of which one that is away may still come back."""
        super().__init__()
        self.rounds = 0
        self._years = years
        self._idle = 0
        self._is_away = False

    def is_set(self) -> bool:
        """Count a round, and whether a year is away before it."""
        self.rounds += 1
        enough = IDLE if self._is_away else 1
        self._is_away = any(self._years.ready(name) is None for name in self._years)
        return self._idle >= enough or self.rounds > ROUNDS

    def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - as an event takes it
        """Count an idle round instead of sleeping."""
        self._idle += 1
        return True


class Company:
    """Databases, engines and settings that many schedules use one after another."""

    def __init__(self, databases: Databases, mode: str) -> None:
        """Install triggers, open the books, let Sage log what is written, and keep that state."""
        self.mode = mode
        self.databases = databases
        told = merged(INVOICES, BY_POLICY) if mode == BILLS else {}
        self.settings: Settings = databases.settings(**merged(told, {"relay": {"batch_size": 12}}))
        plain = databases.server.engine
        self.cobra: Engine = plain(databases.cobra)
        self.years: dict[str, Engine] = {
            name: plain(url) for name, url in zip(YEARS, databases.years, strict=True)
        }
        self.mssql = databases.server.dialect == "mssql"
        self.ours = "relay." if self.mssql else "relay_"
        install(cobra_engine(self.settings), self.settings)
        for name, year in self.years.items():
            open_books(year, int(name[-4:]))
            with year.begin() as connection:
                for statement in _log(mssql=self.mssql):
                    connection.exec_driver_sql(statement)
        files = () if self.mssql else (self.cobra, *self.years.values())
        self._backups = [Backup(engine) for engine in files]
        self.engines = year_engines(self.settings)
        self.engines = {COBRA: cobra_engine(self.settings)} | self.engines
        for engine in self.engines.values():
            engine.connect().close()  # what SQLAlchemy asks once for each engine
        self.wires = Wires(self.engines)
        self.wires.committed = self._committed
        self._catalogue: dict[Any, Any] = {}
        self._watching: dict[str, Connection] = {}
        self._seen: dict[str, int] = defaultdict(int)
        self.log: list[Row] = []
        self.wrong: list[str] = []

    def set_back(self) -> None:
        """Make all databases what they were at first."""
        self.close()
        for backup in self._backups if not self.mssql else ():
            backup.restore()
        for engine in (self.cobra, *self.years.values()) if self.mssql else ():
            with engine.begin() as connection:
                connection.exec_driver_sql(_CLEAR_COBRA if engine is self.cobra else _CLEAR_SAGE)
        self.wires.fresh()
        self.wires.away.clear()
        self.log, self.wrong = [], []
        self._seen.clear()
        self.clerk = self.cobra.connect()
        self._watching = {name: engine.connect() for name, engine in self.years.items()}

    def restored(self, backup: Backup, database: str) -> None:
        """Put a backup back, under the connections that a clerk and the auditor have."""
        self.close()
        backup.restore(disconnect=True)
        self.clerk = self.cobra.connect()
        self._watching = {name: engine.connect() for name, engine in self.years.items()}
        if database == COBRA:
            return
        with self.years[database].begin() as connection:
            newest = connection.execute(text("SELECT MAX(seq) FROM proof_log")).scalar()
        self._seen[database] = newest or 0
        self.log = [row for row in self.log if row[0] != database]

    def close(self) -> None:
        """Let the clerk's and the auditor's connections go."""
        for connection in self._watching.values():
            connection.close()
        self._watching = {}
        if hasattr(self, "clerk"):
            self.clerk.close()

    def leave(self) -> None:
        """Let all connections go, for good."""
        self.close()
        for engine in (self.cobra, *self.years.values(), *self.engines.values()):
            engine.dispose()

    def run(self, lock: Lock | None = None) -> str:
        """Let a relay work until it is idle or ends; returns how it ended.

        With `lock` it takes over from one that is believed dead.
        """
        if lock is not None:
            return self._ending(lambda: self._work(lock))
        return self._ending(self._work_alone)

    def usurp(self) -> str:
        """Let another relay take over from one whose lock is gone, without its knowing."""
        with self.engines[COBRA].connect() as connection:
            return self.run(Lock(connection))

    def erase(self, key: str, by: Person, marker: str, today: date) -> str:
        """Let an operator erase an address, as `privacy erase` does; returns how that ended."""
        wired = {name: self.engines[name] for name in YEARS}

        def work() -> None:
            with read_only.looking(self.settings) as looked:
                subject = find_subject(looked, self.settings, key)
                require_erasable(looked, self.settings, subject)
            with instead_of_relay(Erasure, self.settings, (self.engines[COBRA], wired)) as erasure:
                erasure.erase(subject, by, marker, today)

        with (
            mock.patch.object(read_only, "cobra_engine", return_value=self.engines[COBRA]),
            mock.patch.object(read_only, "year_engines", return_value=wired),
            mock.patch("relay.admin.uninstall.read_table", self._read_table),
            mock.patch.object(self.wires, "committed", self._forgotten_in),
        ):
            try:
                return self._ending(work)
            except DBAPIError as error:
                return f"error: {error.orig}"

    def _ending(self, work: Callable[[], str | None]) -> str:
        with self._prepared():
            try:
                return work() or "idle"
            except DeadError:
                return "died"
            except Refused as error:
                return f"{REFUSED}{error.code}"
            except Unavailable as error:
                return error.code
            except DBAPIError as error:
                if dialect_of(self.cobra).failure(error) is not Failure.LOCKED:
                    raise
                return "locked"

    def _work_alone(self) -> str | None:
        with hold(self.engines[COBRA]) as own:
            if own is None:
                return "another relay works"
            self._work(own)
        return None

    def _work(self, lock: Lock) -> None:
        with service.taken_over(lock, self.settings, self.wires.milestone) as (drain, years):
            self._loop(drain, years)

    def _loop(self, drain: Drain, years: Years) -> None:
        stop = Patience(years)
        run_loop(drain, years, Chores(), stop, Pace(0))
        if stop.rounds > ROUNDS:
            self.wrong.append(f"the relay is busy after {ROUNDS} rounds")

    def is_stuck(self) -> bool:
        """Tell whether something is held or waits."""
        return self.asks(f"SELECT 1 FROM {self.ours}outbox WHERE status IN ('held', 'waiting')")

    def asks(self, query: str) -> bool:
        """Tell whether a query of cobra finds anything."""
        with self.clerk.begin():
            return self.clerk.execute(text(query)).first() is not None

    def read_log(self) -> None:
        """Look at what a relay in another process has written to Sage since the beginning."""
        for year in self.years:
            for row in self._news(year):
                self._never_older(row, only_here=True)
                self.log.append(row)

    def recheck(self) -> None:
        """Let the periodic look at what is held be due."""
        with self._prepared(), hold(self.engines[COBRA]) as lock:
            if lock is None:
                raise RuntimeError
            with service.taken_over(lock, self.settings) as (drain, years):
                for _ in range(2):  # what it reopens may wait for what it reopens
                    recheck(drain.outbox)
                    self._loop(drain, years)

    @contextmanager
    def _prepared(self) -> Iterator[None]:
        """Use the wired engines, no threads, no clock."""
        years = {name: self.engines[name] for name in YEARS}
        with (
            mock.patch.object(service, "year_engines", return_value=years),
            mock.patch.object(service, "verify", return_value=[]),
            mock.patch("relay.database.schema.require", return_value=None),
            mock.patch.object(service, "_spare_the_collector"),
            mock.patch.object(reflection, "read_table", self._read_table),
            mock.patch("relay.sage.layout.read_table", self._read_table),
            mock.patch("relay.engine.years.ThreadPoolExecutor", AtOnce),
            mock.patch("relay.engine.seat.FIRST_PAUSE_S", 0.0),
            mock.patch("relay.engine.seat.LONGEST_PAUSE_S", 0.0),
            mock.patch("relay.engine.loop.LOOK_S", 0.0),
            mock.patch("relay.cobra.endings.FIRST_RETRY_MS", 0),
            structlog.testing.capture_logs(),
        ):
            yield

    def _read_table(self, connection: Connection, where: Any) -> Any:
        key = (id(connection.engine), where)
        if key not in self._catalogue:
            self._catalogue[key] = read_table(connection, where)
        return self._catalogue[key]

    def _committed(self, database: str) -> None:
        """Look at what a transaction in Sage has changed: proof and data come together."""
        if database == COBRA or database not in self._watching:
            return
        rows = self._news(database)
        kinds = {kind for _, kind, _, _ in rows}
        if kinds & {"address", "document"} and "ledger" not in kinds:
            self.wrong.append(f"{database}: data without its ledger row: {rows}")
        for row in rows:
            self._never_older(row)
        self.log += rows

    def _forgotten_in(self, database: str) -> None:
        """Look at what an erasure has changed in Sage: an address that is empty now, or nothing."""
        if database == COBRA or database not in self._watching:
            return
        rows = self._news(database)
        if any(kind != "address" or version is not None for _, kind, _, version in rows):
            self.wrong.append(f"{database}: an erasure has written {rows}")

    def _news(self, database: str) -> list[Row]:
        connection = self._watching[database]
        query = "SELECT seq, kind, record, version FROM proof_log WHERE seq > :seen ORDER BY seq"
        found = connection.execute(text(query), {"seen": self._seen[database]}).all()
        connection.rollback()
        if found:
            self._seen[database] = found[-1].seq
        return [(database, row.kind, row.record, _version(row.version)) for row in found]

    def _never_older(self, row: Row, *, only_here: bool = False) -> None:
        year, kind, record, version = row
        if version is None:
            return
        same = [
            known
            for place, other, of, known in self.log
            if known is not None and (other, of) == (kind, record)
            if place == year or (kind == "document" and not only_here)
        ]
        if same and version < same[-1]:
            self.wrong.append(f"{year}: {kind} {record} went back from {same[-1]} to {version}")


def _clear(schema: str, tables: Iterable[str]) -> str:
    return "; ".join(f"DELETE FROM {schema}.{table}" for table in tables)


def _clear_all(ours: SourceTables | TargetTables) -> str:
    """Empty each table of ours that the relay itself lists."""
    return _clear("relay", (getattr(ours, field.name).name for field in fields(ours)))


_CLEAR_COBRA = "; ".join(
    (
        "EXEC sp_set_session_context N'relay_own', 1",
        _clear("dbo", ("POSITIONS", "INVOICES", "ADDRESSES")),
        _clear_all(source_tables("mssql")),
        "EXEC sp_set_session_context N'relay_own', NULL",
    )
)
_CLEAR_SAGE = "; ".join(
    (
        _clear("dbo", ("Adr", "PKd", "OPd", "Blg", "Bk", "proof_log")),
        _clear_all(target_tables("mssql")),
        "UPDATE dbo.Acc SET MDbt = 0, MCdt = 0",
    )
)


def _version(told: str | None) -> int | None:
    found = re.search(r"v(\d+)", told or "")
    return int(found[1]) if found else None


def _log(*, mssql: bool) -> Iterator[str]:
    """Return statements that let Sage note, in the writer's transaction, what is written."""
    number = "INT IDENTITY PRIMARY KEY" if mssql else "INTEGER PRIMARY KEY AUTOINCREMENT"
    yield (
        f"CREATE TABLE proof_log (seq {number}, kind NVARCHAR(10), record NVARCHAR(60),"
        " version NVARCHAR(80))"
    )
    ledger = "relay.applied" if mssql else "relay_applied"
    for table, events, kind, record, version, when in (
        ("Adr", ("INSERT", "UPDATE"), "address", "AdrId", "TelB", "1 = 1"),
        ("Bk", ("INSERT",), "document", "OpId", "Text", "{row}OpId IS NOT NULL"),
        (ledger, ("INSERT",), "ledger", "entity_key", "outbox_id", "1 = 1"),
    ):
        for event in events:
            name = f"proof_{kind}_{event.lower()}"
            row = "" if mssql else "NEW."
            told = f"'{kind}', {row}{record}, {row}{version}"
            where = when.format(row=row)
            into = "INSERT INTO proof_log (kind, record, version)"
            if mssql:
                schema = "relay." if table.startswith("relay.") else ""
                yield (
                    f"CREATE TRIGGER {schema}{name} ON {table} AFTER {event} AS SET NOCOUNT ON;"
                    f" {into} SELECT {told} FROM inserted WHERE {where}"
                )
            else:
                yield (
                    f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN {where}"
                    f" BEGIN {into} VALUES ({told}); END"
                )
