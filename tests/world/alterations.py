"""Lets tests build one of Sage's tables otherwise, as a real Sage may have it."""

from __future__ import annotations

from sqlalchemy.engine import Connection


def build(connection: Connection, table: str, line: str, instead_of: str | None = None) -> None:
    """Give one of Sage's tables, which is empty, another column or constraint."""
    if connection.dialect.name == "mssql":
        if instead_of is not None:
            connection.exec_driver_sql(f"ALTER TABLE dbo.{table} DROP COLUMN {instead_of}")
        connection.exec_driver_sql(f"ALTER TABLE dbo.{table} ADD {line}")
        return
    query = f"SELECT sql FROM sqlite_master WHERE name = '{table}'"
    first, *body, last = str(connection.exec_driver_sql(query).scalar_one()).splitlines()
    body = [column.rstrip(",") for column in body if column.split()[0] != instead_of]
    body.insert(len(body) if line.startswith("CONSTRAINT") else 0, line)
    connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql("\n".join([first, ",\n".join(body), last]))


def add_trigger(connection: Connection, table: str, statement: str, name: str = "SageOwn") -> None:
    """Let Sage do something of its own with each new row of a table."""
    if connection.dialect.name == "mssql":
        head = f"CREATE TRIGGER dbo.{name} ON dbo.{table} AFTER INSERT AS SET NOCOUNT ON;"
        connection.exec_driver_sql(f"{head} {statement}")
    else:
        head = f"CREATE TRIGGER {name} AFTER INSERT ON {table} BEGIN"
        connection.exec_driver_sql(f"{head} {statement}; END")
