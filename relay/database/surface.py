"""Knows the views and procedures by which people ask and act in SQL, and how they get there.

They hold no data: each migration drops them and creates them anew, in its own transaction.
"""

from __future__ import annotations

from sqlalchemy.engine import Connection

from relay.base.files import read_sql
from relay.base.texts import catalogue
from relay.database import dialect_of
from relay.database.tables import table_name

VIEW_OF_PART = "enquiry_view_"
"""Codes of the catalogue under which an optional part's views are named in each language."""
_FUNCTIONS = ("chosen",)
_VIEWS = (
    "v_status_name",
    "v_year",
    "v_open",
    "v_held",
    "v_waiting",
    "v_history",
    "v_status",
    "v_lag",
)
_PROCEDURES = ("note_action", "release", "skip", "resend", "pause", "resume")

_OBJECTS: dict[str, tuple[tuple[str, str], ...]] = {
    "mssql": (
        *(("FUNCTION", f"functions/{name}") for name in _FUNCTIONS),
        *(("VIEW", f"views/{name}") for name in _VIEWS),
        *(("PROCEDURE", f"procedures/{name}") for name in _PROCEDURES),
    ),
    "sqlite": tuple(("VIEW", f"views/{name}") for name in _VIEWS),
}
"""Kind and file of each object, in an order in which each finds those that it uses."""

_ROLES: dict[str, tuple[str, ...]] = {"mssql": ("reader", "operator"), "sqlite": ()}
"""The roles that have rights on these objects."""
_IF_THERE = "IF DATABASE_PRINCIPAL_ID(N'{role}') IS NOT NULL"


def create(connection: Connection) -> None:
    """Create all of them in cobra's database, in the caller's transaction."""
    for statement in creation(dialect_of(connection).name):
        connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Drop those that are there, and optional parts' views first, in the caller's transaction."""
    drop_parts(connection)
    dialect = dialect_of(connection).name
    for kind, file in reversed(_OBJECTS[dialect]):
        name = table_name(dialect, file.partition("/")[2])
        connection.exec_driver_sql(f"DROP {kind} IF EXISTS {name}")


def drop_parts(connection: Connection) -> None:
    """Drop the views of optional parts that are there."""
    for name in views_of_parts(dialect_of(connection).name):
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")


def views_of_parts(dialect: str) -> list[str]:
    """Return the names of the views that optional parts may have made, in SQL text."""
    named = [texts for code, texts in catalogue().items() if code.startswith(VIEW_OF_PART)]
    return [table_name(dialect, name) for texts in named for name in texts.values()]


def creation(dialect: str) -> list[str]:
    """Return the statements that create them where there are none; each is a batch of its own.

    What is dropped loses the rights that were granted on it, so they are granted once more.
    """
    created = [read_sql(dialect, file).rstrip() for _, file in _OBJECTS[dialect]]
    return created + [_regranted(dialect, role) for role in _ROLES[dialect]]


def readable(dialect: str, view: str, role: str) -> list[str]:
    """Return the statement that lets a role read an optional part's view; SQLite has no roles."""
    is_there = f"{_IF_THERE.format(role=role)} AND OBJECT_ID(N'{view}') IS NOT NULL"
    grant = f"{is_there} GRANT SELECT ON {view} TO {role}"
    return [grant] if _ROLES[dialect] else []


def _regranted(dialect: str, role: str) -> str:
    _, grants = read_sql(dialect, f"rights/{role}").split("\n", 1)
    body = grants.replace("\nGO\n", ";\n").rstrip()
    return f"{_IF_THERE.format(role=f'relay_{role}')}\nBEGIN\n{body};\nEND"
