"""Knows what a point is, expected against seen, and those of the script ops/host/prove.sql."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError

from relay.base.errors import RelayError, RowCountError
from relay.base.files import ops_folder
from relay.database import dialect_of
from relay.database.scripts import statements_of
from relay.database.secrets import hidden

DONE = "done"
"""What is seen where nothing is answered."""
OR = " or "
"""Stands between answers of which one is as good as the other."""
_HEAD = re.compile(r"^-- point: (?P<name>\w+) \| expected: (?P<expected>.+)$", re.MULTILINE)
_ROW = ["point", "expected", "seen"]
"""The columns of what a point answers."""


@dataclass(frozen=True, slots=True)
class Point:
    """Something that only the server at hand can tell."""

    name: str
    expected: str
    seen: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether the server answers as expected."""
        return self.seen in {self.expected, *self.expected.split(OR)}


def asked(url: URL, name: str, expected: str, ask: Callable[[], object]) -> Point:
    """Return the point with what was seen; an error is an answer too."""
    point = Point(name, expected)
    try:
        answer = ask()
        return replace(point, seen=DONE if answer is None else str(answer))
    except RelayError as error:
        what = error.values.get("what")
        return replace(point, seen=error.code if what is None else f"{error.code}: {what}")
    except DBAPIError as error:
        return replace(point, seen=error_text(error, url))
    except RowCountError as error:
        return replace(point, seen=str(error))


def error_text(error: BaseException, url: URL) -> str:
    """Return a database's error as a code, and its words where the code says too little."""
    code, words = dialect_of(url).explain(error)
    return code if code == "database_locked" else f"{code}: {' '.join(hidden(words, url).split())}"


@dataclass(frozen=True, slots=True)
class Part:
    """A point and the batches that show it; one of them answers with a row."""

    point: Point
    batches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """What is run before all points, to make their tables, and the points in their order."""

    preparation: tuple[str, ...]
    parts: tuple[Part, ...]


def read_script() -> Script:
    """Read the script that lies among the guides."""
    path = ops_folder() / "host" / "prove.sql"
    return parsed(path.read_text(encoding="utf-8"))


def parsed(script: str) -> Script:
    """Cut a script at the heads of its points."""
    first, *rest = _HEAD.split(script)
    parts = (
        Part(Point(name, expected), _batches(body))
        for name, expected, body in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
    )
    return Script(_batches(first), tuple(parts))


def ask(connection: Connection, part: Part) -> Point:
    """Run a point's batches one after the other, as sqlcmd does: an error ends its batch alone."""
    seen: list[str] = []
    errors: list[str] = []
    for batch in part.batches:
        try:
            seen += _rows(connection, batch)
        except connection.dialect.loaded_dbapi.Error as error:
            errors.append(error_text(error, connection.engine.url))
    return replace(part.point, seen=seen[-1] if seen else "; ".join(errors))


def _batches(script: str) -> tuple[str, ...]:
    """Return the batches of a script, but those that are only comments."""
    cut = statements_of("mssql", script)
    return tuple(b for b in cut if not all(line.startswith("--") for line in b.splitlines()))


def _rows(connection: Connection, batch: str) -> Iterator[str]:
    """Read all that a batch answers, and with it each error that comes late; yield what was seen.

    By the driver: SQLAlchemy stops at the first count, and the rows of a point come after some.
    """
    cursor: Any = connection.connection.cursor()
    try:
        cursor.execute(batch)
        more = True
        while more:
            if [column[0] for column in cursor.description or ()] == _ROW:
                yield from (str(row[-1]) for row in cursor.fetchall())
            more = cursor.nextset()
    finally:
        cursor.close()
