"""Lets a test write entries, deliveries, years and pauses as the relay leaves them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.engine import Engine

from relay.cobra.tables import source_tables
from tests.world.window import Rows, Window


class Book:
    """Cobra's outbox, written row by row, and a window to ask in."""

    def __init__(self, engine: Engine, window: Window) -> None:
        """Take an engine to write with."""
        self._engine = engine
        self._window = window
        self.refusals = window.refusals
        self.tables = source_tables(engine.dialect.name)

    def entry(self, key: str, status: str = "pending", **columns: Any) -> int:
        """Write an entry of an address; returns its number."""
        o = self.tables.outbox
        row = {"entity": "address", "entity_key": key, "operation": "update", "status": status}
        with self._engine.begin() as connection:
            connection.execute(insert(o).inline().values(**(row | columns)))
            number = connection.execute(select(func.max(o.c.id))).scalar_one()
        return int(number)

    def delivery(self, entry: int, year: str, status: str, **columns: Any) -> None:
        """Write a delivery."""
        row = {"outbox_id": entry, "year": year, "status": status}
        self._write(self.tables.delivery, row | columns)

    def year(self, name: str, state: str = "ready", error: str | None = None) -> None:
        """Write how the relay last saw a year."""
        self._write(self.tables.year, {"name": name, "state": state, "error": error})

    def pause(self, scope: str, reason: str) -> None:
        """Pause a year."""
        self._write(self.tables.pause, {"scope": scope, "reason": reason, "created_by": "Rosa"})

    def audited(self, action: str, subject: str, reason: str, detail: str) -> None:
        """Write that a person did something."""
        row = {"action": action, "subject": subject, "reason": reason, "detail": detail}
        self._write(self.tables.audit, row | {"who": "Rosa"})

    def _write(self, table: Table, row: dict[str, Any]) -> None:
        known = {name: value for name, value in row.items() if value is not None}
        with self._engine.begin() as connection:
            connection.execute(insert(table).inline().values(**known))

    def rows(self, table: Table) -> list[Any]:
        """Return a table's rows, oldest first."""
        with self._engine.connect() as connection:
            return list(connection.execute(select(table).order_by(*table.primary_key)).all())

    def ask(self, sql: str) -> Rows:
        """Ask as a person does; write `relay.` before a name on both dialects."""
        return self._window.ask(sql)

    def run(self, sql: str) -> list[Rows]:
        """Run statements as a person does."""
        return self._window.run(sql)


def ago(**time: float) -> datetime:
    """Return a time before now."""
    return datetime.now(UTC) - timedelta(**time)
