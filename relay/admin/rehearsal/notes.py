"""Knows what is noted of a rehearsal in one year: rows, what became of them, rules they broke.

Of a rule the catalogue says which columns it is about, and the rows which of our values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Table, column, literal, select, table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.base.values import RecordId
from relay.database import TableInfo, rows_among, survey_of
from relay.database.catalogue import Rule, RuleKind
from relay.database.hints import seeking
from relay.database.refusals import Refusal, RefusalKind, Written

Key = tuple[object, ...]
Row = Mapping[str, Any]
Sent = Callable[[str], Collection[Row]]
"""Gives the rows that the transaction itself wrote to a table: a rollback may have taken them."""
KINDS = {
    RefusalKind.FOREIGN_KEY: RuleKind.FOREIGN_KEY,
    RefusalKind.CHECK: RuleKind.CHECK,
    RefusalKind.UNIQUE: RuleKind.UNIQUE,
}
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class StoredOtherwise:
    """A column that holds another value than was sent, in the first row where that was seen."""

    key: str
    sent: object
    stored: object


@dataclass(slots=True)
class Notes:
    """What was seen in one Sage year, over all records that were carried out there."""

    inserted: Counter[str] = field(default_factory=Counter)
    updated: Counter[str] = field(default_factory=Counter)
    """Table to rows that we wrote."""
    differing: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Table and column to rows in which another value stands than we sent."""
    examples: dict[tuple[str, str], StoredOtherwise] = field(default_factory=dict)
    gone: Counter[str] = field(default_factory=Counter)
    """Table to rows that we wrote and that are not there."""
    besides: Counter[str] = field(default_factory=Counter)
    """Table to rows more (or fewer) than we wrote."""
    unsent: dict[str, Sequence[str]] = field(default_factory=dict)
    """Table to tags that were not sent, for lack of a column."""
    refused: dict[RecordId, Refusal] = field(default_factory=dict)


@dataclass(slots=True)
class _Stored:
    """Rows of one table, found by one key: the last values that were sent of each."""

    table: Table
    by: tuple[str, ...]
    rows: dict[Key, dict[str, Any]] = field(default_factory=dict)


class Transaction:
    """What one transaction writes."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.inserted: Counter[str] = Counter()
        self.updated: Counter[str] = Counter()
        self.last: Written | None = None
        self._stored: dict[tuple[str, tuple[str, ...]], _Stored] = {}

    def begins(self, name: str, written: Written, key: Sequence[str], *, is_new: bool) -> None:
        """Note rows before they are written; `key` are the columns by which they are found."""
        self.last = written
        (self.inserted if is_new else self.updated)[name] += len(written.rows)
        by = tuple(key)
        if not by or any(column not in row for row in written.rows for column in by):
            return  # the database gives the key itself: nothing to find them by
        stored = self._stored.setdefault((name, by), _Stored(written.table, by))
        for row in written.rows:
            found = tuple(plain(row[column]) for column in by)
            stored.rows[found] = {**stored.rows.get(found, {}), **row}

    def sent(self, table: str) -> list[dict[str, Any]]:
        """Return the rows that were written to a table so far, by its name in the database."""
        mine = [s for s in self._stored.values() if s.table.name.casefold() == table.casefold()]
        return [row for stored in mine for row in stored.rows.values()]

    def note(self, connection: Connection, notes: Notes) -> None:
        """Read all rows back, and note what differs."""
        notes.inserted += self.inserted
        notes.updated += self.updated
        for (name, _), stored in self._stored.items():
            found = dict(_read_back(connection, stored))
            notes.gone[name] += len(stored.rows.keys() - found.keys())
            for key, row in found.items():
                _compare(name, key, stored.rows[key], row, notes)


def _read_back(connection: Connection, stored: _Stored) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """Return the rows that stand, by the key that was sent."""
    names = dict.fromkeys([*stored.by, *(name for row in stored.rows.values() for name in row)])
    first = stored.table.c[stored.by[0]]
    query = select(*(stored.table.c[name] for name in names))
    query = seeking(query, stored.table, first)
    sought = list({row[stored.by[0]]: None for row in stored.rows.values()})
    for values in rows_among(connection, query, first, sought):
        row = dict(zip(names, values, strict=True))
        key = tuple(plain(row[name]) for name in stored.by)
        if key in stored.rows:
            yield key, row


def _compare(
    name: str, key: Key, sent: Mapping[str, Any], stored: Mapping[str, Any], notes: Notes
) -> None:
    for which, value in sent.items():
        if not same(value, stored[which]):
            notes.differing[name, which] += 1
            shown = " ".join(map(str, key))
            notes.examples.setdefault((name, which), StoredOtherwise(shown, value, stored[which]))


def same(sent: object, stored: object) -> bool:
    """Tell whether a column holds what was sent, in whichever type it keeps it.

    >>> same(Decimal("108.10"), 108.1), same("CH", "CH "), same("007", "7"), same("", None)
    (True, True, False, False)
    """
    one, other = plain(sent), plain(stored)
    if one == other or (isinstance(one, str) and isinstance(other, str)):
        return one == other
    if one is None or other is None:
        return False
    try:
        return Decimal(str(one)) == Decimal(str(other))
    except InvalidOperation:
        return str(one) == str(other)


def plain(value: Any) -> object:
    """Return a value without what a column may add: blanks to a text, midnight to a day."""
    if isinstance(value, str):
        return value.rstrip(" ")
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date()
    return int(value) if isinstance(value, bool) else value


def extra(
    before: Mapping[str, int], after: Mapping[str, int], inserted: Mapping[str, int]
) -> Counter[str]:
    """Return table to rows that came beside ours; negative: that went."""
    found = Counter(
        {name: after[name] - rows - inserted.get(name, 0) for name, rows in before.items()}
    )
    return Counter({name: rows for name, rows in found.items() if rows})


def explained(connection: Connection, refusal: Refusal, written: Written, sent: Sent) -> Refusal:
    """Add column and value of the rule that was broken, as far as catalogue and rows tell."""
    kind = KINDS.get(refusal.kind)
    is_theirs = (refusal.table or "").casefold() != written.table.name.casefold()
    if kind is None or is_theirs or not written.rows:
        return refusal  # no rule of a table that we write to: a trigger may write to another one
    with suppress(DBAPIError):  # whoever may not look is told what the database said
        for rule in _suspects(connection, refusal, written):
            columns = _columns(rule, written)
            values = dict.fromkeys(_values(connection, rule, columns, written, sent))
            if columns and values:
                value, name = refusal.value or ", ".join(values), refusal.rule or rule.name or None
                return replace(refusal, column=", ".join(columns), value=value, rule=name)
    return refusal


def _suspects(connection: Connection, refusal: Refusal, written: Written) -> list[Rule]:
    """Return the rule that was named.

    SQLite names no foreign key, a check by its condition, and a unique one by its columns.
    """
    kind, name = KINDS[refusal.kind], refusal.rule
    if kind is RuleKind.UNIQUE and name is None and refusal.column:
        return [Rule(kind, "", tuple(refusal.column.split(", ")))]
    where = TableInfo(written.table.schema, str(written.table.name))
    rules = [rule for rule in survey_of(connection).rules(connection, where) if rule.kind is kind]
    if name is None:
        return rules if kind is RuleKind.FOREIGN_KEY else []
    named = [rule for rule in rules if rule.name.casefold() == name.casefold()]
    return named or [Rule(kind, name, demands=name)] if kind is RuleKind.CHECK else named


def _columns(rule: Rule, written: Written) -> list[str]:
    """Return the written columns of a rule; a check's are those that its condition names."""
    names = {name.casefold(): name for name in written.rows[0]}
    said = rule.columns or _WORDS.findall(rule.demands)
    return list(dict.fromkeys(names[n.casefold()] for n in said if n.casefold() in names))


def _values(
    connection: Connection, rule: Rule, columns: Sequence[str], written: Written, sent: Sent
) -> Iterator[str]:
    """Yield the values that may be meant; of a foreign key those that it does not find."""
    for row in written.rows:
        values = {name: row[name] for name in columns}
        if any(value is None for value in values.values()):
            continue
        if rule.kind is RuleKind.FOREIGN_KEY:
            there = dict(zip(rule.points_to, values.values(), strict=False))
            if _is_ours(there, sent(rule.demands)) or _is_there(connection, rule, there):
                continue
        yield " ".join(map(str, values.values()))


def _is_ours(values: Row, rows: Collection[Row]) -> bool:
    return any(all(same(value, row.get(name)) for name, value in values.items()) for row in rows)


def _is_there(connection: Connection, rule: Rule, values: Row) -> bool:
    other = table(rule.demands, *(column(name) for name in values), schema=rule.schema)
    matches = (other.c[name] == value for name, value in values.items())
    return (
        connection.execute(select(literal(1)).select_from(other).where(*matches)).first()
        is not None
    )
