"""A cobra whose schema, table and columns are called anything goes over all the same."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection

from relay.cobra.capture import install
from relay.cobra.tables import source_tables
from relay.database import dialect_of
from relay.engine.service import drain_until_empty
from tests.world.company import sage_rows
from tests.world.databases import Databases

ODD = "Grösse 'a\" [b."
FIELDS = ("sage_address_number", "firm", "zip", "city", "address_type")


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)


@pytest.mark.parametrize("bracket", ["", "]"], ids=["no closing bracket", "closing bracket"])
def test_odd_names_reach_both_years(databases: Databases, bracket: str) -> None:
    """Blanks, umlauts, quotes and brackets in every name: captured, drained, changed, drained."""
    server = databases.server
    if bracket and server.dialect == "mssql":
        pytest.skip("Babelfish does not know ]] within a bracketed name")
    odd = ODD + bracket
    engine = server.engine(databases.cobra)
    with engine.connect() as connection:
        schema, table, key = (_quoted(connection, f"{odd} {part}") for part in "STK")
        columns = {field: _quoted(connection, f"{odd} {field}") for field in FIELDS}
    full = f"{schema}.{table}" if server.dialect == "mssql" else table
    told = ", ".join(f"{column} nvarchar(40)" for column in columns.values())
    with engine.begin() as connection:
        if server.dialect == "mssql":
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        connection.exec_driver_sql(f"CREATE TABLE {full} ({key} int NOT NULL PRIMARY KEY, {told})")
    settings = databases.settings(
        cobra={
            "address": {
                "table": f"{odd} T",
                "schema": f"{odd} S",
                "key": f"{odd} K",
                "parent": None,
                "deleted": None,
                "changed_by": None,
                "fields": dict.fromkeys(databases.settings().cobra.address.fields, None)
                | {field: f"{odd} {field}" for field in FIELDS},
                "required": ["firm", "zip", "city"],
            }
        }
    )
    dialect = dialect_of(databases.cobra)
    install(dialect.engine(databases.cobra, lock_timeout_ms=2000), settings)
    names = ", ".join(columns.values())
    with engine.begin() as connection:
        values = {"a": "7", "b": "Müller", "c": "3000", "d": "Bern", "e": "Kunde"}
        insert = f"INSERT INTO {full} ({key}, {names}) VALUES (1, :a, :b, :c, :d, :e)"
        connection.execute(text(insert), values)
    drain_until_empty(settings)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {full} SET {columns['city']} = 'Thun'")
    drain_until_empty(settings)

    outbox = source_tables(server.dialect).outbox
    with engine.connect() as connection:
        entries = connection.execute(outbox.select().order_by(outbox.c.id)).all()
    assert [(e.status, e.changed) for e in entries] == [("applied", None), ("applied", "city")]
    for url in databases.years:
        assert sage_rows(server.engine(url)) == {
            "7": {"AdrId": "7", "Corp": "Müller", "ACode": "3000", "City": "Thun"}
        }
