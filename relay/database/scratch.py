"""Knows how a database for a trial is made on somebody's server, and that it goes again."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.base.errors import Refused, Unavailable
from relay.database import dialect_of, survey_of
from relay.database.capture import quote
from relay.database.connecting import connect
from relay.database.secrets import hidden, shown

LOCK_TIMEOUT_MS = 500


@contextmanager
def scratch_database(url: URL, prefix: str) -> Iterator[URL]:
    """Make an empty database beside the one of `url`, with its collation; drop it at the end.

    Raises:
        Refused: `prove_nothing` (SQLite has no server), `prove_no_right`, `prove_elsewhere`.
        Unavailable: the server does not answer; `prove_left`: the database is still there.
    """
    if dialect_of(url).name != "mssql":
        raise Refused("prove_nothing", url=shown(url))
    name = f"{prefix}{secrets.token_hex(4)}"
    engine = dialect_of(url).engine(url, lock_timeout_ms=LOCK_TIMEOUT_MS)
    with without_transaction(engine) as connection:
        _create(connection, name)
    try:
        scratch = url.set(database=name)
        _check(scratch, name)
        yield scratch
    finally:
        with without_transaction(engine) as connection:
            _drop(connection, name)


@contextmanager
def without_transaction(engine: Engine) -> Iterator[Connection]:
    """Connect as sqlcmd and SSMS do: each statement is carried out by itself.

    By the driver's own switch: SQLAlchemy's needs a server that tells its level of isolation.
    """
    with connect(engine, "cobra") as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.autocommit = True
        yield connection


def set_row_versions(engine: Engine, *, on: bool) -> None:
    """Let readers of the database get versions of rows, or wait, as SQL Server does by default."""
    with without_transaction(engine) as connection:
        option = f"READ_COMMITTED_SNAPSHOT {'ON' if on else 'OFF'} WITH ROLLBACK IMMEDIATE"
        connection.exec_driver_sql(f"ALTER DATABASE CURRENT SET {option}")


def _create(connection: Connection, name: str) -> None:
    survey = survey_of(connection)
    collation = survey.database(connection).collation
    clause = "" if survey.server(connection).is_stand_in else f" COLLATE {collation}"
    try:
        connection.exec_driver_sql(f"CREATE DATABASE {quote(connection, name)}{clause}")
    except DBAPIError as error:
        dialect, url = dialect_of(connection), connection.engine.url
        code, words = dialect.explain(error)
        if code == "right_missing":
            raise Refused("prove_no_right", url=shown(url), what=hidden(words, url)) from error
        raise dialect.unavailable(error, url, "cobra") from error


def _check(url: URL, name: str) -> None:
    """See that the URL leads to the new database: a DSN or connection string may name another."""
    engine = dialect_of(url).engine(url, lock_timeout_ms=LOCK_TIMEOUT_MS)
    with connect(engine, name) as connection:
        _, found = dialect_of(connection).place(connection)
    if found != name:
        raise Refused("prove_elsewhere", url=shown(url), found=found)


def _drop(connection: Connection, name: str) -> None:
    quoted = quote(connection, name)
    try:
        connection.exec_driver_sql(f"DROP DATABASE {quoted}")
    except DBAPIError:
        _drop_in_use(connection, name, quoted)


def _drop_in_use(connection: Connection, name: str, quoted: str) -> None:
    try:
        connection.exec_driver_sql(
            f"ALTER DATABASE {quoted} SET SINGLE_USER WITH ROLLBACK IMMEDIATE"
        )
        connection.exec_driver_sql(f"DROP DATABASE {quoted}")
    except DBAPIError as error:
        _, words = dialect_of(connection).explain(error)
        raise Unavailable(
            "prove_left", name=name, what=hidden(words, connection.engine.url)
        ) from error
