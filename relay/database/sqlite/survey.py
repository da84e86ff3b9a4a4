"""Knows what can be asked of an SQLite file: it has no server, no users and no other settings."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.capture import TRIGGER_PREFIX
from relay.database.survey import (
    DatabaseFacts,
    FileFacts,
    FoundColumn,
    LinkFacts,
    LoginFacts,
    Permission,
    RivalTrigger,
    ServerFacts,
    Survey,
    grouped,
)

MB = 1024 * 1024
_TRIGGERS = """
SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :name COLLATE NOCASE
ORDER BY name
"""
_COLUMNS = r"""
SELECT m.name AS table_name, c.name, c.type
FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
WHERE m.type = 'table' AND m.name NOT LIKE 'relay!_%' ESCAPE '!'
    AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'
ORDER BY m.name, c.cid
"""


class SqliteSurvey(Survey):
    """SQLite: who may write the file may do everything."""

    name = "sqlite"

    def server(self, connection: Connection) -> ServerFacts:
        """Name the library, which comes with Python and is new enough."""
        return ServerFacts(version=sqlite3.sqlite_version, is_old=False, edition="SQLite")

    def database(self, connection: Connection) -> DatabaseFacts:
        """Return nothing: SQLite keeps no such settings in the file."""
        return DatabaseFacts()

    def link(self, connection: Connection) -> LinkFacts:
        """Return nothing: the file is opened by this process."""
        return LinkFacts()

    def files(self, connection: Connection) -> list[FileFacts]:
        """Look at the file and the room beside it."""
        path = Path(str(connection.engine.url.database)).resolve()
        size = path.stat().st_size // MB
        return [
            FileFacts(
                path.name,
                is_log=False,
                size=size,
                used=size,
                disk_free=shutil.disk_usage(path.parent).free // MB,
            )
        ]

    def login(self, connection: Connection) -> LoginFacts:
        """Name nobody: SQLite has no users."""
        return LoginFacts("", owns_database=False)

    def may(self, connection: Connection, right: str, what: str) -> bool | None:
        """Allow everything to whoever opened the file."""
        return True

    def permissions(self, connection: Connection) -> list[Permission]:
        """Return none: nothing is granted to anybody."""
        return []

    def rivals(self, connection: Connection, table: TableInfo) -> list[RivalTrigger]:
        """Ask the catalogue; on a table SQLite has no INSTEAD OF."""
        names = connection.execute(text(_TRIGGERS), {"name": table.name}).scalars()
        return [
            RivalTrigger(name, is_instead=False)
            for name in names
            if not name.casefold().startswith(TRIGGER_PREFIX)
        ]

    def statements(self, connection: Connection, word: str) -> list[str] | None:
        """Return none: SQLite's triggers let every statement pass."""
        return []

    def tables(self, connection: Connection) -> Mapping[TableInfo, list[FoundColumn]]:
        """Ask the catalogue."""
        return grouped(
            (TableInfo(None, row.table_name), FoundColumn(row.name, row.type or "-"))
            for row in connection.execute(text(_COLUMNS))
        )
