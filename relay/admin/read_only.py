"""Knows how cobra and the Sage years are looked at beside everybody: nothing is written anywhere.

No lock is taken, no fence raised, no row kept from others. What the handshake would refuse is
refused here too, so that what was foreseen is what the relay would do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn
from uuid import uuid4

from sqlalchemy import Column, Select, Table
from sqlalchemy.engine import Connection

from relay.base.errors import LockLost, Refused, RelayError, Unavailable
from relay.base.values import Problem
from relay.cobra.identity import Identity, judge_place, read_identity
from relay.cobra.lock import Lock
from relay.database import schema
from relay.database.connecting import cobra_engine, opened, year_engines
from relay.engine.handshake import DOUBTFUL, judge, meet
from relay.sage.adapter import SqlYear
from relay.sage.counters import CounterRow
from relay.sage.layout import needed_tables
from relay.sage.opening import open_year
from relay.sage.port import Peer
from relay.settings import Settings


class NoLock(Lock):
    """Stands for the lock where cobra is only read."""

    def writing(self) -> NoReturn:
        """Refuse: who only looks writes nothing.

        Raises:
            LockLost: always.
        """
        raise LockLost("lock_lost")


class YearLookedAt(SqlYear):
    """A Sage year that is only read: its transactions raise no fence, and are taken back."""

    @contextmanager
    def transaction(self, epoch: int, *, first: Peer | None = None) -> Iterator[Connection]:  # noqa: ARG002 - as the relay calls it
        """Open a transaction that ends without a trace."""
        with self.connection.begin() as begun:
            yield self.connection
            begun.rollback()

    def for_update(self, query: Select[Any], table: Table, by: Column[Any]) -> Select[Any]:  # noqa: ARG002 - the same
        """Leave a query as it is: nothing is kept from anybody."""
        return query

    def first_free(self, counter: CounterRow) -> int:
        """Return what the counter says, and keep it from nobody."""
        return counter.next(self.connection)


@dataclass(slots=True)
class YearsLookedAt:
    """The configured Sage years, and why those that cannot be used cannot."""

    names: list[str]
    here: dict[str, YearLookedAt] = field(default_factory=dict)
    missed: dict[str, RelayError] = field(default_factory=dict)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of all configured years."""
        return iter(self.names)

    def ready(self, name: str) -> YearLookedAt | None:
        """Return a year that the relay could use now, or None."""
        return self.here.get(name)

    def doubtful(self) -> str | None:
        """Return a year that may hold what it should not, or lack what it held."""
        return next((name for name, why in self.missed.items() if why.code in DOUBTFUL), None)

    def lose(self, name: str, error: RelayError) -> None:
        """Note that a year's database has trouble."""
        self.here.pop(name, None)
        self.missed[name] = error

    def require_all(self) -> None:
        """Refuse to go on without one of them: it may hold what decides.

        Raises:
            Refused: `adopt_years_missing`.
        """
        for first in self.missed.values():
            why = Problem(first.code, first.values)
            raise Refused("adopt_years_missing", years=", ".join(self.missed), why=why)


@dataclass(frozen=True, slots=True)
class Looked:
    """Both sides, open for reading."""

    lock: NoLock
    years: YearsLookedAt


@contextmanager
def looking(
    settings: Settings,
    opened_as: type[YearLookedAt] = YearLookedAt,
    tables: Sequence[str] | None = None,
) -> Iterator[Looked]:
    """Open what can be reached; a year that is away or refused is noted with its reason.

    `tables`: those of Sage's that are looked at, if they are not all that the relay needs.

    Raises:
        Refused: cobra lacks the relay's tables, was copied or restored.
        Unavailable: cobra does not answer.
    """
    engines = year_engines(settings)
    with ExitStack() as stack:
        connection = stack.enter_context(opened(cobra_engine(settings), "cobra"))
        lock = NoLock(connection)
        with lock.reading():
            schema.require(connection, "source")
            identity = _identity(connection)
        years = YearsLookedAt(settings.sage.names)
        needed = needed_tables(settings) if tables is None else tables
        for year in settings.sage.year:
            try:
                here = open_year(opened_as, settings, year, engines[year.name], needed)
            except (Refused, Unavailable) as error:
                years.missed[year.name] = error
                continue
            stack.callback(here.close)
            _greet(lock, identity, here, years)
        yield Looked(lock, years)


def _identity(connection: Connection) -> Identity:
    """Return cobra's identity; one that no year knows before the first relay."""
    known = read_identity(connection)
    if known is None:
        return Identity(uuid4(), 1, ("", ""), None)
    if problem := judge_place(known):
        raise Refused(problem.code, **problem.values)
    return known


def _greet(lock: Lock, identity: Identity, year: YearLookedAt, years: YearsLookedAt) -> None:
    try:
        with lock.reading() as connection:
            problem = judge(identity, meet(connection, year))
    except (Refused, Unavailable) as error:
        years.missed[year.name] = error
        return
    if problem is not None and problem.code == "cobra_restored":
        raise Refused(problem.code, **problem.values)
    if problem is None:
        years.here[year.name] = year
    else:
        years.missed[year.name] = Refused(problem.code, **problem.values)
