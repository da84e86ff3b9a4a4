"""Knows what a session of ours must not take from server, database, login or pool: its options."""

from __future__ import annotations

from typing import Any

STATEMENT_TIMEOUT_S = 60

OPTIONS: tuple[tuple[str, str], ...] = (
    ("NOCOUNT OFF", "ON hides the driver's counts (server option `user options`, 512)"),
    ("ROWCOUNT 0", "a limit would cut off what a statement reads or writes"),
    ("XACT_ABORT ON", "an error ends the batch and its transaction: nothing goes on half done"),
    ("ANSI_NULLS ON", "= NULL is never true; our views and indexes are made so"),
    ("ANSI_NULL_DFLT_ON ON", "a column that a migration adds is nullable unless it says NOT NULL"),
    (
        "ANSI_PADDING ON",
        "trailing blanks stay; DML on a vendor's indexed view fails without (1934)",
    ),
    ("ANSI_WARNINGS ON", "OFF cuts a text that is too long without a word; 1934 as well"),
    ("ARITHABORT ON", "a number that overflows is an error, not NULL; 1934; and SSMS's plans"),
    ("ARITHIGNORE OFF", "the same"),
    ("NUMERIC_ROUNDABORT OFF", "lost decimals of a quotient are no error; 1934 as well"),
    ("CONCAT_NULL_YIELDS_NULL ON", "a text and NULL is NULL, as SQLite has it; 1934 as well"),
    ("QUOTED_IDENTIFIER ON", "we quote names, some by SQLAlchemy with double quotes; 1934"),
    ("CURSOR_CLOSE_ON_COMMIT OFF", "the driver's own way: rows that are fetched outlive a commit"),
    ("TEXTSIZE 2147483647", "a smaller one cuts nvarchar(max) off when it is read"),
    ("DATEFORMAT ymd", "2026-02-01 is the first of February, whatever the login's language"),
    ("DATEFIRST 1", "a week begins on Monday, whatever the login's language"),
    ("DEADLOCK_PRIORITY LOW", "a clerk must never be the victim of a deadlock with us"),
    ("TRANSACTION ISOLATION LEVEL READ COMMITTED", "what the hints and the order of reading need"),
)
"""What is set at each connect, and why.

Left alone: IMPLICIT_TRANSACTIONS, since the driver's manual commit *is* that option (OFF would
commit each statement by itself), and LANGUAGE, since nothing of ours reads the words of a message
or the name of a month, and an admin reads the server's messages in the login's language.
"""


def batch(lock_timeout_ms: int) -> str:
    """Return one batch that sets every option, and how long a statement waits for a lock."""
    settings = [*(option for option, _why in OPTIONS), f"LOCK_TIMEOUT {int(lock_timeout_ms)}"]
    return "".join(f"SET {setting};" for setting in settings)


def prepare(dbapi_connection: Any, lock_timeout_ms: int) -> None:
    """Set the options of a connection, new or from a pool."""
    dbapi_connection.timeout = STATEMENT_TIMEOUT_S
    cursor = dbapi_connection.cursor()
    cursor.execute(batch(lock_timeout_ms))
    cursor.close()
    dbapi_connection.commit()
