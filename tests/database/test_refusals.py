"""Why a row is refused is read from the driver's error: kind, table, column, rule and value.

SQL Server's messages are those of `sys.messages`, in English and in German, in the form in which
pyodbc hands them on; SQLite's are provoked.
"""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Unicode, make_url
from sqlalchemy.exc import DBAPIError

from relay.base import texts
from relay.database import dialect_of
from relay.database.refusals import Refusal, RefusalKind, Written, completed

SQL = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"
MSSQL = dialect_of(make_url("mssql+pyodbc://x/y"))
SQLITE = dialect_of(make_url("sqlite:///x"))
Told = tuple[str, str | None, str | None, str | None, str | None]

RECORDED: dict[str, tuple[int, str, str, Told]] = {
    "not-null": (
        515,
        "23000",
        (
            "Cannot insert the value NULL into column 'Waehrung', table 'S.dbo.Bk'; column does not"
            " allow nulls. INSERT fails."
        ),
        ("not_null", "Bk", "Waehrung", None, None),
    ),
    "not-null-german": (
        515,
        "23000",
        (
            "Der Wert NULL kann in die 'Waehrung'-Spalte, 'S.dbo.Bk'-Tabelle nicht eingefügt"
            " werden. Die Spalte lässt NULL-Werte nicht zu. Fehler bei INSERT."
        ),
        ("not_null", "Bk", "Waehrung", None, None),
    ),
    "too-long": (
        2628,
        "22001",
        (
            "String or binary data would be truncated in table 'S.dbo.Adr', column 'Corp'. "
            "Truncated value: 'Käserei'."
        ),
        ("too_long", "Adr", "Corp", None, "Käserei"),
    ),
    "too-long-2016": (
        8152,
        "22001",
        "String or binary data would be truncated.",
        ("too_long", None, None, None, None),
    ),
    "foreign-key": (
        547,
        "23000",
        (
            'The INSERT statement conflicted with the FOREIGN KEY constraint "FK_Bk_Tax". '
            'The conflict occurred in database "S", table "dbo.Tax", column \'TaxId\'.'
        ),
        ("foreign_key", "Tax", "TaxId", "FK_Bk_Tax", None),
    ),
    "check-german": (
        547,
        "23000",
        (
            'Die INSERT-Anweisung steht in Konflikt mit der CHECK-Einschränkung "CK_Bk". '
            'Der Konflikt trat in der "S"-Datenbank, Tabelle "dbo.Bk", column \'Text\' auf.'
        ),
        ("check", "Bk", "Text", "CK_Bk", None),
    ),
    "unique": (
        2627,
        "23000",
        (
            "Violation of PRIMARY KEY constraint 'PK_Adr'. Cannot insert duplicate key in object"
            " 'dbo.Adr'. The duplicate key value is (1001)."
        ),
        ("unique", "Adr", None, "PK_Adr", "1001"),
    ),
    "unique-index": (
        2601,
        "23000",
        (
            "Cannot insert duplicate key row in object 'dbo.OPd' with unique index 'IX_Ref'. The"
            " duplicate key value is (21)."
        ),
        ("unique", "OPd", None, "IX_Ref", "21"),
    ),
    "unique-babelfish": (
        2627,
        "23000",
        'duplicate key value violates unique constraint "uq_k"',
        ("unique", None, None, "uq_k", None),
    ),
    "not-null-babelfish": (
        515,
        "23000",
        'null value in column "waehrung" of relation "bk" violates not-null constraint',
        ("not_null", "bk", "waehrung", None, None),
    ),
    "view-babelfish": (
        33557097,
        "42000",
        "cannot update view adr5",
        ("view", None, None, None, None),
    ),
    "overflow-babelfish": (
        33557097,
        "42000",
        "numeric field overflow",
        ("type", None, None, None, None),
    ),
    "number-babelfish": (
        33557097,
        "42000",
        "something that it has no number for",
        ("other", None, None, None, None),
    ),
    "type": (
        245,
        "22018",
        "Conversion failed when converting the nvarchar value 'CH-1' to data type int.",
        ("type", None, None, None, "CH-1"),
    ),
    "overflow": (
        8115,
        "22003",
        "Arithmetic overflow error converting numeric to data type numeric.",
        ("type", None, None, None, None),
    ),
    "trigger": (50000, "42000", "Periode 'Januar' gesperrt", ("trigger", None, None, None, None)),
    "identity": (
        544,
        "23000",
        (
            "Cannot insert explicit value for identity column in table 'Blg' when "
            "IDENTITY_INSERT is set to OFF."
        ),
        ("not_writable", "Blg", None, None, None),
    ),
    "computed": (
        271,
        "42000",
        (
            'The column "Saldo" cannot be modified because it is either a computed column or is the'
            " result of a UNION operator."
        ),
        ("not_writable", None, "Saldo", None, None),
    ),
    "right": (
        229,
        "42000",
        "The INSERT permission was denied on the object 'Bk', database 'S', schema 'dbo'.",
        ("right", "Bk", None, None, None),
    ),
    "read-only": (
        3906,
        "25000",
        'Failed to update database "S" because the database is read-only.',
        ("read_only", None, None, None, None),
    ),
}


@pytest.mark.parametrize("case", RECORDED)
def test_sql_server(case: str) -> None:
    """Numbers and the order of names tell, whatever the language."""
    number, state, words, expected = RECORDED[case]
    ended = f"{SQL}The statement has been terminated. (3621)"
    driver = Exception(
        state, f"[{state}] {SQL}{words} ({number}) (SQLExecDirectW); [01000] {ended}"
    )
    found = MSSQL.refusal(DBAPIError("INSERT", None, driver))
    assert found is not None
    assert (found.kind, found.table, found.column, found.rule, found.value) == expected


@pytest.mark.parametrize(("number", "state"), [(1105, "42000"), (0, "08S01"), (701, "42000")])
def test_trouble_of_the_server(number: int, state: str) -> None:
    """A full disk, a lost connection, no memory: no row is refused."""
    driver = Exception(state, f"[{state}] {SQL}Something. ({number}) (SQLExecDirectW)")
    assert MSSQL.refusal(DBAPIError("INSERT", None, driver)) is None


PROVOKED: dict[str, tuple[str, Told]] = {
    "INSERT INTO t (id) VALUES (1)": ("not null", ("not_null", "t", "name", None, None)),
    "INSERT INTO t (id, name) VALUES (7, 'x')": ("key", ("unique", "t", "id", None, None)),
    "INSERT INTO t (id, name) VALUES (1, 'abcdef')": (
        "long", ("too_long", None, "name", None, None),
    ),
    "INSERT INTO t (id, name, net) VALUES (1, 'x', -1)": (
        "check", ("check", None, None, "CK_Net", None),
    ),
    "INSERT INTO t (id, name, other) VALUES (1, 'x', 5)": (
        "foreign", ("foreign_key", None, None, None, None),
    ),
    "INSERT INTO t (id, name) VALUES (99, 'x')": ("trigger", ("trigger", None, None, None, None)),
    "INSERT INTO t (id, name, twice) VALUES (1, 'x', 2)": (
        "generated", ("not_writable", None, "twice", None, None),
    ),
    "INSERT INTO s VALUES ('x')": ("strict", ("type", "s", "n", None, None)),
    "INSERT INTO v VALUES (1)": ("view", ("view", "v", None, None, None)),
    "PRAGMA query_only = ON; INSERT INTO t (id, name) VALUES (1, 'x')": (
        "read-only", ("read_only", None, None, None, None),
    ),
}  # fmt: skip
TABLES = """
PRAGMA foreign_keys = ON;
CREATE TABLE o (id INTEGER PRIMARY KEY);
CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL CHECK (length(name) <= 5),
    net INTEGER CONSTRAINT CK_Net CHECK (net >= 0), other INTEGER REFERENCES o (id),
    twice INTEGER GENERATED ALWAYS AS (id * 2));
CREATE TABLE s (n INTEGER) STRICT;
CREATE VIEW v AS SELECT id FROM o;
CREATE TRIGGER g BEFORE INSERT ON t WHEN NEW.id = 99 BEGIN SELECT RAISE(ABORT, 'no'); END;
INSERT INTO t (id, name) VALUES (7, 'x');
"""


@pytest.mark.parametrize("statement", PROVOKED)
def test_sqlite(statement: str) -> None:
    """SQLite's own errors, as they come."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLES)
    *before, last = statement.split("; ")
    for part in before:
        connection.execute(part)
    with pytest.raises(sqlite3.Error) as raised:
        connection.execute(last)
    found = SQLITE.refusal(DBAPIError(statement, None, raised.value))
    assert found is not None
    assert (found.kind, found.table, found.column, found.rule, found.value) == PROVOKED[statement][
        1
    ]


BK = Table(
    "Bk",
    MetaData(),
    Column("BlgNr", Integer, nullable=False),
    Column("Text", Unicode(4)),
    Column("Waehrung", Unicode(3), nullable=False),
)


@pytest.mark.parametrize(
    ("refusal", "column", "value"),
    [
        (Refusal(RefusalKind.TOO_LONG, ""), "Text", "Beratung"),
        (Refusal(RefusalKind.NOT_NULL, ""), "Waehrung", None),
        (Refusal(RefusalKind.NOT_NULL, "", "bk", "waehrung"), "Waehrung", None),
        (Refusal(RefusalKind.TYPE, "", value="Beratung"), "Text", "Beratung"),
        (Refusal(RefusalKind.CHECK, "", rule="CK"), None, None),
    ],
)
def test_what_is_left_open_is_filled_in(
    refusal: Refusal, column: str | None, value: str | None
) -> None:
    """A server that names no column is understood by what was sent."""
    rows = [{"BlgNr": 1, "Text": "ab"}, {"BlgNr": 2, "Text": "Beratung"}]
    found = completed(refusal, Written(BK, rows))
    assert (found.table, found.column, found.value) == ("Bk", column, value)


def test_each_kind_has_words() -> None:
    """No kind is without a text, and none is told without a way out."""
    for kind in RefusalKind:
        assert "Abhilfe" in texts.catalogue()[f"rehearsal_{kind}"]["de"]
