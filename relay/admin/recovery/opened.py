"""Knows what a repair needs: cobra, the reachable years, and what both sides remember."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TypeVar

from sqlalchemy import delete, null, update
from sqlalchemy.engine import Connection, Engine

from relay.base.errors import Refused, Unavailable
from relay.base.values import Entity, RecordId
from relay.cobra.identity import Identity, read_identity
from relay.cobra.lock import hold
from relay.cobra.tables import source_tables
from relay.database import schema, utcnow
from relay.database.connecting import cobra_engine, connect, year_engines
from relay.sage.adapter import SqlYear
from relay.sage.opening import open_year
from relay.settings import Settings


class Opened:
    """Open connections to cobra and the years that can be reached.

    Writes to a year that is refused need no lock: a running relay keeps away from that year until
    the last of them. Where cobra itself is refused, no relay runs, and the lock is taken, so that
    none starts in between.
    """

    def __init__(self, settings: Settings, cobra: Connection, years: dict[str, SqlYear]) -> None:
        """Take the open connections; years that are away are missing."""
        self.settings = settings
        self.cobra = cobra
        self.years = years
        self.tables = source_tables(cobra.dialect.name)

    def linked_keys(
        self, after: str | None = None, years: Collection[str] | None = None
    ) -> Iterator[str]:
        """Yield the keys of linked addresses, those after a key; of `years`, or all in reach."""
        named = [name for name in self.years if years is None or name in years]
        linked = (record for name in named for record in self.linked(name))
        keys = {record.key for record in linked if record.entity == Entity.ADDRESS}
        yield from sorted(key for key in keys if after is None or key > after)

    def linked(self, name: str) -> list[RecordId]:
        """Return every record that a year's links and bookings know."""
        year = self.years[name]
        peer = year.peer()
        if peer is None:
            return []
        return year.known_records(peer.epoch)

    def identity(self) -> Identity:
        """Return what cobra says of itself.

        Raises:
            Refused: `never_paired`.
        """
        identity = read_identity(self.cobra)
        if identity is None:
            raise Refused("never_paired")
        return identity

    def write_identity(self, **values: object) -> None:
        """Write what cobra says of itself."""
        i = self.tables.identity
        self.cobra.execute(update(i).where(i.c.id == 1).values(**values))

    def forget(self, year: SqlYear, identity: Identity, *, is_copy: bool = False) -> None:
        """Let a year start anew with this identity; its links stay.

        A relay of another installation that still has it open is fenced off. The bookings in a
        copy of another year's database (`is_copy`) are that year's, and stand there.
        """
        peer = year.peer()
        if peer is None:
            return
        p = year.tables.peer
        with year.transaction(peer.epoch + 1) as connection:
            if is_copy:
                connection.execute(delete(year.tables.booking))
            connection.execute(
                update(p)
                .where(p.c.id == 1)
                .values(
                    year=year.name,
                    installation=identity.installation,
                    incarnation=identity.incarnation,
                    newest_id=null(),
                    newest_uid=null(),
                    generation=null() if identity.generation is None else identity.generation,
                )
            )


FORGOTTEN = {
    "server": None,
    "database_name": None,
    "generation": None,
    "acked_id": None,
    "acked_uid": None,
}
"""What cobra's side remembers of a year that starts anew."""
ACCEPTED = {"state": "ready", "state_since": utcnow(), "error_code": None, "error": None}
"""How a year is whose refusal a person has ended: it was looked at for that."""
R = TypeVar("R", bound=Opened)
Engines = tuple[Engine, dict[str, Engine]]
"""Cobra's and, by name, the years'; those that the configuration names unless given."""


@contextmanager
def beside_relay(kind: type[R], settings: Settings, engines: Engines | None = None) -> Iterator[R]:
    """Open what can be reached, beside a relay that may be running."""
    cobra, of_years = engines or (cobra_engine(settings), year_engines(settings))
    years: dict[str, SqlYear] = {}
    with ExitStack() as stack:
        connection = stack.enter_context(connect(cobra, "cobra"))
        with connection.begin():
            schema.require(connection, "source")
        for year in settings.sage.year:
            with suppress(Unavailable):
                years[year.name] = open_year(SqlYear, settings, year, of_years[year.name])
                stack.callback(years[year.name].close)
        yield kind(settings, connection, years)


@contextmanager
def instead_of_relay(
    kind: type[R], settings: Settings, engines: Engines | None = None
) -> Iterator[R]:
    """Open what can be reached while no relay runs and none can start.

    Raises:
        Refused: `another_relay_works`.
    """
    engines = engines or (cobra_engine(settings), year_engines(settings))
    with hold(engines[0]) as lock:
        if lock is None:
            raise Refused("another_relay_works")
        with beside_relay(kind, settings, engines) as opened:
            yield opened
