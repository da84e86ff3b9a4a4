"""What is new since is seen in tables of every kind, and nothing else of them is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.admin.learning import snapshot
from relay.admin.learning.report import learn, note
from relay.database import survey_of
from tests.admin.learning.spelling import small
from tests.admin.learning.test_unknown import run
from tests.world.contents import statements
from tests.world.office import THIS, Office

TABLES = """
CREATE TABLE [Gross] ([Nr] int NOT NULL PRIMARY KEY, [Wort] varchar(20) NULL);
CREATE TABLE [Zweifach] (
    [A] int NULL, [B] varchar(10) NOT NULL, [C] int NOT NULL, [Wort] varchar(20) NULL,
    CONSTRAINT UQ_Zweifach UNIQUE (C, B)
);
CREATE TABLE [Locker] ([A] int NULL, [Wort] varchar(20) NULL, CONSTRAINT UQ_Locker UNIQUE (A));
CREATE TABLE [Bilder] (
    [Nr] int NOT NULL PRIMARY KEY, [Bild] varbinary(20) NULL, [Wort] varchar(20) NULL
);
INSERT INTO Gross VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');
INSERT INTO Zweifach VALUES (1, 'x', 1, 'alt'), (2, 'y', 1, 'alt');
INSERT INTO Locker VALUES (NULL, 'gleich'), (1, 'gleich');
INSERT INTO Bilder VALUES (1, NULL, 'alt')
"""
LATER = """
INSERT INTO Gross VALUES (5, 'e'), (0, 'z');
UPDATE Gross SET Wort = 'anders' WHERE Nr = 2;
INSERT INTO Zweifach VALUES (3, 'z', 2, 'neu');
UPDATE Zweifach SET Wort = 'anders' WHERE B = 'y';
DELETE FROM Zweifach WHERE B = 'x';
INSERT INTO Locker VALUES (2, 'gleich');
UPDATE Locker SET Wort = 'anders' WHERE A = 1;
CREATE TABLE [Neu] ([Nr] int NOT NULL PRIMARY KEY);
INSERT INTO Neu VALUES (1)
"""


def test_tables_of_each_kind(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By key, by the ends of a key, by nothing but the row: each sees what it can."""
    monkeypatch.setattr(snapshot, "LARGE", 3)
    sage, file = office.sage[THIS], tmp_path / "notes.jsonl"
    run(sage, TABLES)
    year = next(year for year in office.settings.sage.year if year.name == THIS)
    with statements() as written:
        tables, _rows = note(office.settings, year, file)
        nothing = learn(office.settings, file)
    assert written == []
    assert nothing.tables == []
    assert tables == 14
    assert "anders" not in file.read_text(encoding="utf-8")
    run(sage, LATER)
    changes = learn(office.settings, file).tables
    found = {small(each.table.where.name): each for each in changes}
    assert found.keys() == {"gross", "zweifach", "locker", "neu"}
    gross = found["gross"]
    assert gross.is_large
    assert sorted(row["nr"] for row in small(gross.inserted)) == [0, 5]
    assert (gross.changed, gross.deleted) == ([], 0)
    double, loose = found["zweifach"], found["locker"]
    assert small(double.table.key) == ("c", "b")
    assert small(double.inserted) == [{"a": 3, "b": "z", "c": 2, "wort": "neu"}]
    (changed,) = double.changed
    assert (small(dict(changed.row))["b"], small(changed.columns)) == ("y", ("wort",))
    assert double.deleted == 1
    assert loose.table.key == ()
    assert sorted(row["wort"] for row in small(loose.inserted)) == ["anders", "gleich"]
    assert loose.deleted == 1
    assert found["neu"].is_new


def test_keys(office: Office) -> None:
    """A table's key is its primary key, else a unique index without empty columns."""
    sage = office.sage[THIS]
    run(sage, TABLES)
    identity = "INTEGER PRIMARY KEY"
    if office.dialect.name == "mssql":
        identity = "int IDENTITY(1, 1) NOT NULL PRIMARY KEY"
    run(sage, f"CREATE TABLE [Nummern] ([Nr] {identity}, [Wort] varchar(20) NULL)")
    with sage.connect() as connection:
        found = survey_of(connection).keys(connection).items()
    keys = {small(where.name): (small(key.columns), small(key.numbered)) for where, key in found}
    assert keys["gross"] == (("nr",), None)
    assert keys["bk"] == (("blgnr", "bkidx"), None)
    assert keys["zweifach"] == (("c", "b"), None)
    assert "locker" not in keys
    assert keys["nummern"] == (("nr",), "nr")
    assert not any(name.startswith("relay") for name in keys)
