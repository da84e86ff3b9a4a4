"""Knows where the relay's own tables are: SQL Server has the schema `relay`, SQLite a prefix."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Column, MetaData, Table

from relay.database.hints import HINT, Hint

T = TypeVar("T")


def table_name(dialect: str, name: str) -> str:
    """Return the table's name in SQL text: `relay.outbox`, or `relay_outbox` on SQLite."""
    return f"relay_{name}" if dialect == "sqlite" else f"relay.{name}"


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
