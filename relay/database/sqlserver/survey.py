"""Knows what SQL Server's catalogue and its management views say of server and database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import TableInfo
from relay.database.capture import quoted
from relay.database.sqlserver import catalogue
from relay.database.sqlserver.facts import (
    database_facts,
    file_facts,
    group_facts,
    link_facts,
    permission,
    server_facts,
)
from relay.database.survey import (
    DatabaseFacts,
    FileFacts,
    FoundColumn,
    GroupFacts,
    LinkFacts,
    LoginFacts,
    Permission,
    RivalTrigger,
    ServerFacts,
    Survey,
    grouped,
)

DRIVER_NAME, DRIVER_VERSION = 6, 7
"""What ODBC's SQLGetInfo is asked for."""

_SERVER = """
SELECT
    CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,
    CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition,
    CAST(SERVERPROPERTY('EngineEdition') AS int) AS engine,
    CAST(SERVERPROPERTY('IsLocalDB') AS int) AS is_local_db,
    CAST(SERVERPROPERTY('Babelfish') AS int) AS babelfish,
    (SELECT CAST(value_in_use AS int) FROM sys.configurations WHERE name = N'nested triggers')
        AS nested_triggers
"""
_DATABASE = """
SELECT
    compatibility_level, is_read_committed_snapshot_on, is_recursive_triggers_on, is_read_only,
    CAST(DATABASEPROPERTYEX(DB_NAME(), 'Collation') AS nvarchar(128)) AS collation
FROM sys.databases WHERE database_id = DB_ID()
"""
_GROUP = """
SELECT
    @@SERVERNAME AS instance, l.dns_name, l.port, i.ip_address, r.replica_server_name,
    CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128)) AS updateability
FROM sys.databases AS d
LEFT JOIN sys.availability_databases_cluster AS c ON c.group_database_id = d.group_database_id
LEFT JOIN sys.availability_group_listeners AS l ON l.group_id = c.group_id
LEFT JOIN sys.availability_group_listener_ip_addresses AS i ON i.listener_id = l.listener_id
LEFT JOIN sys.availability_replicas AS r ON r.group_id = c.group_id
WHERE d.database_id = DB_ID() AND d.group_database_id IS NOT NULL
"""
"""Whoever has no VIEW ANY DEFINITION sees neither listeners nor replicas, but its own server."""
_LINK = """
SELECT encrypt_option, net_transport FROM sys.dm_exec_connections WHERE session_id = @@SPID
"""
_FILES = """
SELECT
    f.name, f.type, f.growth, f.max_size, CAST(f.size AS bigint) AS size,
    CAST(FILEPROPERTY(f.name, 'SpaceUsed') AS bigint) AS used, {free} AS free_bytes
FROM sys.database_files AS f {volumes}
WHERE f.type IN (0, 1)
"""
_VOLUMES = "CROSS APPLY sys.dm_os_volume_stats(DB_ID(), f.file_id) AS v"
_LOGIN = """
SELECT
    ORIGINAL_LOGIN() AS login, IS_SRVROLEMEMBER(N'sysadmin') AS is_admin,
    IS_ROLEMEMBER(N'db_owner') AS is_owner
"""
_MAY = """
SELECT CASE
    WHEN HAS_PERMS_BY_NAME(:what, N'OBJECT', :right) = 1 THEN 1
    WHEN OBJECT_ID(:what) IS NOT NULL THEN 0 END
"""
_PERMISSIONS = """
SELECT
    USER_NAME(p.grantee_principal_id) AS who, p.permission_name, p.state,
    CASE p.class WHEN 3 THEN SCHEMA_NAME(p.major_id)
        ELSE OBJECT_SCHEMA_NAME(p.major_id) + N'.' + OBJECT_NAME(p.major_id) END AS what
FROM sys.database_permissions AS p
WHERE (p.class = 1 AND OBJECT_SCHEMA_NAME(p.major_id) = N'relay')
    OR (p.class = 3 AND p.major_id = SCHEMA_ID(N'relay'))
"""
_RIVALS = """
SELECT t.name, t.is_instead_of_trigger, e.type_desc FROM sys.triggers AS t
JOIN sys.trigger_events AS e ON e.object_id = t.object_id
WHERE t.parent_id = OBJECT_ID(:name) AND t.is_disabled = 0 AND t.name NOT LIKE N'relay[_]%'
ORDER BY t.name
"""
_STATEMENTS = """
SELECT DISTINCT TOP (1000) SUBSTRING(
    t.text, s.statement_start_offset / 2 + 1,
    (CASE s.statement_end_offset WHEN -1 THEN DATALENGTH(t.text) ELSE s.statement_end_offset END
        - s.statement_start_offset) / 2 + 1
)
FROM sys.dm_exec_query_stats AS s
CROSS APPLY sys.dm_exec_sql_text(s.sql_handle) AS t
WHERE t.text LIKE N'%OUTPUT%' AND CHARINDEX(:word, t.text) > 0
"""
_COLUMNS = """
SELECT
    s.name AS schema_name, t.name AS table_name, c.name,
    COALESCE(TYPE_NAME(c.system_type_id), TYPE_NAME(c.user_type_id)) AS type
FROM sys.tables AS t
JOIN sys.schemas AS s ON s.schema_id = t.schema_id
JOIN sys.columns AS c ON c.object_id = t.object_id
WHERE t.is_ms_shipped = 0 AND s.name NOT IN (N'relay', N'sys')
ORDER BY s.name, t.name, c.column_id
"""


class SqlServerSurvey(Survey):
    """Microsoft SQL Server."""

    name = "mssql"
    columns = staticmethod(catalogue.columns)
    rules = staticmethod(catalogue.rules)
    keys = staticmethod(catalogue.keys)

    def server(self, connection: Connection) -> ServerFacts:
        """Ask for the server's properties; whoever may connect may ask."""
        return server_facts(connection.execute(text(_SERVER)).mappings().one())

    def database(self, connection: Connection) -> DatabaseFacts:
        """Ask for the database's options."""
        return database_facts(connection.execute(text(_DATABASE)).mappings().one())

    def group(self, connection: Connection) -> GroupFacts | None:
        """Ask the catalogue (Babelfish knows no groups)."""
        if not _knows(connection, "sys.availability_databases_cluster"):
            return None
        rows = connection.execute(text(_GROUP)).mappings().all()
        return group_facts(connection.engine.url, rows) if rows else None

    def link(self, connection: Connection) -> LinkFacts:
        """Ask driver and server; without the right to ask the server, believe the URL."""
        driver: Any = connection.connection.dbapi_connection
        name, version = driver.getinfo(DRIVER_NAME), driver.getinfo(DRIVER_VERSION)
        row = None
        if _sees_state(connection):
            row = connection.execute(text(_LINK)).mappings().one_or_none()
        return link_facts(connection.engine.url, f"{name} {version}", row)

    def files(self, connection: Connection) -> list[FileFacts]:
        """Ask the catalogue, and for the room on the disks where rights allow it."""
        if not _knows(connection, "sys.dm_os_volume_stats"):
            return []  # Babelfish knows no files
        sees = _sees_state(connection)
        query = _FILES.format(
            free="v.available_bytes" if sees else "NULL", volumes=_VOLUMES if sees else ""
        )
        return [file_facts(row) for row in connection.execute(text(query)).mappings()]

    def login(self, connection: Connection) -> LoginFacts:
        """Ask for the roles that are allowed everything."""
        row = connection.execute(text(_LOGIN)).one()
        return LoginFacts(row.login, owns_database=bool(row.is_admin or row.is_owner))

    def may(self, connection: Connection, right: str, what: str) -> bool | None:
        """Ask the server; for what is not there SQL Server answers NULL, and Babelfish 0."""
        if right == "VIEW DEFINITION" and self.server(connection).is_stand_in:
            return True  # Babelfish knows no such right, and shows every definition
        values = {"what": what, "right": right}
        answer = connection.execute(text(_MAY), values).scalar()
        return None if answer is None else answer == 1

    def permissions(self, connection: Connection) -> list[Permission]:
        """Ask the catalogue (Babelfish's is empty)."""
        rows = connection.execute(text(_PERMISSIONS)).mappings()
        return [found for row in rows if (found := permission(row)) is not None]

    def rivals(self, connection: Connection, table: TableInfo) -> list[RivalTrigger]:
        """Ask the catalogue; one that is switched off does nothing."""
        rows = connection.execute(text(_RIVALS), {"name": quoted(connection, table)})
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row.name, set()).update(
                {row.type_desc} if row.is_instead_of_trigger else ()
            )
        return [RivalTrigger(name, frozenset(events)) for name, events in found.items()]

    def statements(self, connection: Connection, word: str) -> list[str] | None:
        """Look into the plan cache, which needs VIEW SERVER STATE."""
        if not _knows(connection, "sys.dm_exec_query_stats") or not _sees_state(connection):
            return None
        return list(connection.execute(text(_STATEMENTS), {"word": word}).scalars())

    def tables(self, connection: Connection) -> Mapping[TableInfo, list[FoundColumn]]:
        """Ask the catalogue, once for all."""
        return grouped(
            (TableInfo(row.schema_name, row.table_name), FoundColumn(row.name, row.type))
            for row in connection.execute(text(_COLUMNS))
        )


def _knows(connection: Connection, view: str) -> bool:
    return connection.execute(text("SELECT OBJECT_ID(:view)"), {"view": view}).scalar() is not None


def _sees_state(connection: Connection) -> bool:
    query = "SELECT HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE')"
    return bool(connection.execute(text(query)).scalar() == 1)
