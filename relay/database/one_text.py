"""Knows how many values go over: as one text of JSON, if a database can read it, else as a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum, auto
from typing import Any

import orjson
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Numeric,
    Select,
    TypeDecorator,
    Unicode,
    UnicodeText,
    bindparam,
    cast,
    collate,
    func,
    literal_column,
)
from sqlalchemy.dialects.mssql import VARCHAR
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import operators, roles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

from relay.database.base import chunks
from relay.database.columns import collation_of, is_narrow, is_text

_NAME: ColumnElement[Any] = literal_column("[listed].[key]")


class JsonReading(Enum):
    """How a database reads a text of JSON: the engine's dialect knows since it connected."""

    NOT = auto()
    """Not at all: SQLite here, and SQL Server below compatibility level 130."""
    EXACT = auto()
    """Each value arrives as it was sent."""
    ESCAPED = auto()
    """Texts arrive as JSON writes them, and cut where they are long (Babelfish)."""


def reading(dialect: Any) -> JsonReading:
    """Return how the database of a dialect of SQLAlchemy's reads; one never asked does not."""
    how: JsonReading = getattr(dialect, "relay_reading", JsonReading.NOT)
    return how


def json_text(value: object) -> str:
    """Write numbers, texts, days, times, GUIDs and NULLs so that no language reads them otherwise.

    Raises:
        ValueError: JSON has no such value: half a surrogate pair, a number beyond 64 bits.
    """
    try:
        return orjson.dumps(value, default=_exact).decode()
    except orjson.JSONEncodeError as error:
        raise ValueError(str(error)) from error


def _exact(value: object) -> str:
    """Write what JSON's own numbers would round."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(type(value).__name__)


def sent(kind: TypeEngine[Any], value: Any, dialect: Any) -> Any:
    """Return a value as its column's own type sends it."""
    return kind.process_bind_param(value, dialect) if isinstance(kind, TypeDecorator) else value


class JsonText(TypeDecorator[Any]):
    """The type of the one parameter: rows, a tuple each."""

    impl = UnicodeText
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        """Write it."""
        return json_text(value)


class JsonNames(JsonText):
    """The same for a list of values of one type: they are the names in an object.

    So they are texts of at most 4,000 characters, each once, and every server reads them exactly.
    """

    cache_ok = True

    def __init__(self, kind: TypeEngine[Any], collation: str | None) -> None:
        """Take the type of the column that the values meet, and its collation, if it has one."""
        super().__init__()
        self.kind = kind
        self.collation = collation

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Any) -> str:
        """Write it; what is NULL is equal to nothing."""
        values = (sent(self.kind, each, dialect) for each in value or ())
        return json_text({_name(each): 0 for each in values if each is not None})


def _name(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


class Keys(roles.InElementRole, FunctionElement[Any]):
    """The right side of IN: both forms, of which each database's dialect writes one."""

    inherit_cache = True

    def __init__(self, one: BindParameter[Any], several: BindParameter[Any]) -> None:
        """Take the parameter that stands for all values, and the one that is spelled out."""
        super().__init__(one, several)


@compiles(Keys)
def _several(element: Keys, compiler: Any, **kw: Any) -> str:
    _one, several = element.clauses
    return str(compiler.process(several, **kw))


@compiles(Keys, "mssql")
def _one(element: Keys, compiler: Any, **kw: Any) -> str:
    if reading(compiler.dialect) is JsonReading.NOT:
        return _several(element, compiler, **kw)
    one: Any = next(iter(element.clauses))
    value = compiler.process(_met(one.type), **kw)
    return f"(SELECT {value} FROM OPENJSON({compiler.process(one, **kw)}) AS [listed])"  # noqa: S608 - our own text around what the compiler quotes


def _met(kind: JsonNames) -> ColumnElement[Any]:
    """Return a name as the column has it that it meets: its type, its collation.

    Said on this side, so that the column's index is used; a name has a collation of its own.
    """
    real = kind.kind
    if isinstance(real, NullType) or (isinstance(real, Numeric) and real.precision is None):
        return _NAME  # a cast would lose decimals
    if not is_text(real):
        return cast(_NAME, real)
    # One that is too long is equal to nothing; cut to the column's length it could be.
    typed = cast(_NAME, VARCHAR(8000)) if is_narrow(real) else _NAME
    written: Any = collate(typed, kind.collation or "DATABASE_DEFAULT")
    expression = real.bind_expression(written)
    return written if expression is None else expression


def among(column: ColumnElement[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Return `column IN (values)`."""
    return column.in_(_keys(column, {"key": None, "value": list(values), "unique": True}))


def rows_among(
    connection: Connection, query: Select[Any], column: ColumnElement[Any], values: Sequence[Any]
) -> list[Any]:
    """Return a query's rows that have one of many values in a column; none for no value."""
    found: list[Any] = []
    for some in chunks(values):
        found += connection.execute(query.where(among(column, some))).all()
    return found


def in_capitals(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return `UPPER(column) IN (UPPER(value), …)`, of a list: large and small letters are alike."""
    return func.upper(column).in_(_keys(column, {"key": name}, _Capitals()))


class _Capitals(Unicode):
    """A text that the database writes in capitals, by its own rules, before it compares."""

    def bind_expression(self, bindvalue: BindParameter[str]) -> ColumnElement[str]:
        """Put each value of a list into the database's own function."""
        return func.upper(bindvalue)


def listed(name: str, column: ColumnElement[Any]) -> Keys:
    """Return what stands in a statement for a list of values (`column.in_(listed(…))`)."""
    return _keys(column, {"key": name})


def _keys(
    column: ColumnElement[Any], parameter: Mapping[str, Any], kind: TypeEngine[Any] | None = None
) -> Keys:
    kind = column.type if kind is None else kind
    # As one parameter, or each value of each list would be looked at, whether it is an expression.
    several: Any = bindparam(**parameter, type_=kind, expanding=True)
    several.expand_op = operators.in_op
    return Keys(bindparam(**parameter, type_=JsonNames(kind, collation_of(column))), several)
