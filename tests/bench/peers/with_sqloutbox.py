"""sqloutbox: the clerk's program pushes the statement for the target into a file of its own.

As its README says: `SQLMiddleware` pushes after the program's own commit, `OutboxSyncService`
delivers, and a writer of ours carries out each batch, here in one transaction.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

from sqloutbox import OutboxConfig, OutboxSyncService, SQLMiddleware, TargetConfig

from tests.bench.peers.counting import Change
from tests.bench.peers.side import BATCH, WRITE, Place, Side, transaction

TABLE = "Adr"


class Pushing(SQLMiddleware):
    """Its producer."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of its files."""
        self._config = OutboxConfig(db_dir=folder)

    def push(self, values: list[str]) -> None:
        """Enqueue what is to be carried out in the target."""
        self._push(TABLE, WRITE, values)


class WithSqloutbox(Side):
    """Its clerks' programs push after they committed."""

    name = "sqloutbox"
    lacks = (
        "its file is not in the program's transaction: what dies between the two commits is lost;"
        " at least once: an UPDATE is carried out again after a crash; no triggers: each program"
        " must push its statements; no record read afresh; one failing row holds back the table"
    )

    def __init__(self, place: Place) -> None:
        """Make its files."""
        super().__init__(place)
        target = TargetConfig(name="sage", tables=(TABLE,), batch_size=BATCH)
        config = OutboxConfig(
            db_dir=place.folder / "sqloutbox",
            targets=(target,),
            batch_size=BATCH,
            flush_interval=0.001,  # by default it looks once a second ...
            table_flush_threshold=1,  # ... and waits for fifteen rows ...
            table_max_wait=0,  # ... or six seconds
        )
        self._pushing = Pushing(config.db_dir)
        self._service = OutboxSyncService(config=config, writers={"sage": self})
        self._loop = asyncio.new_event_loop()
        self.open.callback(self._loop.close)
        self._delivering: asyncio.Task[None] | None = None

    def save(self, change: Change) -> None:
        """Commit the change, then push the statement."""
        super().save(change)
        self._pushing.push(self.content(change))

    def carry(self) -> None:
        """Let its service work until nothing is pending; between two calls it stands still."""
        if self._delivering is None:
            self._delivering = self._loop.create_task(self._service.run())
            self.open.callback(self._stop)
        self._loop.run_until_complete(self._until_empty())

    def run(self) -> None:
        """Run its service until killed."""
        self._loop.run_until_complete(self._service.run())

    def left(self) -> int:
        """Count the statements that are not delivered."""
        pending: int = self._service.total_pending()
        return pending

    async def write_batch(self, stmts: list[tuple[str, list[Any]]]) -> list[dict[str, Any]]:
        """Carry out a batch in the target; what fails says so in its place."""
        with transaction(self.target):
            return [self._carried_out(*each) for each in stmts]

    def _carried_out(self, statement: str, values: list[Any]) -> dict[str, Any]:
        try:
            cursor = self.target.execute(statement, values)
        except sqlite3.Error as error:
            return {"ok": False, "error": str(error)}
        return {"ok": True, "rows_affected": cursor.rowcount, "rows": cursor.fetchall()}

    async def _until_empty(self) -> None:
        while self.left():  # noqa: ASYNC110 - its own count is all that tells
            await asyncio.sleep(0.002)

    def _stop(self) -> None:
        self._service.request_stop()
        if self._delivering is not None:
            self._loop.run_until_complete(self._delivering)
