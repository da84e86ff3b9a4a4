"""Knows how a database is connected to, and how it is told why that does not work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.database import dialect_of


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
        connection.close()


def open_connection(engine: Engine, what: str) -> Connection:
    """Return a new connection that the caller keeps and closes; raises as `connect` does."""
    try:
        return engine.connect()
    except DBAPIError as error:
        raise dialect_of(engine).unavailable(error, engine.url, what) from error
