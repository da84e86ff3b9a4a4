"""Each rule catches the offenders that are planted for it, and nothing that is right."""

from __future__ import annotations

import pytest

from tests.judge.judging import ELSEWHERE, Text, judge
from tests.judge.parser import LEVEL

TABLES = (
    "CREATE TABLE dbo.ADDRESSES (ID int PRIMARY KEY, CITY nvarchar(50), CHANGED date)",
    (
        "CREATE TABLE relay.outbox (id bigint PRIMARY KEY, entity nvarchar(20),"
        " waiting_on nvarchar(500), entity_key nvarchar(450) COLLATE Latin1_General_100_BIN2)"
    ),
    "CREATE TYPE relay.key_list AS TABLE (entity_key nvarchar(450))",
)
KEY = "nvarchar(450) COLLATE Latin1_General_100_BIN2"
O = "relay.outbox AS o"  # noqa: E741 - its alias in every statement here
BIN2 = "COLLATE Latin1_General_100_BIN2"
LISTED = "relay.outbox AS o, (VALUES (@k, @v)) AS l (c0, c1)"
READING = "SELECT id FROM relay.outbox WITH"
BUSY = "SET TRANSACTION ISOLATION LEVEL"
ROWS = "OPENJSON(@j) WITH (c0 nvarchar(4000) '$[0]', c1 int '$[1]') AS l"
SEEKING = "OPTION (LOOP JOIN, FORCE ORDER)"
ON_FILES = "SELECT a FROM OPENJSON(@j) WITH"

OFFENDERS = {
    "parser": [
        "SELECT 1 FROM",
        "SELECT id FROM relay.outbox LIMIT 1",
        'SELECT id AS "number""s FROM relay.outbox',
        "CREATE INDEX i ON relay.outbox (id) WHERE id > 0 OR id < 5 ASC",
    ],
    "collation": [
        f"SELECT entity FROM {O} UNION ALL SELECT entity_key FROM {O}",
        f"SELECT entity FROM {O} EXCEPT SELECT entity_key FROM {O}",
        (f"SELECT id FROM {O} WHERE waiting_on IN"
         " (SELECT d.entity + N':' + d.entity_key FROM relay.outbox AS d)"),
        f"SELECT id FROM {O} WHERE o.entity + N':' + o.entity_key IN (@k)",
        f"SELECT entity + entity_key AS k FROM {O}",
        f"SELECT id FROM {O} WHERE entity = entity_key",
        f"SELECT id FROM {O} WHERE entity LIKE entity_key + N'%'",
        f"SELECT id FROM {O} WHERE entity_key BETWEEN entity AND N'z'",
        f"SELECT id FROM {O} JOIN dbo.ADDRESSES AS a ON a.CITY = o.entity_key",
        f"SELECT CASE WHEN id > 1 THEN entity ELSE entity_key END AS k FROM {O}",
        f"SELECT CASE entity WHEN entity_key THEN 1 END AS k FROM {O}",
        f"SELECT COALESCE(entity, entity_key) AS k FROM {O}",
        f"SELECT REPLACE(entity, entity_key, N'') AS k FROM {O}",
        f"SELECT CHARINDEX(entity, entity_key) AS k FROM {O}",
        f"SELECT id FROM {O} WHERE NULLIF(entity, entity_key) IS NULL",
        f"SELECT id FROM {O} ORDER BY CASE WHEN id > 1 THEN entity ELSE entity_key END",
        f"WITH q (k) AS (SELECT entity_key FROM {O}) SELECT k FROM q, {O} WHERE o.entity = q.k",
        f"SELECT x.k FROM (SELECT entity_key AS k FROM {O}) AS x, {O} WHERE x.k = o.entity",
        "CREATE VIEW relay.v AS SELECT entity + entity_key AS k FROM relay.outbox",
        ("CREATE TRIGGER dbo.t ON dbo.ADDRESSES AFTER UPDATE AS"
         " SELECT 1 FROM inserted AS i, relay.outbox AS o WHERE i.CITY = o.entity_key"),
        f"CREATE TABLE #done (k {KEY}, c nvarchar(9)); SELECT k FROM #done WHERE k = c",
        f"IF EXISTS (SELECT 1 FROM {O} WHERE entity = entity_key) SELECT 1",
        ("BEGIN TRY UPDATE relay.outbox SET id = 1 WHERE entity = entity_key; END TRY"
         " BEGIN CATCH THROW; END CATCH"),
        f"{ON_FILES} (a {KEY}, b nvarchar(9) COLLATE Greek_CI_AS) WHERE a = b",
        f"SELECT id FROM {O} WHERE entity_key IN (SELECT j.[key] FROM OPENJSON(@j) AS j)",
    ],
    "unproven-label": [
        f"UPDATE relay.outbox SET id = l.c1 FROM {LISTED} WHERE o.entity_key = l.c0",
        f"SELECT o.id FROM {O} JOIN OPENJSON(@j) WITH (k nvarchar(450)) AS j ON j.k = o.entity_key",
        f"SELECT o.id FROM {O} JOIN OPENJSON(@j) AS j ON j.value = o.entity_key",
        f"UPDATE o SET id = l.c1 FROM {ROWS} JOIN {O} ON o.entity_key = l.c0 {SEEKING}",
    ],
    "key-width": [
        f"CREATE TABLE dbo.b (k {KEY}, version int, CONSTRAINT pk PRIMARY KEY (k, version))",
        "CREATE TABLE dbo.b (k nvarchar(451) PRIMARY KEY)",
        "CREATE TABLE dbo.b (k nvarchar(max), UNIQUE (k))",
        "CREATE TABLE dbo.b (k nvarchar(800), l nvarchar(60)); CREATE INDEX i ON dbo.b (k, l)",
        "CREATE TABLE dbo.b (k nvarchar(451)); CREATE CLUSTERED INDEX i ON dbo.b (k)",
        "CREATE TABLE dbo.b (k nvarchar(451)); ALTER TABLE dbo.b ADD CONSTRAINT p PRIMARY KEY (k)",
        "CREATE TABLE #done (k nvarchar(900) NOT NULL UNIQUE)",
    ],
    "function": [
        "SELECT STRING_AGG(entity, N',') AS s FROM relay.outbox",
        "SELECT TRIM(entity) AS s FROM relay.outbox",
        "SELECT CONCAT_WS(N',', entity, entity) AS s FROM relay.outbox",
        "SELECT GREATEST(id, 1) AS s FROM relay.outbox",
        "SELECT no_such_function(id) AS s FROM relay.outbox",
        "SELECT value FROM GENERATE_SERIES(1, 5) AS s",
    ],
    "output": [
        "INSERT INTO dbo.ADDRESSES (ID) OUTPUT inserted.ID VALUES (1); SELECT @@ROWCOUNT",
        "DELETE FROM ADDRESSES OUTPUT deleted.ID; SELECT @@ROWCOUNT",
    ],
    "readpast": [
        f"{READING} (READPAST)",
        f"{READING} (UPDLOCK, READPAST)",
        f"{READING} (READCOMMITTEDLOCK, READPAST, HOLDLOCK)",
        f"{BUSY} SERIALIZABLE; {READING} (READCOMMITTEDLOCK, READPAST)",
        f"{BUSY} SNAPSHOT; {READING} (READCOMMITTEDLOCK, READPAST)",
        "SELECT ID FROM dbo.ADDRESSES WITH (READCOMMITTEDLOCK, READPAST)",
        "SELECT ID FROM dbo.ADDRESSES WITH (NOLOCK)",
    ],
    "next-value": [
        "SELECT DISTINCT NEXT VALUE FOR relay.s AS n FROM relay.outbox",
        "SELECT NEXT VALUE FOR relay.s AS n UNION SELECT 1",
        "SELECT NEXT VALUE FOR relay.s AS n EXCEPT SELECT 1",
        "SELECT TOP (1) NEXT VALUE FOR relay.s AS n FROM relay.outbox",
        "SELECT NEXT VALUE FOR relay.s AS n FROM relay.outbox ORDER BY id",
        "SELECT CASE WHEN id = 1 THEN NEXT VALUE FOR relay.s END AS n FROM relay.outbox",
        "SELECT COALESCE(id, NEXT VALUE FOR relay.s) AS n FROM relay.outbox",
        "SELECT ISNULL(id, NEXT VALUE FOR relay.s) AS n FROM relay.outbox",
        "SELECT id FROM relay.outbox WHERE id = NEXT VALUE FOR relay.s",
        "SELECT (SELECT NEXT VALUE FOR relay.s) AS n FROM relay.outbox",
        "CREATE VIEW relay.v AS SELECT NEXT VALUE FOR relay.s AS n",
        "SET ROWCOUNT 5; INSERT INTO relay.outbox (id) VALUES (NEXT VALUE FOR relay.s)",
    ],
    "untyped-null": [
        "SELECT c1 FROM (VALUES (@a, NULL), (@b, NULL)) AS l (c0, c1)",
    ],
    "counted": [
        "UPDATE dbo.ADDRESSES SET CITY = @c WHERE ID = @k",
        "INSERT INTO ADDRESSES (ID) VALUES (@k)",
        f"INSERT INTO ADDRESSES (ID) SELECT l.c1 FROM {ROWS}",
        "UPDATE a SET CITY = @c FROM dbo.ADDRESSES AS a JOIN relay.outbox AS o ON o.id = a.ID",
        "SELECT @@ROWCOUNT; DELETE FROM dbo.ADDRESSES WHERE ID = @k",
    ],
    "create-or-alter": ["CREATE OR ALTER VIEW relay.v AS SELECT id FROM relay.outbox"],
    "merge": [
        "MERGE relay.outbox AS o USING relay.outbox AS n ON o.id = n.id WHEN MATCHED THEN DELETE;"
    ],
    "unknown-name": [
        "SELECT no_such_column FROM relay.outbox",
        "SELECT id FROM relay.no_such_table",
        "SELECT x.id FROM relay.outbox AS o",
    ],
}  # fmt: skip

RIGHT = [
    f"SELECT entity {BIN2} AS k FROM {O} UNION ALL SELECT entity_key FROM {O}",
    f"SELECT entity FROM {O} UNION ALL SELECT N'x'",
    f"SELECT id FROM {O} WHERE entity {BIN2} + N':' + entity_key = @k",
    f"SELECT id FROM {O} WHERE entity = entity_key {BIN2}",
    f"SELECT id FROM {O} WHERE entity = @e AND entity_key IN (@a, @b) AND entity_key LIKE N'1%'",
    f"SELECT id FROM {O} WHERE waiting_on = CONVERT(nvarchar(20), id)",
    f"SELECT id FROM {O} WHERE entity_key = CAST(1 AS nvarchar(9))",
    f"SELECT id FROM {O} JOIN dbo.ADDRESSES AS a ON CAST(a.ID AS nvarchar(450)) = o.entity_key",
    "UPDATE relay.outbox SET waiting_on = entity_key",
    "INSERT INTO relay.outbox (entity) SELECT entity_key FROM relay.outbox",
    "INSERT INTO relay.outbox (id) VALUES (NEXT VALUE FOR relay.s)",
    "INSERT INTO relay.outbox (id) SELECT NEXT VALUE FOR relay.s FROM dbo.ADDRESSES",
    "SELECT NEXT VALUE FOR relay.s OVER (ORDER BY id) AS n FROM relay.outbox ORDER BY id",
    "SELECT NEXT VALUE FOR relay.s AS n UNION ALL SELECT 1",
    "SET ROWCOUNT 0; INSERT INTO relay.outbox (id) VALUES (NEXT VALUE FOR relay.s)",
    f"UPDATE relay.outbox SET id = l.c1 FROM {LISTED} WHERE o.entity_key = l.c0 {BIN2}",
    f"UPDATE relay.outbox SET id = l.c1 FROM {LISTED} WHERE o.id = l.c0 AND o.entity = l.c1",
    f"SELECT o.id FROM {O} JOIN OPENJSON(@j) WITH (k {KEY}) AS j ON j.k = o.entity_key",
    f"UPDATE o SET id = l.c1 FROM {ROWS} JOIN {O} ON o.entity_key = l.c0 {BIN2} {SEEKING}",
    f"INSERT INTO ADDRESSES (ID) SELECT l.c1 FROM {ROWS}; SELECT @@ROWCOUNT",
    f"SELECT id FROM {O} WHERE entity_key IN (SELECT j.[key] {BIN2} FROM OPENJSON(@j) AS j)",
    "SELECT c1 FROM (VALUES (@a, CAST(NULL AS date)), (@b, NULL)) AS l (c0, c1)",
    f"CREATE TABLE dbo.b (k {KEY} PRIMARY KEY)",
    f"CREATE TABLE dbo.b (k {KEY}, v int, PRIMARY KEY NONCLUSTERED (k, v))",
    "CREATE TABLE dbo.b (k nvarchar(450), l nvarchar(400)); CREATE INDEX i ON dbo.b (k, l)",
    (f"CREATE TABLE dbo.b (k {KEY}, v int, CONSTRAINT p PRIMARY KEY (k, v));"
     " ALTER TABLE dbo.b DROP CONSTRAINT p;"
     " ALTER TABLE dbo.b ADD CONSTRAINT p PRIMARY KEY NONCLUSTERED (k, v)"),
    "CREATE TABLE dbo.b (k nvarchar(450), l text); CREATE INDEX i ON dbo.b (k) INCLUDE (l)",
    "INSERT INTO relay.outbox (id) OUTPUT inserted.id VALUES (1)",
    ("DECLARE @t TABLE (id int);"
     " DELETE FROM dbo.ADDRESSES OUTPUT deleted.ID INTO @t; SELECT @@ROWCOUNT"),
    f"{READING} (READCOMMITTEDLOCK, READPAST)",
    "SELECT ID FROM dbo.ADDRESSES WITH (READCOMMITTEDLOCK)",
    f"{BUSY} READ COMMITTED; {READING} (UPDLOCK, READCOMMITTEDLOCK, READPAST)",
    "UPDATE dbo.ADDRESSES SET CITY = @c WHERE ID = @k; SELECT @@ROWCOUNT AS n",
    "UPDATE o SET id = 1 OUTPUT inserted.id FROM relay.outbox AS o WITH (UPDLOCK)",
    "SELECT TRY_CONVERT(int, entity_key) AS n, JSON_VALUE(entity, '$.a') AS v FROM relay.outbox",
    "SELECT DATEDIFF_BIG(second, SYSUTCDATETIME(), CHANGED) AS s FROM dbo.ADDRESSES",
    "SELECT CHANGED AT TIME ZONE 'UTC' AS t FROM dbo.ADDRESSES",
    f"SELECT x.k FROM (SELECT entity_key AS k FROM {O}) AS x, {O} WHERE x.k = o.entity_key",
    "EXEC relay.release @reason = N'x', @entry = 1",
    "SELECT name FROM sys.tables WHERE name = N'x' AND object_id = OBJECT_ID(@n)",
    f"SELECT (SELECT MAX(entity_key) FROM {O}) AS k, COUNT(*) AS n FROM dbo.ADDRESSES",
    'SELECT [a "b" c] FROM (SELECT 1 AS [a "b" c]) AS x',
]  # fmt: skip


def found(sql: str, **options: str) -> set[str]:
    """Return the names of the rules that have something against a statement."""
    texts = [Text("tables", each) for each in TABLES]
    return {
        each.rule
        for each in judge([*texts, Text("planted", sql, level=LEVEL, is_sent=True)], **options)
    }


@pytest.mark.parametrize(
    ("rule", "sql"), [(rule, sql) for rule, offenders in OFFENDERS.items() for sql in offenders]
)
def test_offender_is_found(rule: str, sql: str) -> None:
    """By the rule that it was planted for."""
    assert rule in found(sql)


@pytest.mark.parametrize("sql", RIGHT)
def test_right_statement_is_left_alone(sql: str) -> None:
    """What is near an offence, and none."""
    assert found(sql) == set()


def test_vendors_collation() -> None:
    """A vendor's column of another collation than its database's meets none of ours."""
    tables = Text("cobra", TABLES[0], is_vendors=True)
    ours = Text("ours", TABLES[1])
    joined = "SELECT 1 AS n FROM dbo.ADDRESSES AS a, relay.outbox AS o WHERE a.CITY = o.entity"
    text = Text("joined", joined)
    assert judge([tables, ours, text]) == []
    assert [each.rule for each in judge([tables, ours, text], vendors=ELSEWHERE)] == ["collation"]


def test_parameters() -> None:
    """2,100 are the most that a statement may have."""
    assert judge([Text("most", "SELECT 1 AS n", parameters=2100)]) == []
    assert [each.rule for each in judge([Text("more", "SELECT 1 AS n", parameters=2101)])] == [
        "parameters"
    ]


def test_level() -> None:
    """At a lower compatibility level fewer functions are there."""
    sql = "SELECT TRY_CONVERT(int, N'1') AS n"
    assert judge([Text("110", sql, level=110)]) == []
    assert [each.rule for each in judge([Text("100", sql)])] == ["function"]
