"""Knows how triggers get into cobra's database and out again, without keeping clerks waiting.

CREATE and DROP TRIGGER need the table for themselves: they wait behind open saves, and whoever
comes next waits behind them. So they give up soon, let the others through, and try again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.base.errors import Unavailable
from relay.base.values import Problem
from relay.cobra.capture.tables import (
    TABLES,
    CapturedTable,
    NotCapturable,
    captured_tables,
    problems_of,
)
from relay.cobra.capture.triggers import ACTIONS, Trigger, render_table
from relay.cobra.capture.verification import installed_as, same_text
from relay.database import Failure, capture_of, dialect_of, schema
from relay.database.capture import FoundTrigger, quoted
from relay.database.connecting import connect
from relay.settings import Settings

MARK = "Belongs to the cobra-Sage relay"
"""Is in the text of each of our triggers."""

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How long to wait for a table that somebody is using."""

    lock_ms: int = 500
    tries: int = 10
    seconds_between: float = 1
    pause: Callable[[float], object] = time.sleep


_PATIENCE = Waiting()


def install(engine: Engine, settings: Settings, patience: Waiting = _PATIENCE) -> list[Trigger]:
    """Bring the triggers to what the mapping asks for; return those that had to be created.

    What is right already is left alone, so that a second call locks nothing. Each table's
    triggers are replaced in one transaction: no save goes unnoticed in between.

    Raises:
        NotCapturable: with every reason; nothing was changed.
        Refused: cobra's database lacks the relay's schema.
        Unavailable: `triggers_locked`, if a table was in use all the time; a second call
            continues.
    """
    with connect(engine, "cobra") as connection:
        tables = _patiently(connection, patience, partial(_check, settings=settings))
        _patiently(connection, patience, partial(_forget_other_tables, tables=tables))
        created: list[Trigger] = []
        for table in tables:
            created += _patiently(connection, patience, partial(_replace, table=table))
        return created


def drop(
    engine: Engine,
    settings: Settings,
    patience: Waiting = _PATIENCE,
    last: Callable[[Connection], object] = lambda _connection: None,
) -> list[str]:
    """Remove every trigger of ours, wherever it is; return their names.

    `last` looks in the same transaction at what they wrote: nobody can save any more; if it
    raises, the triggers stay.

    Raises:
        Unavailable: `triggers_locked`, if a table was in use all the time.
    """

    def work(connection: Connection) -> list[str]:
        dropped = _drop(connection, _ours(connection, captured_tables(connection, settings)))
        last(connection)
        return dropped

    with connect(engine, "cobra") as connection:
        return _patiently(connection, patience, work)


def _check(connection: Connection, settings: Settings) -> list[CapturedTable]:
    schema.require(connection, "source")
    tables = captured_tables(connection, settings)
    problems = [problem for table in tables for problem in problems_of(connection, table)]
    problems = problems or _names_taken(connection, tables)
    if problems:
        raise NotCapturable(problems)
    return tables


def _forget_other_tables(connection: Connection, tables: list[CapturedTable]) -> list[str]:
    """Remove what an earlier configuration left on tables that are not captured any more."""
    captured = _ids(connection, tables)
    return _drop(connection, [f for f in _ours(connection, tables) if f.table_id not in captured])


def _replace(connection: Connection, table: CapturedTable) -> list[Trigger]:
    """Create what a table lacks, and what differs anew; return what was created."""
    found = capture_of(connection).triggers(connection)
    created = []
    for trigger in render_table(connection, table):
        installed = installed_as(trigger, found)
        if installed is not None and installed.enabled and same_text(trigger, installed):
            continue
        if installed is not None:
            _drop(connection, [installed])
        connection.exec_driver_sql(trigger.sql)
        created.append(trigger)
    return created


def _names_taken(connection: Connection, tables: list[CapturedTable]) -> list[Problem]:
    """Find triggers of somebody else that bear one of our names in the schema where we need it."""
    ours = _ours(connection, tables)
    needed = {(table.where.schema, name) for table in tables for name in _names(table.name)}
    return [
        Problem("trigger_name_taken", {"trigger": f.where.name, "table": f.table})
        for f in capture_of(connection).triggers(connection)
        if f not in ours and (f.where.schema, f.where.name) in needed
    ]


def _ours(connection: Connection, tables: list[CapturedTable]) -> list[FoundTrigger]:
    """Return the triggers with one of our names, on a captured table or with our mark.

    A text that cannot be read counts as ours.
    """
    captured = _ids(connection, tables)
    names = {name for table in TABLES for name in _names(table)}
    return [
        f
        for f in capture_of(connection).triggers(connection)
        if f.where.name.casefold() in names
        and (f.table_id in captured or not f.definition or MARK in f.definition)
    ]


def _ids(connection: Connection, tables: list[CapturedTable]) -> set[object]:
    found = (capture_of(connection).table(connection, table.where) for table in tables)
    return {table.id for table in found if table is not None}


def _names(table: str) -> list[str]:
    return [f"relay_{table}_{action}" for action in ACTIONS]


def _drop(connection: Connection, triggers: list[FoundTrigger]) -> list[str]:
    for trigger in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {quoted(connection, trigger.where)}")
    return [trigger.where.name for trigger in triggers]


def _patiently(
    connection: Connection, patience: Waiting, work: Callable[[Connection], _Result]
) -> _Result:
    """Do the work in a transaction of its own, again while somebody uses the table."""
    others = patience.tries - 1
    while True:
        try:
            with connection.begin():
                capture_of(connection).ready_for_ddl(connection, patience.lock_ms)
                return work(connection)
        except DBAPIError as error:
            if dialect_of(connection).failure(error) is not Failure.LOCKED or not others:
                raise _explained(connection, error) from error
        others -= 1
        patience.pause(patience.seconds_between)


def _explained(connection: Connection, error: DBAPIError) -> Exception:
    """Say what keeps the database from doing it; an error nobody expects stays as it is."""
    dialect = dialect_of(connection)
    failure = dialect.failure(error)
    if failure is Failure.LOCKED:
        return Unavailable("triggers_locked", what=str(error.orig))
    if failure is Failure.TECHNICAL:
        return dialect.unavailable(error, connection.engine.url, "cobra")
    return error
