"""The key's text in an entry."""

from __future__ import annotations

from sqlalchemy import Column, Table, select

from relay.database import dialect_of
from relay.database.reflection import column_named, read_table
from tests.cobra.capture.clerk import Cobra, configure

KEYS = [
    ("tinyint", "0"),
    ("smallint", "-32768"),
    ("int", "2147483647"),
    ("bigint", "-9223372036854775808"),
    ("decimal(18, 0)", "123456789012345678"),
    ("numeric(5, 0)", "-7"),
    ("char(10)", "'a b'"),
    ("nchar(10)", "'ä'"),
    ("varchar(450)", "'" + "x" * 450 + "'"),
    ("nvarchar(40)", "'Zürich '"),
    ("uniqueidentifier", "'6f9619ff-8b86-d011-b42d-00c04fc964ff'"),
]


def test_entry_names_the_key_as_the_relay_reads_it(bare: Cobra) -> None:
    """For every type that a key may have, the relay finds the record that an entry names."""
    for number, (kind, value) in enumerate(KEYS):
        name = f"T{number}"
        table = bare.create(name, f"K {kind} NOT NULL PRIMARY KEY, CITY nvarchar(20) NULL")
        configure(bare, f"dbo.{name}", "K", {"sage_address_number": "CITY"})
        bare.install()

        bare.save(
            f"INSERT INTO {table} (K) VALUES ({value})",
            f"UPDATE {table} SET CITY = 'Chur'",
            f"DELETE FROM {table} WHERE CITY = 'nowhere'",
        )

        key = key_as_read(bare, name)
        assert bare.changes() == [
            (key, "insert", None),
            (key, "update", "sage_address_number"),
        ], kind
        bare.save(f"DELETE FROM {table}")
        assert bare.changes()[2:] == [(key, "delete", None)], kind
        bare.forget()


def key_as_read(cobra: Cobra, name: str) -> str:
    """Return the one row's key as the relay reads it."""
    dialect = dialect_of(cobra.engine)
    with cobra.engine.connect() as connection:
        table: Table = read_table(connection, dialect.locate(f"dbo.{name}", None))
        column: Column[object] = column_named(table, "K")
        return str(connection.execute(select(dialect.key_text(column))).scalar_one())
