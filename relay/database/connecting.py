"""Knows how the databases of `relay.toml` are connected to, and says why that does not work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.database import Failure, dialect_of
from relay.settings import Settings, Year


@contextmanager
def connect(engine: Engine, what: str) -> Iterator[Connection]:
    """Connect, and say in plain words why it does not work.

    Raises:
        Unavailable: with the code of the reason; `what` names the database for the reader.
    """
    connection = open_connection(engine, what)
    try:
        yield connection
    finally:
        close_connection(connection)


def open_connection(engine: Engine, what: str) -> Connection:
    """Return a new connection that the caller keeps and closes; raises as `connect` does."""
    try:
        return engine.connect()
    except DBAPIError as error:
        raise dialect_of(engine).unavailable(error, engine.url, what) from error


def close_connection(connection: Connection) -> None:
    """Let a connection go, also one that broke: what it has not committed is gone in any case."""
    with suppress(DBAPIError):
        connection.close()


@contextmanager
def explained(engine: Engine, what: str) -> Iterator[None]:
    """Say in plain words what keeps a database from doing what it is asked.

    Raises:
        Unavailable: the database is away, full, forbidden or in use.
    """
    try:
        yield
    except DBAPIError as error:
        dialect = dialect_of(engine)
        if dialect.failure(error) not in (Failure.TECHNICAL, Failure.LOCKED):
            raise
        raise dialect.unavailable(error, engine.url, what) from error


@contextmanager
def opened(engine: Engine, what: str) -> Iterator[Connection]:
    """Connect, and say in plain words what keeps the database from what is asked of it meanwhile.

    Raises:
        Unavailable: the database is away, full, forbidden or in use.
    """
    with connect(engine, what) as connection, explained(engine, what):
        yield connection


def cobra_engine(settings: Settings) -> Engine:
    """Build cobra's engine."""
    url = settings.cobra_url()
    return dialect_of(url).engine(url, lock_timeout_ms=settings.relay.lock_timeout_ms)


def year_engine(settings: Settings, year: Year) -> Engine:
    """Build the engine of a Sage year."""
    url = settings.year_url(year)
    return dialect_of(url).engine(url, lock_timeout_ms=settings.relay.lock_timeout_ms)


def year_engines(settings: Settings) -> dict[str, Engine]:
    """Build an engine for each Sage year."""
    return {year.name: year_engine(settings, year) for year in settings.sage.year}
