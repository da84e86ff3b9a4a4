"""The two folders of SQL mirror each other, so that neither dialect knows what the other lacks."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from relay.base.files import sql_folder
from relay.cobra.tables import source_tables
from relay.extras.answers.tables import answer_tables
from relay.extras.documents.tables import document_tables

if TYPE_CHECKING:
    from pathlib import Path

ONLY_ON_SQL_SERVER = {"functions", "procedures", "rights"}
"""Folders without a namesake: SQLite has no functions and procedures in SQL, and no users.

What the procedures do, the scripts in `ops/sql/sqlite` do there.
"""

FIRST_LINE = re.compile(r"-- .+\. (?:Parameters|Placeholders): (?P<names>none|\w+(?:, \w+)*)\.")
PLACEHOLDER = re.compile(r"(?<![\w$])\$\{?([a-z]\w*)")
PARAMETER = re.compile(r"(?<![\w:']):([a-z]\w*)")
SIGNATURE = re.compile(
    r"CREATE (?:PROCEDURE|FUNCTION) (.*?)^(?:AS|RETURNS)\b", re.DOTALL | re.MULTILINE
)
COLUMN = re.compile(r"^    (?! )(?:.* AS |\w+\.)(\w+),?$", re.MULTILINE)
ARGUMENT = re.compile(r"@([a-z]\w*)")


def names(dialect: str) -> set[str]:
    folder = sql_folder() / dialect
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.sql")}


def is_shared(name: str) -> bool:
    return name.split("/", maxsplit=1)[0] not in ONLY_ON_SQL_SERVER


SHARED = sorted(filter(is_shared, names("mssql") | names("sqlite")))
EVERY = sorted(path.relative_to(sql_folder()).as_posix() for path in sql_folder().rglob("*.sql"))


def both(name: str) -> tuple[Path, Path]:
    return sql_folder() / "mssql" / name, sql_folder() / "sqlite" / name


def told(path: Path) -> set[str]:
    """Return the names that a file's first line announces."""
    match = FIRST_LINE.fullmatch(path.read_text(encoding="utf-8").splitlines()[0])
    assert match, f"{path}: the first line says what the file is, and its parameters"
    return set() if match["names"] == "none" else set(match["names"].split(", "))


def used(path: Path) -> set[str]:
    """Return the names that a file's statements use, or that a procedure takes."""
    code = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    taken = set(ARGUMENT.findall("".join(SIGNATURE.findall(code))))
    return set(PLACEHOLDER.findall(code)) | set(PARAMETER.findall(code)) | taken


def test_there_is_sql_to_compare() -> None:
    """An empty folder would make every other test here pass."""
    assert SHARED


def test_each_file_has_a_namesake() -> None:
    """What one dialect has, the other has too, except the folders that are listed here."""
    assert set(filter(is_shared, names("mssql"))) == names("sqlite")


@pytest.mark.parametrize("name", SHARED)
def test_namesakes_begin_alike(name: str) -> None:
    """The first line says the same of both: what it is, and what it takes."""
    mssql, sqlite = (path.read_text(encoding="utf-8").splitlines()[0] for path in both(name))

    assert mssql == sqlite


@pytest.mark.parametrize("name", SHARED)
def test_namesakes_take_the_same(name: str) -> None:
    """Both use the same parameters and placeholders."""
    mssql, sqlite = both(name)

    assert used(mssql) == used(sqlite)


@pytest.mark.parametrize(
    "name", [name for name in SHARED if name.startswith(("views/", "documents/"))]
)
def test_namesakes_show_the_same_columns(name: str) -> None:
    """A view has the same columns in the same order: a query for one serves the other."""
    mssql, sqlite = (shown(path) for path in both(name))

    assert mssql
    assert mssql == sqlite


def shown(path: Path) -> list[str]:
    """Return a view's columns: the names that stand on the first level of its outermost SELECT."""
    code = re.sub(r" *--.*", "", path.read_text(encoding="utf-8"))
    selected = re.split(r"^SELECT\b|^FROM\b", code, flags=re.MULTILINE)[1]
    return COLUMN.findall(selected)


@pytest.mark.parametrize("name", EVERY)
def test_the_first_line_is_true(name: str) -> None:
    """A file uses exactly what its first line announces."""
    path = sql_folder() / name

    assert used(path) == told(path)


def test_one_name_for_each_object() -> None:
    """SQL Server has one namespace for tables, views, procedures and sequences of a schema."""
    names = ["outbox_id", "audit_id", "source_version"]
    for tables in (source_tables("mssql"), document_tables("mssql"), answer_tables("mssql")):
        names += [getattr(tables, field.name).name for field in fields(tables)]
    created = re.compile(r"^CREATE (?:VIEW|PROCEDURE|FUNCTION) relay\.(\w+)", re.MULTILINE)
    for path in (sql_folder() / "mssql").rglob("*.sql"):
        names += created.findall(path.read_text(encoding="utf-8"))
    double = {name for name in names if names.count(name) > 1}

    assert double == set()
