"""The relay finds its own files, in a wheel as in a checkout."""

from pathlib import Path

import pytest

from relay.base import files


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package folder that takes the place of the relay's own."""
    folder = tmp_path / "site" / "relay"
    folder.mkdir(parents=True)
    monkeypatch.setattr(files, "_PACKAGE", folder)
    return folder


def write(path: Path, text: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("inside", [True, False], ids=["wheel", "checkout"])
def test_both_folders_are_found(package: Path, *, inside: bool) -> None:
    home = package if inside else package.parent
    write(home / "sql" / "mssql" / "outbox.sql")
    write(home / "alembic" / "env.py")

    assert files.sql_folder() == home / "sql"
    assert files.alembic_folder() == home / "alembic"


def test_the_alembic_library_beside_the_package_is_not_the_migrations(package: Path) -> None:
    write(package.parent / "alembic" / "__init__.py")

    with pytest.raises(files.MissingFileError, match="installation is incomplete"):
        files.alembic_folder()


def test_the_folder_inside_the_package_comes_first(package: Path) -> None:
    write(package / "sql" / "mssql" / "outbox.sql")
    write(package.parent / "sql" / "mssql" / "outbox.sql")

    assert files.sql_folder() == package / "sql"


def test_sql_is_read_as_utf_8(package: Path) -> None:
    write(package / "sql" / "mssql" / "outbox.sql")
    write(package / "sql" / "sqlite" / "street.sql", "SELECT 'Straße' -- 2 € · 'Žižkov'\n")

    assert files.read_sql("sqlite", "street") == "SELECT 'Straße' -- 2 € · 'Žižkov'\n"


def test_a_missing_sql_file_is_named_together_with_those_that_are_there(package: Path) -> None:
    write(package / "sql" / "mssql" / "trigger.sql")
    write(package / "sql" / "mssql" / "outbox.sql")

    with pytest.raises(files.MissingFileError) as caught:
        files.read_sql("mssql", "inbox")

    assert str(package / "sql" / "mssql" / "inbox.sql") in str(caught.value)
    assert "'mssql': outbox, trigger." in str(caught.value)


def test_a_dialect_without_sql_is_named(package: Path) -> None:
    write(package / "sql" / "mssql" / "outbox.sql")

    with pytest.raises(files.MissingFileError, match="'oracle': none"):
        files.read_sql("oracle", "outbox")


def test_an_installation_without_sql_says_where_it_looked(package: Path) -> None:
    with pytest.raises(files.MissingFileError) as caught:
        files.read_sql("mssql", "outbox")

    assert str(package / "sql" / "mssql") in str(caught.value)
    assert str(package.parent / "sql" / "mssql") in str(caught.value)


def test_the_relay_has_its_own_files() -> None:
    assert (files.sql_folder() / "mssql").is_dir()
    assert (files.sql_folder() / "sqlite").is_dir()
    assert (files.alembic_folder() / "source").is_dir()
    assert (files.alembic_folder() / "target").is_dir()


def test_the_migrations_do_not_hide_the_library() -> None:
    assert not (files.alembic_folder() / "__init__.py").exists()
