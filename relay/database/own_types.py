"""Knows the types of the relay's own columns: UTC times, exact decimals, texts that may be cut.

Times are compared and set by the clock of the server alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Numeric, TypeDecorator, Unicode
from sqlalchemy.dialects.mssql import DATETIME2
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from relay.base.width import abbreviated

_DATETIME2: Any = DATETIME2


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time: DATETIME2(3) on SQL Server, ISO text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        """Choose the column type of the dialect."""
        return dialect.type_descriptor(_DATETIME2(3) if dialect.name == "mssql" else DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Store UTC without a zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """Return an aware time."""
        return None if value is None else value.replace(tzinfo=UTC)


class utcnow(FunctionElement[datetime]):
    """The server's clock in UTC; times are compared and set by the server alone."""

    type = UtcDateTime()
    inherit_cache = True
    mssql = "SYSUTCDATETIME()"
    sqlite = "'now'"


class utc_in(utcnow):
    """The server's clock in UTC plus so many milliseconds."""

    inherit_cache = True
    mssql = "DATEADD(millisecond, {}, SYSUTCDATETIME())"
    sqlite = "'now', ({} / 1000.0) || ' seconds'"


class days_ago(utcnow):
    """The server's clock in UTC minus so many days."""

    inherit_cache = True
    mssql = "DATEADD(day, -({}), SYSUTCDATETIME())"
    sqlite = "'now', -({}) || ' days'"


@compiles(utcnow, "mssql")
def _on_mssql(element: Any, compiler: Any, **kw: Any) -> str:
    amounts = (compiler.process(each, **kw) for each in element.clauses)
    return f"CAST({element.mssql.format(*amounts)} AS datetime2(3))"


@compiles(utcnow, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    amounts = (compiler.process(each, **kw) for each in element.clauses)
    return f"strftime('%Y-%m-%d %H:%M:%f', {element.sqlite.format(*amounts)})"


class Exact(Numeric[Decimal]):
    """A decimal with a fixed number of places.

    SQLite knows no exact numbers but whole ones, so 12.50 is kept there as 1250: sums stay exact.
    On SQL Server the driver's own type takes the place of this one.
    """

    def __init__(self, places: int) -> None:
        """Take the places after the point; 19 digits in all."""
        super().__init__(19, places)
        self.places = places

    @property
    def limit(self) -> Decimal:
        """The smallest amount that is too large."""
        return Decimal(10) ** (18 - self.places)  # 18 digits fit SQLite's 64 bits

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any] | None:
        """Store a whole number."""
        return lambda value: None if value is None else int(Decimal(value).scaleb(self.places))

    def result_processor(self, dialect: Any, coltype: object) -> Callable[[Any], Any] | None:
        """Return the decimal."""
        return lambda value: None if value is None else Decimal(value).scaleb(-self.places)

    def adapt(self, cls: Any, **kw: Any) -> Any:
        """Let a dialect with decimals of its own use its type."""
        if cls is type(self):
            return Exact(self.places)
        return cls(precision=self.precision, scale=self.scale, asdecimal=True)


class Words(TypeDecorator[str]):
    """A text for people, at most so long as SQL Server counts: it is cut and ends with "…".

    A text that is compared as a whole, a key or a code, has no such column: cut, it would be
    another one, so there the database refuses what is too long.
    """

    impl = Unicode
    cache_ok = True

    def __init__(self, length: int) -> None:
        """Take the column's length, in UTF-16 units."""
        super().__init__(length)
        self.length = length

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        """Cut what is too long, on both dialects alike."""
        return None if value is None else abbreviated(value, self.length)
