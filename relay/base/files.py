"""Finds the files that belong to the relay, and says why the system refuses one.

In a wheel they lie inside the package, in a checkout (and so in an editable install) beside it.
"""

from __future__ import annotations

import errno
from pathlib import Path

from relay.base.values import Problem

_PACKAGE = Path(__file__).resolve().parents[1]
_KNOWN = {
    errno.ENOENT: "system_missing",
    errno.EACCES: "system_forbidden",
    errno.EPERM: "system_forbidden",
    errno.EROFS: "system_read_only",
    errno.ENOSPC: "system_full",
    errno.EISDIR: "system_folder",
    errno.ENOTDIR: "system_no_folder",
}
"""Numbers of errors to codes of the catalogue."""


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


def why(error: OSError) -> Problem | str:
    """Return the reason; one that is not known stays in the system's words."""
    code = _KNOWN.get(error.errno or 0)
    return str(error.strerror or error) if code is None else Problem(code)
