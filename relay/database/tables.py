"""Knows where the relay's own tables are: SQL Server has the schema `relay`, SQLite a prefix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Column, MetaData, Table

from relay.database.hints import HINT, Hint

T = TypeVar("T")
Own = Callable[..., Table]
"""Makes one of the relay's own tables of its name, its columns and the hint of its updates."""


def table_name(dialect: str, name: str) -> str:
    """Return the table's name in SQL text: `relay.outbox`, or `relay_outbox` on SQLite."""
    return f"relay_{name}" if dialect == "sqlite" else f"relay.{name}"


def owning(dialect: str) -> Own:
    """Return what makes the relay's own tables where a dialect (`mssql` or `sqlite`) keeps them."""
    return partial(_own_table, MetaData(), dialect)


def _own_table(
    metadata: MetaData, dialect: str, name: str, *columns: Column[object], hint: Hint | None = None
) -> Table:
    info = {HINT: hint}
    if dialect == "sqlite":
        return Table(f"relay_{name}", metadata, *columns, info=info)
    return Table(name, metadata, *columns, schema="relay", info=info)


def own_table(name: str, *columns: Column[Any], hint: Hint | None = None) -> Table:
    """Declare one of the relay's own tables as SQL Server has it; `hint` is that of its updates."""
    return Table(name, MetaData(), *columns, schema="relay", info={HINT: hint})


def placed(tables: type[T], dialect: str) -> T:
    """Return declared tables, a dataclass with a field for each, where a dialect keeps them."""
    if dialect != "sqlite":
        return tables()
    declared: Any = tables
    own: dict[str, Any] = {field.name: field.default for field in fields(declared)}
    copied = {
        name: table.to_metadata(MetaData(), schema=None, name=table_name(dialect, table.name))
        for name, table in own.items()
    }
    return tables(**copied)
