"""Knows where the relay's own tables are: SQL Server has the schema `relay`, SQLite a prefix."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import Column, MetaData, Table

from relay.database.hints import HINT, Hint

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
