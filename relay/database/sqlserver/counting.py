"""Knows how SQL Server tells how many rows a statement wrote, whatever others' triggers say.

A trigger without SET NOCOUNT tells the counts of its own statements before ours, and NOCOUNT hides
all of them. Inside the batch the server knows better: after a statement @@ROWCOUNT is that
statement's, whatever its triggers did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.sql import Executable
from sqlalchemy.sql.dml import Insert

from relay.database.base import Parameters

OPTION = "relay_count"
"""The execution option that hands a list for the counts to the two listeners."""
NAME = "relay_rows"
ASKED = f";\nSELECT @@ROWCOUNT AS {NAME}"
BETWEEN = f"{ASKED};\n"
"""Stands between the statements of one batch, so that each tells its count."""


def counted(connection: Connection, statement: Executable, parameters: Parameters) -> int:
    """Execute a statement and return how many rows it wrote.

    Rows to insert go together, by as few statements as the driver allows; of an UPDATE or DELETE
    each set of parameters is executed by itself.
    """
    counts, options = _counting(connection)
    if isinstance(parameters, Sequence) and not isinstance(statement, Insert):
        for some in parameters:
            connection.execute(statement, some, execution_options=options)
    else:
        connection.execute(statement, parameters, execution_options=options)
    return sum(complete(counts, 1))


def counted_each(
    connection: Connection, batch: Executable, parameters: Mapping[str, Any], statements: int
) -> list[int]:
    """Execute a batch with `BETWEEN` its statements; returns how many rows each of them wrote."""
    counts, options = _counting(connection)
    connection.execute(batch, parameters, execution_options=options)
    return complete(counts, statements)


def complete(counts: list[int], least: int) -> list[int]:
    """Return the counts of a batch.

    Raises:
        RuntimeError: there are fewer than `least`: the server has cut the batch off.
    """
    if len(counts) < least:
        raise RuntimeError(NAME)
    return counts


def _counting(connection: Connection) -> tuple[list[int], dict[str, Any]]:
    """Let the engine's statements be listened to, whoever made it; return where counts go."""
    engine = connection.engine
    if not event.contains(engine, "after_cursor_execute", read_count):
        event.listen(engine, "before_cursor_execute", ask_count, retval=True)
        event.listen(engine, "after_cursor_execute", read_count)
    counts: list[int] = []
    return counts, {OPTION: counts}


def ask_count(
    _connection: object,
    _cursor: object,
    statement: str,
    parameters: Any,
    context: Any,
    _many: bool,  # noqa: FBT001 - SQLAlchemy passes it so
) -> tuple[str, Any]:
    """Ask for the count in the statement's own batch."""
    return (statement if _counts(context) is None else statement + ASKED), parameters


def read_count(
    _connection: object,
    cursor: Any,
    _statement: str,
    _parameters: object,
    context: Any,
    _many: bool,  # noqa: FBT001 - SQLAlchemy passes it so
) -> None:
    """Read all answers of the batch, and with them each error that comes late."""
    counts = _counts(context)
    if counts is None:
        return
    more = True
    while more:
        if cursor.description is not None and cursor.description[0][0] == NAME:
            counts.append(int(cursor.fetchone()[0]))
        more = cursor.nextset()


def _counts(context: Any) -> list[int] | None:
    return None if context is None else context.execution_options.get(OPTION)
