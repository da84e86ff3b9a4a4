"""Knows by which message SQLite refuses a row, and which column it names."""

from __future__ import annotations

import re

from relay.database.refusals import Refusal, RefusalKind

_KINDS = {
    "SQLITE_CONSTRAINT_NOTNULL": RefusalKind.NOT_NULL,
    "SQLITE_CONSTRAINT_UNIQUE": RefusalKind.UNIQUE,
    "SQLITE_CONSTRAINT_PRIMARYKEY": RefusalKind.UNIQUE,
    "SQLITE_CONSTRAINT_ROWID": RefusalKind.UNIQUE,
    "SQLITE_CONSTRAINT_CHECK": RefusalKind.CHECK,
    "SQLITE_CONSTRAINT_FOREIGNKEY": RefusalKind.FOREIGN_KEY,
    "SQLITE_CONSTRAINT_TRIGGER": RefusalKind.TRIGGER,
    "SQLITE_MISMATCH": RefusalKind.TYPE,
    "SQLITE_TOOBIG": RefusalKind.TOO_LONG,
    "SQLITE_AUTH": RefusalKind.RIGHT,
}
_READ_ONLY = "SQLITE_READONLY"
_GENERATED = re.compile(r'cannot (?:INSERT into|UPDATE) generated column "([^"]*)"')
_VIEW = re.compile(r"cannot modify (\S+) because it is a view")
_FAILED = re.compile(r"constraint failed: (.+)$")
_INDEX = re.compile(r"index '(.+)'$")
"""So a unique index on an expression is named: it has no column."""
_LENGTH = re.compile(r'length\("?(\w+)"?\)\s*<=\s*\d+$', re.IGNORECASE)
"""How a column of SQLite limits a text: its type does not."""
_STORED = re.compile(r"cannot store \w+ value in \w+ column (\w+)\.(.+)$")


def refusal(name: str, words: str) -> Refusal | None:
    """Read an error by SQLite's name of it; None: it is the file's trouble."""
    if generated := _GENERATED.search(words):
        return Refusal(RefusalKind.NOT_WRITABLE, words, column=generated[1])
    if view := _VIEW.search(words):
        return Refusal(RefusalKind.VIEW, words, table=view[1])
    if stored := _STORED.search(words):
        return Refusal(RefusalKind.TYPE, words, table=stored[1], column=stored[2])
    kind = RefusalKind.READ_ONLY if name.startswith(_READ_ONLY) else _KINDS.get(name)
    return None if kind is None else _with_names(kind, words)


def _with_names(kind: RefusalKind, words: str) -> Refusal:
    """Return a refusal with the table and the column, or the rule, that its message ends with."""
    failed = _FAILED.search(words)
    if failed is None:
        return Refusal(kind, words)
    if length := _LENGTH.match(failed[1]):
        return Refusal(RefusalKind.TOO_LONG, words, column=length[1])
    if kind is RefusalKind.CHECK:
        return Refusal(kind, words, rule=failed[1])
    if index := _INDEX.match(failed[1]):
        return Refusal(kind, words, rule=index[1])
    places = [place.partition(".") for place in failed[1].split(", ")]
    columns = ", ".join(column for _, _, column in places if column)
    return Refusal(kind, words, table=places[0][0], column=columns or None)
