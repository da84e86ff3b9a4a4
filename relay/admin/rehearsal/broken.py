"""Knows by the catalogue which columns a refusal is about, and which of our tags and values."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import column, literal, select, table
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.admin.rehearsal.notes import same
from relay.database import TableInfo, survey_of
from relay.database.catalogue import Rule, RuleKind
from relay.database.refusals import Refusal, RefusalKind, Written

Row = Mapping[str, Any]
Sent = Callable[[str], Collection[Row]]
"""Gives the rows that the transaction itself wrote to a table: a rollback may have taken them."""
KINDS = {
    RefusalKind.FOREIGN_KEY: RuleKind.FOREIGN_KEY,
    RefusalKind.CHECK: RuleKind.CHECK,
    RefusalKind.UNIQUE: RuleKind.UNIQUE,
}
_WORDS = re.compile(r"\w+")


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
