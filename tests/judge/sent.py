"""Collects what the relay sends, or would send to SQL Server, with the places that send it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Engine, event
from sqlalchemy.sql import Executable
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.elements import CompilerElement, TextClause
from sqlalchemy.sql.selectable import SelectBase

from relay.admin.doctor.server import ENQUIRY_LEVEL
from tests.judge.functions import LOWEST_LEVEL
from tests.judge.judging import Text
from tests.judge.twin import DIALECTS, mirrored, translated

ROOT = Path(__file__).parents[2]
_PRODUCT = str(ROOT / "relay") + "/"
_TESTS = str(ROOT / "tests") + "/"
_TIER = str(ROOT / "tests" / "judge") + "/"
_OF_SQLITE = "relay/database/sqlite/"
_DOCUMENTS = "relay/extras/documents/"
"""A part that needs a higher compatibility level than the others."""
JSON_LEVEL = 130
"""From which on a database reads rows and keys as JSON."""
_MIGRATING = "relay/database/schema.py"
"""What makes tables is judged as a script, up to the newest version: each dialect has its text."""
_MARK = re.compile(r"'(?:[^']|'')*'|\[(?:[^\]]|\]\])*\]|\"(?:[^\"]|\"\")*\"|--[^\n]*|(\?)")
_ON_FILES_ALONE = re.compile(r"\brelay_own_write\b")
_NUMBER = re.compile(r"(?<![\w@])\d+(?![\w])")
Place = tuple[str, int]
"""A file of the relay, as it stands below the project's folder, and a line."""


class Sent:
    """What was sent so far; each text once."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.texts: dict[str, Text] = {}
        self.places: set[Place] = set()
        """Each line of the relay that was on the way to a statement."""
        self._seen: set[tuple[object, ...]] = set()
        self._written: dict[str, str] = {}

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Listen to every engine of this process."""
        self._patch = pytest.MonkeyPatch()
        self._patch.setattr(CompilerElement, "compile", self._compiling(CompilerElement.compile))
        event.listen(Engine, "after_cursor_execute", self._executed)
        try:
            with mirrored(self.hear):
                yield
        finally:
            event.remove(Engine, "after_cursor_execute", self._executed)
            self._patch.undo()

    def hear(self, sql: str) -> None:
        """Take what the relay would send at this moment."""
        places = list(_places())
        if places:
            self._add(sql, places, 0)

    def _executed(
        self,
        connection: Any,
        _cursor: object,
        statement: str,
        parameters: Any,
        context: Any,
        many: bool,  # noqa: FBT001 - the same
    ) -> None:
        places = list(_places())
        self.places.update(places)
        key = (statement, *places[:2], len(parameters or ()))
        if not places or key in self._seen:
            return
        self._seen.add(key)
        if any(file == _MIGRATING for file, _ in places):
            return
        if connection.dialect.name == "mssql":
            self._add(statement, places, 0)
        elif not any(file.startswith(_OF_SQLITE) for file, _ in places[:2]):
            for sql in self._twins(statement, context, many=many):
                is_one = many or "OPENJSON(" in sql
                self._add(sql, places, 0 if is_one else len(parameters or ()))

    def _twins(self, statement: str, context: Any, *, many: bool) -> set[str]:
        """Return what SQL Server would get: whether it reads JSON, or does not."""
        compiled = context.compiled
        if compiled is None:
            return {sql for sql in [self._written.get(statement)] if sql}
        told = compiled.statement
        if not isinstance(told, SelectBase | UpdateBase | TextClause):
            return set()
        options = {"column_keys": compiled.column_keys, "for_executemany": many}
        return {translated(told, dialect=each, **options) for each in DIALECTS}

    def _compiling(self, compile_: Any) -> Any:
        """Note what the relay compiles itself, and sends as a text."""

        def compiling(element: ClauseElement, *args: Any, **options: Any) -> Any:
            compiled = compile_(element, *args, **options)
            caller = sys._getframe(1).f_code.co_filename  # noqa: SLF001 - as below
            is_ours = caller.startswith(_PRODUCT) and isinstance(element, Executable)
            if is_ours and str(compiled) not in self._written:
                self._written[str(compiled)] = ""
                kept = {k: v for k, v in options.items() if k == "compile_kwargs"}
                self._written[str(compiled)] = translated(element, **kept)
            return compiled

        return compiling

    def _add(self, sql: str, places: list[Place], parameters: int) -> None:
        self.places.update(places)
        text, marks = numbered(sql)
        shape = _NUMBER.sub("0", re.sub(r"@p\d+(?:, @p\d+)*", "@p", text))
        if shape not in self.texts and not _ON_FILES_ALONE.search(sql):
            where = ":".join(map(str, places[0]))
            of_documents = any(file.startswith(_DOCUMENTS) for file, _ in places)
            level = ENQUIRY_LEVEL if of_documents else LOWEST_LEVEL
            if "OPENJSON(" in sql:  # sent only where the database has said that it has it
                level = JSON_LEVEL
            self.texts[shape] = Text(where, text, max(marks, parameters), level, is_sent=True)


def numbered(sql: str) -> tuple[str, int]:
    """Return a driver's text with variables in place of its marks, and how many they are."""
    count = 0

    def variable(match: re.Match[str]) -> str:
        nonlocal count
        if match[1] is None:
            return match[0]
        count += 1
        return f"@p{count}"

    return _MARK.sub(variable, sql), count


def _places() -> Iterator[Place]:
    """Yield the lines of the relay that are at work, innermost first.

    None where a test sends: its clerks act in the middle of the relay's work.
    """
    frame = sys._getframe(2)  # noqa: SLF001 - the standard library's own way
    is_ours = False
    while frame is not None:
        file = frame.f_code.co_filename
        if not is_ours and file.startswith(_TESTS) and not file.startswith(_TIER):
            return
        if file.startswith(_PRODUCT):
            is_ours = True
            yield file.removeprefix(str(ROOT) + "/"), frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment] # None ends it
