"""Knows which of cobra's tables and columns are likely meant: by names, keys and types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.proposal.lines import Standing, Suggestion
from relay.admin.proposal.words import VERIFIED, sounds_like, table_sounds_like
from relay.base.toml import quoted
from relay.database import TableInfo, capture_of, survey_of
from relay.database.catalogue import ColumnInfo
from relay.database.names import written_name
from relay.database.reflection import column_named, read_table
from relay.database.survey import FoundColumn

ENOUGH = 4
"""So many known names make a table the one that is meant, if no other has as many."""
SHOWN = 8
"""Candidates that a line shows."""
NEEDED = {"address", "final", "invoice", "invoice_date", "invoice_number", "sage_address_number"}
"""Fields without which nothing goes over: their only candidate is assumed."""
CUSTOMER = "Kunde"
"""The value of an address' kind that the example selects."""


@dataclass(frozen=True, slots=True)
class ChosenTable:
    """A table, and whether it is sure enough to build on."""

    where: TableInfo
    proposal: Suggestion
    is_sure: bool
    keys: tuple[ColumnInfo, ...]
    columns: Mapping[str, ColumnInfo]
    """Columns by name in lower case."""

    def named(self, name: str) -> ColumnInfo | None:
        """Return a column, ignoring case."""
        return self.columns.get(name.casefold())


def choose(connection: Connection, kind: str, known: Sequence[str]) -> ChosenTable | None:
    """Choose the table of addresses, invoices or positions; None if nothing looks like one.

    `known` are the names of columns that are verified, or else assumed.
    """
    tables = survey_of(connection).tables(connection)
    wanted = {name.casefold() for name in known}
    scores = {where: _known(columns, wanted) for where, columns in tables.items()}
    likely = [where for where in scores if scores[where] >= ENOUGH]
    sounding = [where for where in tables if table_sounds_like(where.name, kind)]
    ranked = sorted({*likely, *sounding}, key=lambda where: (-scores[where], str(where)))
    if not ranked:
        return None
    best = ranked[0]
    alike = [where for where in likely if scores[where] == scores[best]]
    is_sure = len(alike) == 1 or len(ranked) == 1
    proposal = Suggestion(Standing.CHOOSE, candidates=tuple(map(_written, ranked[:SHOWN])))
    if is_sure:
        value = _written(best)
        proposal = Suggestion(Standing.ASSUMED, value, names=(scores[best], len(wanted)))
    capture = capture_of(connection)
    columns = {c.name.casefold(): c for c in capture.columns(connection, best)}
    unique = capture.unique_columns(connection, best)
    keys = tuple(
        c
        for c in columns.values()
        if c.name in unique and not c.nullable and capture.has_one_text(c)
    )
    return ChosenTable(best, proposal, is_sure, _primary(connection, best, keys) or keys, columns)


def _primary(
    connection: Connection, where: TableInfo, keys: Sequence[ColumnInfo]
) -> tuple[ColumnInfo, ...]:
    """Return the column that is the table's primary key, if it is one that can be captured."""
    found = survey_of(connection).keys(connection).get(where)
    if found is None or not found.is_primary:
        return ()
    return tuple(key for key in keys if (key.name,) == found.columns)


def _known(columns: Sequence[FoundColumn], wanted: set[str]) -> int:
    return sum(column.name.casefold() in wanted for column in columns)


def _written(where: TableInfo) -> str:
    return quoted(written_name(where.schema, where.name))


def key_of(table: ChosenTable) -> Suggestion:
    """Propose a key: the only column that can be one, or candidates."""
    candidates = [f"{quoted(c.name)} {c.declared}" for c in table.keys[:SHOWN]]
    if len(table.keys) == 1:
        (key,) = table.keys
        found = Suggestion(Standing.READ, quoted(key.name), about=key.declared)
    else:
        found = Suggestion(Standing.CHOOSE, candidates=tuple(candidates))
    return found if table.is_sure else found.in_doubt()


def column_of(
    table: ChosenTable, field: str, assumed: str | None, pattern: str = "{}"
) -> Suggestion:
    """Propose a column for one of our fields; `pattern` is what is written around its name."""
    for name, standing in ((VERIFIED.get(field), Standing.VERIFIED), (assumed, Standing.ASSUMED)):
        column = None if name is None else table.named(name)
        if column is not None:
            value = pattern.format(quoted(column.name))
            found = Suggestion(standing, value, about=column.declared)
            return found if table.is_sure else found.in_doubt()
    alike = [c for c in table.columns.values() if sounds_like(c.name, field)]
    if not alike:
        return Suggestion(Standing.ABSENT)
    if len(alike) == 1 and table.is_sure and field in NEEDED:
        (only,) = alike
        value = pattern.format(quoted(only.name))
        return Suggestion(Standing.ASSUMED, value, about=only.declared)
    candidates = tuple(f"{pattern.format(quoted(c.name))} {c.declared}" for c in alike[:SHOWN])
    return Suggestion(Standing.CHOOSE, candidates=candidates)


def selection_of(
    connection: Connection, table: ChosenTable | None, column: Suggestion
) -> Suggestion:
    """Propose which addresses go over: by the values that the column has."""
    pattern = '{{ field = "address_type", in = [{}] }}'
    if table is None or column.value is None:
        return Suggestion(Standing.CHOOSE, candidates=(pattern.format(quoted(CUSTOMER)),))
    found = read_table(connection, table.where)
    name = next(c.name for c in table.columns.values() if quoted(c.name) == column.value)
    kind = column_named(found, name)
    query = select(kind).where(kind.is_not(None)).distinct().order_by(kind).limit(SHOWN)
    values = [str(value) for value in connection.execute(query).scalars() if str(value).strip()]
    if CUSTOMER in values:
        return Suggestion(Standing.ASSUMED, pattern.format(quoted(CUSTOMER)))
    candidates = tuple(pattern.format(quoted(value)) for value in values)
    return Suggestion(Standing.CHOOSE, candidates=candidates or (pattern.format(quoted(CUSTOMER)),))
