"""Knows how a command tells that a database refuses itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from relay.database import Failure, dialect_of


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
