"""Knows where a database of SQL Server is, and which life of it this is."""

from __future__ import annotations

import socket
from typing import Any

from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.database.base import Whereabouts

GROUP = "availability group"
"""Stands before the identity of a database in one, where else the server's name is."""
IN_GROUP = "(SELECT group_database_id FROM sys.databases WHERE database_id = DB_ID())"
"""What a database of an availability group is called on each replica alike; NULL for others.

Whoever is connected to it may see that (Microsoft: sys.databases).
"""
_PLACE = "@@SERVERNAME AS server, DB_NAME() AS name"
_WHEREABOUTS = """
IF OBJECT_ID(N'sys.database_recovery_status') IS NULL
    SELECT {place}, {in_group} AS in_group, CAST(NULL AS uniqueidentifier) AS fork
ELSE
    SELECT {place}, {in_group} AS in_group, (
        SELECT recovery_fork_guid FROM sys.database_recovery_status WHERE database_id = DB_ID()
    ) AS fork
"""


def place(connection: Connection) -> tuple[str, str]:
    """Ask the server for its own name and the database's."""
    return _place(connection.execute(text(f"SELECT {_PLACE}")).one())


def whereabouts(connection: Connection) -> Whereabouts:
    """Return also the recovery fork, which a restore changes, where rights allow to see it.

    In an availability group the place is the group's, whichever replica answers; and a failover
    may begin another fork, so there entries alone tell what was lost.
    """
    asked = text(_WHEREABOUTS.format(place=_PLACE, in_group=IN_GROUP))
    row = connection.execute(asked).one()
    here = _place(row)
    if row.in_group is not None:
        return Whereabouts((f"{GROUP} {row.in_group}".lower(), here[1]), None, here)
    return Whereabouts(here, None if row.fork is None else str(row.fork).lower(), here)


def _place(row: Any) -> tuple[str, str]:
    return str(row.server or socket.gethostname()), str(row.name)
