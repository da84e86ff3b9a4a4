"""Knows how databases keep time: UTC, by the clock of the server alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, TypeDecorator
from sqlalchemy.dialects.mssql import DATETIME2
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

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
