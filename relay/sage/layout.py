"""Knows Sage's tables in a year's database: the reference tags and the real columns behind them.

Every name can be replaced in the configuration; types and lengths come from the database itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Select, Table, select
from sqlalchemy.engine import Connection

from relay.base.errors import MisreadError, Refused
from relay.base.numbers import is_whole
from relay.database import TableInfo, dialect_of
from relay.database.columns import is_narrow
from relay.database.names import by_name
from relay.database.reflection import read_table
from relay.rules.invoice.books import called
from relay.sage.additional import NONE, Additional, additional
from relay.sage.codecs import Codec, codec_of, kind_of, plain, understood, with_sides, without_sides
from relay.sage.reference import (
    FOR_ADDRESSES,
    FOR_INVOICES,
    FOR_LOCKS,
    REFERENCE,
    REQUIRED,
    TOTALS,
    takes,
)
from relay.settings import Profile, Settings, Year


@dataclass(frozen=True, slots=True)
class SageTable:
    """One of Sage's tables: the reference tags and the real columns behind them."""

    table: Table
    columns: Mapping[str, Column[Any]]
    codecs: Mapping[str, Codec] = field(default_factory=dict)
    """Of tags that the profile says more about than where they are."""
    additional: Additional = NONE
    signed: frozenset[str] = frozenset()
    """Amounts whose sign says the side: debit positive, credit negative."""
    kept: frozenset[str] = frozenset()
    """Tags that are read, and that Sage alone writes."""
    unsent: tuple[str, ...] = ()
    """Tags that have no column, though the profile does not say that there is none."""

    def length(self, tag: str) -> int | None:
        """Return the characters the column takes; None when it is not limited."""
        return getattr(self.columns[tag].type, "length", None)

    def codec(self, tag: str) -> Codec:
        """Return how a tag's values stand in its column."""
        return self.codecs.get(tag) or plain(tag, self.columns[tag])

    def put(self, tag: str, value: object) -> object:
        """Return a value as the column takes it; an empty text is NULL where there is one."""
        return self.codec(tag).put(value)

    def got(self, tag: str, value: object) -> object:
        """Return a value as rules know it: exact amounts, numbers, days, trimmed texts.

        Raises:
            ValueError, ArithmeticError: it is no number though it should be, or an unknown code.
        """
        return self.codec(tag).got(value)

    def typed(
        self, rows: Iterable[Mapping[str, object]], tags: Iterable[str]
    ) -> list[dict[str, object]]:
        """Return rows, by tag, as the columns of these tags take them: by the column's name."""
        written = [tag for tag in tags if tag not in self.kept]
        columns = [(self.columns[tag].name, tag, self.codec(tag).put) for tag in written]
        sided = (with_sides(row, self.signed) for row in rows) if self.signed else rows
        return [{name: put(row.get(tag)) for name, tag, put in columns} for row in sided]

    def query(self, *tags: str) -> Select[Any]:
        """Return a query of all rows that are ours: these tags, or all, each under its tag."""
        chosen = tags or self.columns
        return self.ours(select(*(self.columns[tag].label(tag) for tag in chosen)))

    def ours(self, query: Select[Any]) -> Select[Any]:
        """Restrict a query to the rows that are ours."""
        return query.where(*(self.table.c[name] == v for name, v in self.additional.only.items()))

    def rows(
        self,
        connection: Connection,
        query: Select[Any],
        misread: list[MisreadError] | None = None,
    ) -> list[dict[str, object]]:
        """Return the rows of a query that `query` began, by tag, with values as rules know them.

        Those that cannot be read so go to `misread`, if there is such a list.

        Raises:
            MisreadError: a value is no number though it should be, or a code that nobody named,
                and there is no such list.
        """
        result = connection.execute(query)
        got = {tag: self.codec(tag).got for tag in result.keys()}  # noqa: SIM118 - not a mapping
        found: list[dict[str, object]] = []
        for row in result.mappings().all():  # a row that fails leaves none behind
            try:
                found.append({tag: got[tag](value) for tag, value in row.items()})
            except (ValueError, ArithmeticError):
                error = self._misread(dict(row))
                if misread is None:
                    raise error from None
                misread.append(error)
        return [without_sides(row, self.signed) for row in found] if self.signed else found

    def understood_rows(
        self,
        connection: Connection,
        query: Select[Any] | None = None,
        values: Mapping[str, object] | None = None,
    ) -> list[dict[str, object]]:
        """Return, by tag, the rows of a query that `query` began, with its values; or all rows.

        None stands also for what is no number though it should be.
        """
        result = connection.execute(self.query() if query is None else query, values)
        tags = list(result.keys())
        got = [self.codec(tag).got for tag in tags]
        return [dict(zip(tags, understood(got, row), strict=True)) for row in result.all()]

    def _misread(self, row: Mapping[str, object]) -> MisreadError:
        """Name the first value of a row that cannot be read."""
        tag = next(tag for tag, value in row.items() if self._cannot_read(tag, value))
        return MisreadError(self.table.name, called(row), self.columns[tag].name, row[tag])

    def _cannot_read(self, tag: str, value: object) -> bool:
        try:
            self.got(tag, value)
        except (ValueError, ArithmeticError):
            return True
        return False

    def is_narrow(self, tag: str) -> bool:
        """Tell whether the column holds a text that is not Unicode (varchar, not nvarchar)."""
        return is_narrow(self.columns[tag].type)

    def numbers(self) -> dict[str, type]:
        """Return the tags whose columns hold numbers, with Python's type of them."""
        kinds = {tag: kind_of(column) for tag, column in self.columns.items()}
        return {tag: k for tag, k in kinds.items() if k is not object and not issubclass(k, str)}

    def is_number(self, tag: str) -> bool:
        """Tell whether the column holds a whole number."""
        return kind_of(self.columns[tag]) is int

    def sought(self, tag: str, values: Iterable[object]) -> list[Any]:
        """Return values as the column takes them, but for texts that nothing there can equal."""
        put = self.codec(tag).put
        return [put(v) for v in values if not isinstance(v, str) or self.fits(tag, v)]

    def fits(self, tag: str, value: str) -> bool:
        """Tell whether the column can hold a text; else nothing there can be equal to it."""
        return bool(value) and (not self.is_number(tag) or is_whole(value))


def needed_tables(settings: Settings) -> tuple[str, ...]:
    """Return Sage's tables without which a year cannot be used."""
    locks = FOR_LOCKS if settings.cobra.address.may_lock else ()
    return (*FOR_ADDRESSES, *(locks if settings.invoices is None else FOR_INVOICES))


def place_of(connection: Connection, profile: Profile, name: str) -> TableInfo:
    """Return where one of Sage's tables is."""
    return dialect_of(connection).locate(profile.tables.get(name, name), None)


def sage_table(
    connection: Connection,
    profile: Profile,
    name: str,
    year: Year | None = None,
    tags: Collection[str] = (),
) -> SageTable:
    """Find one of Sage's tables in a year database, with those tags that the relay works by.

    A tag that the profile renames must exist; one that it does not mention may be missing,
    unless the relay cannot do without it. Without a `year` nothing is said of other columns.
    `tags`: other ones than those.

    Raises:
        Refused: `sage_table_missing`; `sage_columns_missing`, which names all of them;
            `column_unsuitable`: its type can hold nothing of what the tag holds;
            `column_missing`, `constant_unsuitable`, `counter_unsuitable`.
    """
    where = place_of(connection, profile, name)
    try:
        table = read_table(connection, where)
    except Refused as refusal:
        raise Refused(
            "sage_table_missing", **(refusal.values | {"table": name, "real": where.name})
        ) from refusal
    columns = _columns(table, profile, name, tags or REFERENCE[name])
    _require_types(columns, profile, name)
    codecs = {tag: codec_of(profile, name, tag, column) for tag, column in columns.items()}
    amounts, named = profile.amounts.get(name, {}), profile.columns.get(name, {})
    kept = TOTALS if profile.totals == "sage" else frozenset()
    return SageTable(
        table,
        columns,
        codecs,
        additional=NONE if year is None else additional(connection, table, profile, name, year),
        signed=frozenset(t for t, amount in amounts.items() if amount.by_side and t in columns),
        kept=kept,
        unsent=tuple(t for t in REFERENCE[name] if t not in {*columns, *named, *kept}),
    )


def _require_types(columns: Mapping[str, Column[Any]], profile: Profile, name: str) -> None:
    for tag, column in columns.items():
        kind = kind_of(column)
        if kind is not object and not issubclass(kind, takes(profile, name, tag)):
            values = {"table": name, "tag": tag, "column": column.name, "type": str(column.type)}
            raise Refused("column_unsuitable", **values)


def _columns(
    table: Table, profile: Profile, name: str, tags: Collection[str]
) -> dict[str, Column[Any]]:
    """Return the column of each of these tags that has one.

    Raises:
        Refused: `sage_columns_missing`.
    """
    renames = profile.columns.get(name, {})
    names = {tag: real for tag in tags if (real := renames.get(tag, tag))}
    columns = {tag: by_name(table.c, real) for tag, real in names.items()}
    needed = renames.keys() | REQUIRED[name]
    missing = [tag for tag, column in columns.items() if column is None and tag in needed]
    if missing:
        lines = ", ".join(f'{tag} = "{renames.get(tag, "…")}"' for tag in missing)
        values = {"table": name, "real": table.name, "tags": ", ".join(missing), "lines": lines}
        raise Refused("sage_columns_missing", **values)
    return {tag: column for tag, column in columns.items() if column is not None}
