"""Knows what can be asked of an SQLite file: it has no server, no users and no other settings."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.capture import TRIGGER_PREFIX
from relay.database.sqlite import catalogue
from relay.database.survey import (
    DatabaseFacts,
    FileFacts,
    FoundColumn,
    FoundKey,
    KeyColumn,
    LinkFacts,
    LoginFacts,
    Permission,
    RivalTrigger,
    ServerFacts,
    Survey,
    best_keys,
    grouped,
)

MB = 1024 * 1024
_INSTEAD = re.compile(r"\bINSTEAD\s+OF\s+(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
_TRIGGERS = """
SELECT name, sql FROM sqlite_master
WHERE type = 'trigger' AND tbl_name = :name COLLATE NOCASE
ORDER BY name
"""
_COLUMNS = r"""
SELECT m.name AS table_name, c.name, c.type
FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
WHERE m.type = 'table' AND m.name NOT LIKE 'relay!_%' ESCAPE '!'
    AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'
ORDER BY m.name, c.cid
"""
_KEYS = r"""
SELECT m.name AS table_name, '' AS index_name, c.name, 0 AS nullable, c.pk AS place, -1 AS seq,
    UPPER(c.type) = 'INTEGER'
        AND (SELECT COUNT(*) FROM pragma_table_xinfo(m.name) WHERE pk > 0) = 1 AS numbered
FROM sqlite_master AS m, pragma_table_xinfo(m.name) AS c
WHERE m.type = 'table' AND c.pk > 0
    AND m.name NOT LIKE 'relay!_%' ESCAPE '!' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'
UNION ALL
SELECT m.name, i.name, k.name, COALESCE(c."notnull" = 0, 1), k.seqno, i.seq, 0
FROM sqlite_master AS m, pragma_index_list(m.name) AS i, pragma_index_info(i.name) AS k
LEFT JOIN pragma_table_xinfo(m.name) AS c ON c.name = k.name
WHERE m.type = 'table' AND i."unique" = 1 AND i.partial = 0 AND i.origin <> 'pk'
    AND m.name NOT LIKE 'relay!_%' ESCAPE '!' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!'
ORDER BY table_name, seq, place
"""


class SqliteSurvey(Survey):
    """SQLite: who may write the file may do everything."""

    name = "sqlite"
    numbers_unasked = True
    columns = staticmethod(catalogue.columns)
    rules = staticmethod(catalogue.rules)

    def server(self, connection: Connection) -> ServerFacts:
        """Name the library, which comes with Python and is new enough."""
        return ServerFacts(version=sqlite3.sqlite_version, is_old=False, edition="SQLite")

    def database(self, connection: Connection) -> DatabaseFacts:
        """Return nothing: SQLite keeps no such settings in the file."""
        return DatabaseFacts()

    def group(self, connection: Connection) -> None:
        """Return nothing: a file has no replicas."""

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
        """Ask the catalogue; only a view has INSTEAD OF, in the head of the trigger's text."""
        rows = connection.execute(text(_TRIGGERS), {"name": table.name})
        return [
            RivalTrigger(row.name, frozenset(e.upper() for e in _INSTEAD.findall(row.sql)[:1]))
            for row in rows
            if not row.name.casefold().startswith(TRIGGER_PREFIX)
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

    def keys(self, connection: Connection) -> Mapping[TableInfo, FoundKey]:
        """Ask the catalogue; a whole primary key of type INTEGER is numbered by SQLite."""
        return best_keys(
            KeyColumn(
                TableInfo(None, row.table_name),
                row.index_name,
                row.name or "",
                bool(row.nullable),
                bool(row.numbered),
                not row.index_name,
            )
            for row in connection.execute(text(_KEYS))
        )
