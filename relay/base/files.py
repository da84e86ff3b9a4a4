"""Finds the SQL files and the migrations that belong to the relay.

In a wheel they lie inside the package, in a checkout (and so in an editable install) beside it.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


class MissingFileError(FileNotFoundError):
    """Says which of the relay's own files is missing."""


def sql_folder() -> Path:
    """Gives the folder that holds a folder of SQL files for each dialect."""
    return _folder("sql", marker="mssql")


def alembic_folder() -> Path:
    """Gives the folder that holds the migrations and their ``env.py``."""
    return _folder("alembic", marker="env.py")


def ops_folder() -> Path:
    """Gives the folder of guides, scripts for SSMS and sqlcmd, and the service's unit."""
    return _folder("ops", marker="runbook.de.md")


def read_sql(dialect: str, name: str) -> str:
    """Reads one SQL file.

    Args:
        dialect: ``mssql`` or ``sqlite``.
        name: The file's name without ``.sql``.

    Raises:
        MissingFileError: There is no such file.
    """
    folder = sql_folder() / dialect
    path = folder / f"{name}.sql"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        there = ", ".join(sorted(file.stem for file in folder.glob("*.sql"))) or "none"
        message = f"The relay has no SQL file {path}. The SQL files for {dialect!r}: {there}."
        raise MissingFileError(message) from None


def _folder(name: str, marker: str) -> Path:
    # The marker tells the folder from another of its name: beside an installed package lies
    # the alembic library itself.
    places = [_PACKAGE / name, _PACKAGE.parent / name]
    for place in places:
        if (place / marker).exists():
            return place
    looked = " or ".join(str(place / marker) for place in places)
    message = f"The relay's installation is incomplete: there is no {looked}."
    raise MissingFileError(message)
