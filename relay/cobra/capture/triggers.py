"""Knows how a capture trigger is called, and how its text comes from the template."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template

from sqlalchemy.engine import Connection

from relay.base.files import read_sql
from relay.cobra.capture.tables import CapturedTable, captured_tables, describe
from relay.database import TableInfo, capture_of
from relay.database.capture import quoted
from relay.settings import Settings

ACTIONS = ("insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class Trigger:
    """A trigger as it shall be installed."""

    name: str
    table: str
    """The captured table, as it is configured."""
    action: str
    sql: str
    watched: object
    """The captured table, by what identifies it in the catalogue."""


def render(connection: Connection, settings: Settings) -> list[Trigger]:
    """Return the triggers that the configured mapping asks for.

    Raises:
        NotCapturable: a table or columns are not there.
    """
    return [
        trigger
        for table in captured_tables(connection, settings)
        for trigger in render_table(connection, table)
    ]


def render_table(connection: Connection, table: CapturedTable) -> list[Trigger]:
    """Return one table's triggers; raises as `render` does."""
    watched, notice = describe(connection, table)
    capture = capture_of(connection)
    values = {**capture.placeholders(notice), "table": quoted(connection, table.where)}
    found = []
    for action in ACTIONS:
        name = f"relay_{table.name}_{action}"
        where = quoted(connection, TableInfo(table.where.schema, name))
        sql = template(capture.name, action).substitute(values, trigger=where)
        found.append(Trigger(name, table.section.table, action, sql, watched))
    return found


def template(dialect: str, action: str) -> Template:
    """Return a template without its first line, which is a comment for its reader."""
    _, body = read_sql(dialect, f"capture/{action}").split("\n", 1)
    return Template(body.strip())
