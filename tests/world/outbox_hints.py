"""Watches every statement that the product sends: its parameters, and its hint for the outbox.

SQLite takes no hints, so what was sent there is compiled once more, for SQL Server.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.dialects import mssql

from relay.cobra import access
from relay.database.sqlite.dialect import Sqlite
from relay.database.sqlserver.dialect import SqlServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Engine

DECLARED: dict[str, access.Access] = {
    name: each for name, each in vars(access).items() if isinstance(each, access.Access)
}
HINTS = {each.hint.text for each in DECLARED.values()}
OUTBOX = re.compile(
    r"(?P<into>INSERT INTO )?(?<![\w.\['])(?:\[?relay\]?\.\[?outbox|\[?relay_outbox)\b\]?(?![.(])"
    r"(?: AS \[?(?P<alias>\w+)\]?)?(?: (?P<hint>WITH \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)))?",
)
"""The outbox as a table of a statement, not before a column's name."""
OTHERS = re.compile(r"\s*(CREATE (TABLE|INDEX|SEQUENCE)|ALTER|DROP|GRANT|DECLARE|EXEC)\b")
"""What makes or changes a table locks it as a whole; a proof has its database for itself."""
MOST_PARAMETERS = 2100
"""SQL Server takes no more in a statement."""
_MSSQL = mssql.dialect()  # type: ignore[no-untyped-call] # as SQLAlchemy has it


def without_hint(statement: str) -> list[str]:
    """Return what a T-SQL text says of the outbox without one of the declared hints.

    Or with a seek for whose columns there is no condition: no plan can do that (error 8622).
    """
    code = re.sub(r"--.*", "", statement)
    return [
        f"{each[0]} in: {statement}"
        for each in OUTBOX.finditer(code)
        if not each["into"] and (each["hint"] not in HINTS or not _can_seek(each, code))
    ]


def _can_seek(found: re.Match[str], code: str) -> bool:
    hints = [each.hint for each in DECLARED.values() if each.hint.text == found["hint"]]
    name = re.escape(found["alias"]) if found["alias"] else r"(?:relay\.outbox|relay_outbox)"
    return any(
        all(
            re.search(rf"\b{name}\.{column}\b (?:=|IN\b)|= {name}\.{column}\b", code)
            for column in (hint.seek.columns if hint.seek else ())
        )
        for hint in hints
    )


def _is_of_the_product() -> bool:
    """Tell whose statement it is: tests execute their own on the product's engines too."""
    frame = sys._getframe(1)  # noqa: SLF001 - the way to look at the callers
    files = []
    while frame.f_back is not None:
        frame = frame.f_back
        files.append(frame.f_code.co_filename)
    own = (f for f in files if "site-packages" not in f and f != __file__ and "contextlib" not in f)
    return "/tests/" not in next(own, "")


class Watch:
    """Listens to the engines of the product, and keeps what is wrong until somebody asks."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self.seen: set[str] = set()
        self.sent: set[str] = set()
        """As SQL Server gets it."""
        self._wrong: list[str] = []

    def wrong(self) -> list[str]:
        """Return what was wrong since the last time."""
        found, self._wrong = self._wrong, []
        return found

    def listen(self, engine: Engine) -> None:
        """Look at each statement of an engine, once."""
        event.listen(engine, "before_cursor_execute", self._look)

    def _look(self, *told: Any) -> None:
        _, _, statement, parameters, context, many = told
        if not many and len(parameters or ()) > MOST_PARAMETERS:
            self._wrong.append(f"{len(parameters)} parameters in: {statement[:300]}")
        if "outbox" not in statement or statement in self.seen or OTHERS.match(statement):
            return
        if not _is_of_the_product():
            return
        self.seen.add(statement)
        compiled = None if context is None else context.compiled
        if "relay_outbox" in statement:
            if compiled is None or context.is_text:
                return  # SQLite's own
            statement = str(compiled.statement.compile(dialect=_MSSQL))
        self.sent.add(statement)
        self._wrong += without_hint(statement)


def watching() -> Iterator[Watch]:
    """Let a watch listen to each engine that the product makes."""
    watch = Watch()
    real = {kind: kind.engine for kind in (Sqlite, SqlServer)}

    def watched(kind: Any) -> Any:
        def engine(self: Any, url: URL, *, lock_timeout_ms: int) -> Engine:
            made = real[kind](self, url, lock_timeout_ms=lock_timeout_ms)
            watch.listen(made)
            return made

        return engine

    for kind in real:
        kind.engine = watched(kind)  # type: ignore[method-assign] # for as long as tests run
    yield watch
    for kind, engine in real.items():
        kind.engine = engine  # type: ignore[method-assign] # as it was
