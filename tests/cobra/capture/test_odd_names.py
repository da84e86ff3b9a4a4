"""Names that need quoting."""

from __future__ import annotations

import pytest
from sqlalchemy import create_mock_engine

from relay.cobra import capture
from relay.cobra.capture.triggers import ACTIONS, template
from relay.database.capture import Notice
from relay.database.catalogue import ColumnInfo
from relay.database.sqlserver.capture import placeholders
from tests.cobra.capture.clerk import Cobra, configure

SCHEMA = "Büro 'A\" [1"
ODD = "Straße 'a\" [b? %s :c $d {e} --f /*g"
"""Blanks, an umlaut, both quotes, an opening bracket, and what else means something somewhere."""


def quoted(cobra: Cobra, name: str) -> str:
    """Quote a name by hand."""
    return '"' + name.replace('"', '""') + '"' if cobra.dialect == "sqlite" else f"[{name}]"


def captured(cobra: Cobra, odd: str) -> tuple[str, str, str]:
    """Create and capture a table; return its name, key and column for SQL text."""
    table, key, city, who = (quoted(cobra, f"{odd}{letter}") for letter in "TKCW")
    if cobra.dialect == "mssql":
        cobra.save(f"CREATE SCHEMA {quoted(cobra, SCHEMA)}")
        table = f"{quoted(cobra, SCHEMA)}.{table}"
    columns = f"{key} int NOT NULL PRIMARY KEY, {city} nvarchar(20), {who} nvarchar(20)"
    cobra.save(f"CREATE TABLE {table} ({columns})")
    fields = {"sage_address_number": f"{odd}K", "city": f"{odd}C"}
    more = {"schema": SCHEMA, "changed_by": f"{odd}W"}
    configure(cobra, f"{odd}T", f"{odd}K", fields, **more)
    cobra.install()
    return table, key, city


@pytest.mark.parametrize("bracket", ["", "]"], ids=["no closing bracket", "closing bracket"])
def test_any_name_is_captured(bare: Cobra, bracket: str) -> None:
    """Schema, table and columns may be called anything; installing again and dropping work too."""
    if bracket and bare.dialect == "mssql" and bare.objection("SELECT 1 AS [a]]b]"):
        pytest.skip("this server (Babelfish) does not know ]] within a bracketed name")
    table, key, city = captured(bare, ODD + bracket)

    bare.save(
        f"INSERT INTO {table} ({key}, {city}) VALUES (1, 'Chur')",
        f"UPDATE {table} SET {city} = 'Davos'",
        f"UPDATE {table} SET {key} = 2",
        f"DELETE FROM {table}",
    )

    assert sorted(bare.changes()) == sorted(
        [
            ("1", "insert", None),
            ("1", "update", "city"),
            ("1", "delete", None),
            ("2", "insert", None),
            ("2", "delete", None),
        ]
    )
    assert bare.verify() == []
    bare.install()
    assert len(capture.drop(bare.engine, bare.settings)) == 3
    bare.forget()
    bare.save(f"INSERT INTO {table} ({key}) VALUES (1)")
    assert bare.noted() == []


def test_closing_bracket_is_doubled_in_t_sql() -> None:
    """In the T-SQL text each closing bracket within a name is written twice."""
    engine = create_mock_engine("mssql+pyodbc://", lambda *_: None)
    quote = engine.dialect.identifier_preparer.quote_identifier
    key = ColumnInfo("k]", quote("k]"), "nvarchar", "nvarchar(20)", 20)
    city = ColumnInfo("c]d", quote("c]d"), "nvarchar", "nvarchar(20)", 20)
    notice = Notice("address", key, key, None, {"city": city}, changed_by=city)

    for action in ACTIONS:
        sql = template("mssql", action).substitute(
            placeholders(notice), trigger="[dbo].[t]", table=quote("a]b")
        )
        assert "ON [a]]b] AFTER" in sql
        assert "[k]]]" in sql
        assert "k])" not in sql.replace("[k]]]", "")
