"""Knows how the conditions of the configuration are said in SQL, as the relay itself reads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Unicode, and_, false, func, literal, literal_column, not_, or_

from relay.base.days import NO_DAYS
from relay.database import Dialect
from relay.database.reflection import python_type
from relay.settings.section import Condition, Named, meant

_DAY, _TIME = len("2026-01-31"), len("2026-01-31T12:30:00")


def holds(dialect: Dialect, column: Any, condition: Condition) -> ColumnElement[bool]:
    """Say that a column fulfils a condition; never NULL."""
    if not condition.asks_for_null:
        return among(dialect, column, [condition.is_])
    empty: ColumnElement[bool] = or_(column.is_(None), *_says_nothing(dialect, column))
    return empty if condition.is_ == "null" else not_(empty)


def among(dialect: Dialect, column: Any, named: Iterable[Named]) -> ColumnElement[bool]:
    """Say that a column has one of the values that are named, by the column's type."""
    equal = or_(false(), *(_equals(dialect, column, each) for each in named))
    return and_(column.is_not(None), equal)


def _says_nothing(dialect: Dialect, column: Any) -> Iterable[ColumnElement[bool]]:
    kind = python_type(column)
    if issubclass(kind, str):
        yield func.ltrim(func.rtrim(column)) == _literal("")
        yield func.substring(column, 1, _DAY).in_(_no_days())
    elif issubclass(kind, date):
        yield dialect.time_text(column, _DAY).in_(_no_days())


def _no_days() -> list[ColumnElement[str]]:
    return [_literal(day.isoformat()) for day in sorted(NO_DAYS)]


def _equals(dialect: Dialect, column: Any, named: Named) -> ColumnElement[bool]:
    kind = python_type(column)
    wanted = meant(named, kind)
    if wanted is None:
        return false()
    if isinstance(wanted, bool | Decimal):
        number: ColumnElement[Any] = literal_column(f"{Decimal(wanted):f}")
        return column == number  # type: ignore[no-any-return] # a column of any type
    if isinstance(wanted, datetime):
        return dialect.time_text(column, _TIME) == _literal(wanted.isoformat()[:_TIME])
    if isinstance(wanted, date):
        return dialect.time_text(column, _DAY) == _literal(wanted.isoformat())
    if isinstance(wanted, UUID):
        return func.upper(dialect.key_text(column)) == _literal(str(wanted).upper())
    return func.ltrim(func.rtrim(column)) == _literal(str(wanted))


def _literal(text: str) -> ColumnElement[str]:
    return literal(text, Unicode())
