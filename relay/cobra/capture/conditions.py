"""Knows whether the conditions of the configuration can tell anything of cobra's columns.

A flag that never comes true would let deleted addresses live on, and drafts or nothing at all go
over, and nobody would be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.engine import Connection

from relay.base.errors import Refused, Unfit
from relay.base.values import Problem
from relay.database.reflection import column_named, python_type, table_of
from relay.settings import Address, Condition, InvoiceSection, Selection, Settings

NAMES = ("final", "cancelled", "deleted", "restricted")


def require_conditions(connection: Connection, settings: Settings) -> None:
    """Refuse to work by conditions that are never or always true.

    Raises:
        Unfit: `condition_cannot_tell`, of the first one.
    """
    for problem in condition_problems(connection, settings):
        raise Unfit(problem.code, **problem.values)


def condition_problems(connection: Connection, settings: Settings) -> Iterator[Problem]:
    """Yield the conditions that are never or always true; what is not there others tell."""
    sections: dict[str, Address | InvoiceSection] = {"address": settings.cobra.address}
    if settings.invoices is not None:
        sections["invoice"] = settings.invoices[0]
    for name, section in sections.items():
        try:
            table = table_of(connection, section)
            for key, condition, real in _conditions(section):
                column = column_named(table, real)
                if not _can_tell(condition, column):
                    yield _problem(f"cobra.{name}.{key}", condition, real, column)
        except Refused:
            continue


def _conditions(
    section: Address | InvoiceSection,
) -> Iterator[tuple[str, Condition | Selection, str]]:
    for name in NAMES:
        condition: Condition | None = getattr(section, name, None)
        if condition is not None:
            yield name, condition, condition.column
    if isinstance(section, Address) and section.selection is not None:
        yield "selection", section.selection, section.fields[section.selection.field]


def _can_tell(condition: Condition | Selection, column: Any) -> bool:
    kind = python_type(column, object)
    if kind is object:
        return True  # SQLite: a column without a declared type holds anything
    length: int | None = getattr(column.type, "length", None)
    if isinstance(condition, Selection):
        return condition.can_tell(kind, length)
    return condition.can_tell(kind, length, nullable=column.nullable)


def _problem(key: str, condition: Condition | Selection, configured: str, column: Any) -> Problem:
    named = condition.in_ if isinstance(condition, Selection) else [condition.is_]
    about = {"named": ", ".join(map(str, named)), "column": configured, "type": str(column.type)}
    return Problem("condition_cannot_tell", {"key": key} | about)
