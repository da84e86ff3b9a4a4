"""Knows what a row of Sage has beside the tags: constants, numbers of counters, whose row it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from getpass import getuser
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table
from sqlalchemy.engine import Connection

from relay.base.errors import Refused
from relay.database.reflection import column_named
from relay.sage.codecs import kind_of
from relay.sage.counters import CounterRow, counter_row
from relay.sage.reference import REFERENCE
from relay.settings import Profile, Year
from relay.settings.profile import Counter, Expression, Value


@dataclass(frozen=True, slots=True)
class Filled:
    """A column without a tag, and what is written there."""

    name: str
    value: object
    """As the column takes it; or an `Expression` that is another one in each row or batch."""
    on: str
    convert: Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Additional:
    """What the rows of a table have beside the tags."""

    filled: tuple[Filled, ...] = ()
    numbered: Mapping[str, CounterRow] = field(default_factory=dict)
    """Column without a tag to the counter of its numbers."""
    documents: CounterRow | None = None
    """The counter of document numbers."""
    only: Mapping[str, object] = field(default_factory=dict)
    """Column to the value that it has in our rows."""

    def filled_on(self, change: str) -> list[Filled]:
        """Return the columns that an `insert` or an `update` fills."""
        return [each for each in self.filled if each.on in (change, "both")]


NONE = Additional()


def additional(
    connection: Connection, table: Table, profile: Profile, name: str, year: Year
) -> Additional:
    """Return what the profile says of a table's other columns.

    Raises:
        Refused: `column_missing`, `column_mapped_twice`, `constant_unsuitable`, or a counter
            cannot be found or used.
    """
    place = _Place(connection, table, profile, name, year)
    keys = profile.keys.get(name, {})
    counters = {column: counter for column, counter in keys.items() if isinstance(counter, Counter)}
    documents = counters.pop("BlgNr", None)
    for column in keys.keys() - counters.keys() - {"BlgNr"}:
        place.column(column)
    return Additional(
        filled=tuple(
            place.filled(column, constant.value, constant.on)
            for column, constant in profile.constants.get(name, {}).items()
        ),
        numbered={
            place.column(column).name: counter_row(connection, counter)
            for column, counter in counters.items()
        },
        documents=None if documents is None else counter_row(connection, documents),
        only={
            place.column(column).name: place.filled(column, value, "both").value
            for column, value in profile.only.get(name, {}).items()
        },
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A table of a year."""

    connection: Connection
    table: Table
    profile: Profile
    name: str
    year: Year

    def column(self, configured: str) -> Column[Any]:
        column: Column[Any] = column_named(self.table, configured)
        renames = self.profile.columns.get(self.name, {})
        for tag in REFERENCE[self.name]:
            if renames.get(tag, tag).casefold() == column.name.casefold():
                raise Refused("column_mapped_twice", table=self.name, tag=tag, column=column.name)
        return column

    def filled(self, configured: str, value: Value, on: str) -> Filled:
        column = self.column(configured)
        known = self._known(value)
        if isinstance(known, Expression):
            return Filled(column.name, known, on, lambda each: fitting(column, each))
        try:
            return Filled(column.name, fitting(column, known), on, lambda each: each)
        except (TypeError, ValueError, ArithmeticError) as error:
            values = {"table": self.name, "column": column.name, "value": known}
            raise Refused("constant_unsuitable", **values, type=str(column.type)) from error

    def _known(self, value: Value) -> Value:
        """Return what an expression means in this year, where it is the same in all rows."""
        url = self.connection.engine.url
        known = {
            # Where no login is named, it is the account under which the relay runs.
            Expression.USER: url.username or getuser(),
            Expression.YEAR: self.year.name,
            Expression.MANDANT: self.year.mandant,
        }
        return known.get(value, value) if isinstance(value, Expression) else value


def fitting(column: Column[Any], value: Any) -> object:
    """Return a value as a column takes it.

    Raises:
        ValueError: it cannot, or only part of it.
    """
    kind = kind_of(column)
    if issubclass(kind, str):
        return _text(column, value)
    if kind is object:
        return str(value) if isinstance(value, UUID | Decimal | date) else value
    if kind is UUID:
        return UUID(str(value))
    if issubclass(kind, date):
        return _day(kind, value)
    number = Decimal(int(value) if isinstance(value, bool) else str(value))
    if issubclass(kind, int) and number != number.to_integral_value():
        raise ValueError(value)
    convert: Any = kind
    return convert(number)


def _text(column: Column[Any], value: object) -> str:
    length = getattr(column.type, "length", None)
    text = str(int(value)) if isinstance(value, bool) else str(value)
    if isinstance(value, datetime):
        text = value.isoformat(" ", "seconds")[:length]
    if length is not None and len(text) > length:
        raise ValueError(value)
    return text


def _day(kind: type, value: Any) -> date:
    if not isinstance(value, date):
        raise TypeError(value)
    if issubclass(kind, datetime):
        return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return value.date() if isinstance(value, datetime) else value
