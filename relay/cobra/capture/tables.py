"""Knows which tables are captured, and everything that can keep a table from being captured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from relay.base.errors import Unfit
from relay.base.values import Entity, Problem
from relay.database import TableInfo, capture_of, dialect_of
from relay.database.base import KEY_LENGTH
from relay.database.capture import Notice
from relay.database.catalogue import ColumnInfo
from relay.database.names import by_name
from relay.settings import Settings
from relay.settings.cobra import CapturedSection

TABLES = ("address", "invoice", "position")
"""What we call the tables that can be captured."""


class NotCapturable(Unfit):
    """Tables cannot be captured as configured; `problems` lists all reasons at once."""

    def __init__(self, problems: list[Problem]) -> None:
        """Count the problems for the text; each has its own code and values."""
        super().__init__("not_capturable", count=len(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class CapturedTable:
    """A table that is captured, as the configuration tells it."""

    name: str
    """What we call it: `address`, `invoice` or `position`; its triggers are named so."""
    entity: str
    """What its entries are about: a position's are about its invoice."""
    section: CapturedSection
    where: TableInfo
    record: str | None = None
    """The column with the key of the record that an entry names; None: the row's own key."""

    def described(self, found: list[ColumnInfo]) -> Notice:
        """Return what the triggers write, with the columns as the catalogue knows them."""
        key, changed_by = self.section.key, self.section.changed_by
        columns = {ours: by_name(found, real) for ours, real in self.section.captured().items()}
        return Notice(
            entity=self.entity,
            key=columns.pop("key"),
            record=by_name(found, self.record or key),
            part=None if self.record is None else self.name,
            fields=columns,
            changed_by=None if changed_by is None else by_name(found, changed_by),
        )


def captured_tables(connection: Connection, settings: Settings) -> list[CapturedTable]:
    """Return the configured tables: addresses, and with invoices their headers and positions."""
    sections: list[tuple[str, Entity, CapturedSection, str | None]]
    sections = [("address", Entity.ADDRESS, settings.cobra.address, None)]
    if settings.invoices is not None:
        invoice, position = settings.invoices
        sections.append(("invoice", Entity.INVOICE, invoice, None))
        sections.append(("position", Entity.INVOICE, position, position.invoice))
    locate = dialect_of(connection).locate
    return [
        CapturedTable(name, entity, section, locate(section.table, section.schema_name), record)
        for name, entity, section, record in sections
    ]


def describe(connection: Connection, table: CapturedTable) -> tuple[object, Notice]:
    """Return what identifies a table in the catalogue, and what its triggers have to know.

    Raises:
        NotCapturable: the table or columns are not there.
    """
    capture = capture_of(connection)
    found = capture.table(connection, table.where)
    if found is None:
        missing = _problem("table_missing", table, schema=table.where.schema or "-")
        raise NotCapturable([missing])
    if not found.carries_triggers:
        raise NotCapturable([_problem("table_without_triggers", table)])
    columns = capture.columns(connection, table.where)
    absent = [name for name in _distinct(table) if by_name(columns, name) is None]
    if absent:
        raise NotCapturable([_problem("column_missing", table, column=n) for n in absent])
    return found.id, table.described(columns)


def problems_of(connection: Connection, table: CapturedTable) -> list[Problem]:
    """Return all that speaks against capturing a table."""
    try:
        _, notice = describe(connection, table)
    except NotCapturable as missing:
        return missing.problems
    return [
        *_unsuitable_columns(connection, table, notice),
        *_unsuitable_key(connection, table, notice.key),
        *_unsuitable_record(connection, table, notice),
        *_no_access(connection, table),
    ]


def _unsuitable_columns(
    connection: Connection, table: CapturedTable, notice: Notice
) -> Iterator[Problem]:
    capture = capture_of(connection)
    read = [*notice.fields.values(), *([notice.changed_by] if notice.changed_by else [])]
    for column in {column.name: column for column in read}.values():
        if not capture.comparable(column):
            yield _column_problem("column_not_comparable", table, column)
        elif column.computed:
            yield _column_problem("column_computed", table, column)


def _unsuitable_key(
    connection: Connection, table: CapturedTable, key: ColumnInfo
) -> Iterator[Problem]:
    capture = capture_of(connection)
    if not capture.has_one_text(key) or not capture.comparable(key) or key.computed:
        yield _column_problem("key_type_unsuitable", table, key)
    elif "char" in key.type and (key.length is None or key.length > KEY_LENGTH):
        yield _column_problem("key_too_long", table, key, longest=KEY_LENGTH)
    if key.nullable:
        yield _column_problem("key_nullable", table, key)
    if key.name not in capture.unique_columns(connection, table.where):
        yield _column_problem("key_not_unique", table, key)


def _unsuitable_record(
    connection: Connection, table: CapturedTable, notice: Notice
) -> Iterator[Problem]:
    """A position names its invoice by a text that must be the same as the invoice's own key."""
    capture = capture_of(connection)
    if table.record is not None and not capture.has_one_text(notice.record):
        yield _column_problem("key_type_unsuitable", table, notice.record)


def _no_access(connection: Connection, table: CapturedTable) -> Iterator[Problem]:
    capture = capture_of(connection)
    owner, relay_owner = capture.owners(connection, table.where)
    if None not in (owner, relay_owner) and owner != relay_owner:
        yield _problem("owner_differs", table, owner=owner, relay_owner=relay_owner)
    if not capture.may_alter(connection, table.where):
        yield _problem("trigger_right_missing", table)


def _distinct(table: CapturedTable) -> list[str]:
    section = table.section
    names = [section.key, *section.captured().values(), section.changed_by]
    return [name for name in dict.fromkeys(names) if name is not None]


def _problem(code: str, table: CapturedTable, **values: object) -> Problem:
    return Problem(code, {"entity": table.entity, "table": table.section.table} | values)


def _column_problem(
    code: str, table: CapturedTable, column: ColumnInfo, **values: object
) -> Problem:
    return _problem(code, table, column=column.name, type=column.declared, **values)
