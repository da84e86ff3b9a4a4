"""Knows the failures that have a name; anything else is a bug and ends the process.

Every error carries a code of the text catalogue and the values for its text, so that the
command line can say it in the operator's language and scripts can tell it by its exit status.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses of `relay`, as documented in ops/daily.en.md."""

    OK = 0
    BUG = 1
    USAGE = 2
    SETTINGS = 3
    REFUSED = 4
    UNAVAILABLE = 5
    FINDINGS = 6
    INTERRUPTED = 130


class RelayError(Exception):
    """A failure with a text in the catalogue: `code` names the text, `values` fill it."""

    exit_status = Exit.REFUSED

    def __init__(self, code: str, /, **values: object) -> None:
        """Keep the code and the values; the text is rendered where it is shown."""
        super().__init__(code, values)
        self.code = code
        self.values = values


class WrongCall(RelayError):
    """A command lacks something, or has something that does not go together."""

    exit_status = Exit.USAGE


class SettingsError(RelayError):
    """The configuration cannot be used; `problems` lists all that is wrong with it."""

    exit_status = Exit.SETTINGS

    def __init__(self, file: str, problems: list[tuple[str, str, dict[str, object]]]) -> None:
        """Take the file's name and (key or line, code, values) for every problem found."""
        super().__init__("settings", file=file)
        self.problems = problems


class Refused(RelayError):
    """What was asked would break a promise: nothing was written; the text names the way out."""


class Unfit(Refused):
    """A vendor's table, column or trigger is not as configured: it may be after an update."""


class Unavailable(RelayError):
    """A database does not answer or is not in a state to be used; it is tried again."""

    exit_status = Exit.UNAVAILABLE


class LockLost(Unavailable):
    """Another relay took over, or our lock's connection is gone: stop writing at once."""


class FenceLost(LockLost):
    """A Sage year carries a newer epoch than ours: another relay has taken over."""


class MisreadError(ValueError):
    """What stands in one of Sage's columns is no number, though it has to be one.

    It is an error of values, not a `RelayError`: it concerns the records that need the row.
    """

    code = "sage_unread"

    def __init__(self, table: str, row: str, column: str, value: object) -> None:
        """Name the place, and what stands there; None for nothing."""
        super().__init__(f"{table} {row}, {column}: {value!r}")
        self.values: dict[str, object] = {
            "table": table, "row": row, "column": column,
            "value": "" if value is None else str(value),
        }  # fmt: skip


class StoredOtherwiseError(ValueError):
    """What was written through a view stands there otherwise."""

    def __init__(self, table: str, column: str, sent: object, stored: object) -> None:
        """Name the place and both values."""
        super().__init__(f"{table}.{column}: «{sent}» ≠ «{stored}»")
        self.table, self.column = table, column
        self.sent, self.stored = sent, stored


class RowCountError(RuntimeError):
    """A write touched another number of rows than it must: a bug, or a hand in our tables."""

    def __init__(self, what: str, expected: int, actual: int) -> None:
        """Name the statement and both numbers."""
        super().__init__(f"{what}: expected {expected} rows, got {actual}")
