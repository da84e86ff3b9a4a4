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


class utc_in(FunctionElement[datetime]):
    """The server's clock in UTC plus so many milliseconds."""

    type = UtcDateTime()
    inherit_cache = True


class days_ago(FunctionElement[datetime]):
    """The server's clock in UTC minus so many days."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(utcnow, "mssql")
def _utcnow_mssql(element: Any, compiler: Any, **kw: Any) -> str:
    return "CAST(SYSUTCDATETIME() AS datetime2(3))"


@compiles(utcnow, "sqlite")
def _utcnow_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f', 'now')"


@compiles(utc_in, "mssql")
def _utc_in_mssql(element: Any, compiler: Any, **kw: Any) -> str:
    (milliseconds,) = element.clauses
    amount = compiler.process(milliseconds, **kw)
    return f"CAST(DATEADD(millisecond, {amount}, SYSUTCDATETIME()) AS datetime2(3))"


@compiles(utc_in, "sqlite")
def _utc_in_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    (milliseconds,) = element.clauses
    amount = compiler.process(milliseconds, **kw)
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', ({amount} / 1000.0) || ' seconds')"


@compiles(days_ago, "mssql")
def _days_ago_mssql(element: Any, compiler: Any, **kw: Any) -> str:
    (days,) = element.clauses
    return (
        f"CAST(DATEADD(day, -({compiler.process(days, **kw)}), SYSUTCDATETIME()) AS datetime2(3))"
    )


@compiles(days_ago, "sqlite")
def _days_ago_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    (days,) = element.clauses
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', -({compiler.process(days, **kw)}) || ' days')"
