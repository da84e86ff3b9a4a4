"""What a driver's error means, and what is told of it: without any secret.

Certificates, full disks and read-only databases cannot be had from the servers that the tests
run on, so those errors are recorded: SQLSTATE and words as Microsoft documents them, in the
form in which pyodbc hands them on.
"""

from __future__ import annotations

import pytest
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from relay.base import texts
from relay.database import Failure, dialect_of
from relay.database.secrets import hidden, shown

SERVER = "[Microsoft][ODBC Driver 18 for SQL Server]"
SQL = f"{SERVER}[SQL Server]"
URL_OF_COBRA = "mssql+pyodbc://relay:gEheim-7@COBRASRV/cobra"

RECORDED = {
    "certificate-linux": (
        "08001",
        (
            f"{SERVER}SSL Provider: [error:0A000086:SSL routines::certificate verify failed:"
            "self-signed certificate] (-1) (SQLDriverConnect)"
        ),
        "certificate",
        Failure.TECHNICAL,
    ),
    "certificate-windows": (
        "08001",
        (
            f"{SERVER}SSL Provider: The certificate chain was issued by an authority that is not"
            " trusted.\r\n (-2146893019) (SQLDriverConnect)"
        ),
        "certificate",
        Failure.TECHNICAL,
    ),
    "no-encryption": (
        "08001",
        f"{SERVER}Encryption not supported on SQL Server. (20) (SQLDriverConnect)",
        "encryption_missing",
        Failure.TECHNICAL,
    ),
    "disk": (
        "42000",
        (
            f"{SQL}Could not allocate space for object 'relay.outbox' in database 'cobra' because"
            " the 'PRIMARY' filegroup is full. (1105) (SQLExecDirectW)"
        ),
        "database_full",
        Failure.TECHNICAL,
    ),
    "log": (
        "42000",
        (
            f"{SQL}The transaction log for database 'cobra' is full due to 'LOG_BACKUP'. (9002)"
            " (SQLExecDirectW)"
        ),
        "database_full",
        Failure.TECHNICAL,
    ),
    "column-away": (
        "42S22",
        f"{SQL}Invalid column name 'CITY0'. (207) (SQLExecDirectW)",
        "table_absent",
        Failure.ABSENT,
    ),
    "table-away": (
        "42S02",
        f"{SQL}Invalid object name 'dbo.ADDRESSES'. (208) (SQLExecDirectW)",
        "table_absent",
        Failure.ABSENT,
    ),
    "read-only": (
        "25000",
        (
            f'{SQL}Failed to update database "cobra" because the database is read-only. (3906)'
            " (SQLExecDirectW)"
        ),
        "database_read_only",
        Failure.TECHNICAL,
    ),
    "secondary": (
        "42000",
        (
            f"{SQL}The target database, 'cobra', is participating in an availability group and is"
            " currently not accessible for queries. (976) (SQLDriverConnect)"
        ),
        "database_secondary",
        Failure.TECHNICAL,
    ),
    "secondary-by-intent": (
        "42000",
        (
            f"{SQL}The target database ('cobra') is in an availability group and is currently"
            " accessible for connections when the application intent is set to read only. (978)"
            " (SQLDriverConnect)"
        ),
        "database_secondary",
        Failure.TECHNICAL,
    ),
    "right": (
        "42000",
        (
            f"{SQL}The SELECT permission was denied on the object 'outbox', database 'Rüssli',"
            " schema 'relay'. (229) (SQLExecDirectW)"
        ),
        "right_missing",
        Failure.TECHNICAL,
    ),
    "login": (
        "28000",
        f"{SQL}Login failed for user 'relay'. (18456) (SQLDriverConnect)",
        "login_failed",
        Failure.TECHNICAL,
    ),
    "database": (
        "42000",
        (
            f'{SQL}Cannot open database "nix" requested by the login. The login failed. (4060)'
            f" (SQLDriverConnect); [42000] {SQL}Login failed. (18456)"
        ),
        "database_not_open",
        Failure.TECHNICAL,
    ),
    "unreachable": (
        "HYT00",
        f"{SERVER}Login timeout expired (0) (SQLDriverConnect)",
        "server_unreachable",
        Failure.TECHNICAL,
    ),
    "connection-lost": (
        "08S01",
        f"{SERVER}TCP Provider: Error code 0x68 (104) (SQLExecDirectW)",
        "server_unreachable",
        Failure.TECHNICAL,
    ),
    "driver": (
        "IM002",
        (
            "[Microsoft][ODBC Driver Manager] Data source name not found and no default driver"
            " specified (0) (SQLDriverConnect)"
        ),
        "driver_missing",
        Failure.UNKNOWN,
    ),
    "in-use": (
        "HY000",
        f"{SQL}Lock request time out period exceeded. (1222) (SQLExecDirectW)",
        "database_locked",
        Failure.LOCKED,
    ),
    "anything-else": (
        "HY000",
        f"{SQL}Something went wrong at Rüssli's. (50000) (SQLExecDirectW)",
        "database_unusable",
        Failure.UNKNOWN,
    ),
}
"""SQLSTATE and words of an error, then the code of its text and what it means."""


def recorded(name: str, *, more: str = "") -> DBAPIError:
    """Return the recorded error as SQLAlchemy raises it."""
    state, words, _code, _failure = RECORDED[name]
    return DBAPIError("", None, Exception(state, f"[{state}] {words}{more}"))


@pytest.mark.parametrize("name", RECORDED)
def test_error_is_told_in_both_languages(name: str) -> None:
    """Each error has its own text: which database, where to correct it, and the driver's words."""
    url = make_url(URL_OF_COBRA)
    dialect = dialect_of(url)
    _state, words, code, failure = RECORDED[name]
    assert dialect.failure(recorded(name)) is failure
    told = dialect.unavailable(recorded(name), url, "Sage MUSTER2026")
    assert told.code == code
    for language, please in (("de", "Bitte "), ("en", "Please ")):
        text = texts.of_error(told, language)
        assert please in text
        assert words.split(". ")[0].split("\r")[0].split(" (")[0] in text
        assert code == "driver_missing" or "Sage MUSTER2026" in text
        assert "gEheim-7" not in text


@pytest.mark.parametrize(
    "url",
    [
        "mssql+pyodbc://relay:gEheim-7@COBRASRV/cobra",
        "mssql+pyodbc://relay@COBRASRV/cobra?PWD=gEheim-7",
        "mssql+pyodbc://relay@COBRASRV/cobra?password=gEheim-7&Encrypt=no",
        "mssql+pyodbc://?odbc_connect=DRIVER%3D%7Bx%7D%3BUID%3Drelay%3BPWD%3DgEheim-7",
        "mssql+pyodbc://?odbc_connect=UID%3Drelay%3Bpwd+%3D+%7BgEheim-7%7D%3BEncrypt%3Dno",
        "mssql+pyodbc://?odbc_connect=UID%3Drelay%3BPWD%3D%7BgEheim-7",
    ],
)
def test_secret_in_a_url_is_never_shown(url: str) -> None:
    """Wherever the password stands in a URL, neither the URL nor a driver's words show it."""
    parsed = make_url(url)
    error = recorded("login", more=" PWD=gEheim-7; relay/gEheim-7@COBRASRV")
    told = dialect_of(parsed).unavailable(error, parsed, "cobra")
    assert "gEheim-7" not in texts.of_error(told, "de") + repr(told)
    assert "relay" in str(told.values["url"])


def test_odd_secrets_are_hidden() -> None:
    """A password with braces, blanks or semicolons is hidden whole, and an empty one hides none."""
    braces = "mssql+pyodbc://?odbc_connect=UID%3Du%3BPWD%3D%7Bab%7D%7Dc%3Bd+e%7D%3BEncrypt%3Dno"
    assert all(part not in shown(make_url(braces)) for part in ("ab", "c%3B", "d+e"))
    assert "Encrypt" in shown(make_url(braces))
    assert hidden("the words ab}c;d e", make_url(braces)) == "the words ***"
    empty = URL.create("mssql+pyodbc", "u", "", "s", database="d")
    assert hidden("Login failed", empty) == "Login failed"
