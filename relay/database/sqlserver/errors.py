"""Knows what an error of SQL Server, or of Microsoft's driver, means."""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from relay.database.base import Failure
from relay.database.refusals import Refusal, RefusalKind
from relay.database.sqlserver import refusals

_LOCKED = {1204, 1205, 1222, 3960, 3961}
"""Lock timeouts, deadlocks and snapshot conflicts: somebody was in the way, try again."""
_TECHNICAL = {
    229, 230, 262, 297, 300, 596, 601, 615, 701, 802, 823, 824, 825, 844, 845, 846, 847, 905,
    911, 913, 916, 922, 923, 924, 926, 927, 942, 945, 947, 952, 976, 978, 979, 982, 983,
    1101, 1105, 1807, 1827, 3041, 3906, 3908, 4060, 4064, 8645, 8651, 9001, 9002,
    10053, 10054, 10060, 10061, 10928, 10929, 11001, 14355, 17142, 18451, 18452, 18456, 18486,
    18487, 18488, 40197, 40501, 40613, 40143, 49918, 49919, 49920,
}  # fmt: skip
"""Full disk or log, read-only, out of memory, rights, logins, failover: never the record's."""
_ABSENT = {207, 208, 308, 2801, 4413, 4502, 8622}
"""A column, a table, what a view reads, or an index to seek by, is not there (any more)."""
_CODES = {
    "login_failed": {18451, 18452, 18456, 18486, 18487, 18488},
    "database_not_open": {911, 4060},
    "right_missing": {229, 230, 262, 297, 300, 916},
    "database_full": {1101, 1105, 1827, 9002},
    "database_secondary": {976, 978, 979, 982, 983},
    "database_read_only": {3906, 3908},
    "database_locked": _LOCKED,
    "table_absent": _ABSENT,
}
_STATES = {"28": "login_failed", "08": "server_unreachable", "HYT": "server_unreachable"}


def failure(error: BaseException) -> Failure:
    """Tell what an error means, by SQLSTATE and the server's error number."""
    state, number, words = _parts(error)
    if number in _LOCKED or "due to lock timeout" in words:  # the latter: Babelfish
        return Failure.LOCKED
    if number in _TECHNICAL or state[:2] in ("08", "28") or state in ("HYT00", "HYT01"):
        return Failure.TECHNICAL
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Failure.TECHNICAL
    if number in _ABSENT:
        return Failure.ABSENT
    if state[:2] in ("22", "23"):
        return Failure.DATA
    return Failure.UNKNOWN


def refusal(error: BaseException) -> Refusal | None:
    """Tell what the server has against a row or a login; None: it has trouble of its own."""
    _, number, words = _parts(error)
    known = refusals.refusal(number, words)
    if known is not None:
        return known
    is_theirs = failure(error) in (Failure.DATA, Failure.UNKNOWN)
    return Refusal(RefusalKind.OTHER, words) if is_theirs else None


def explain(error: BaseException) -> tuple[str, str]:
    """Return a code of the catalogue for what keeps a database away, and the driver's words."""
    state, number, words = _parts(error)
    by_number = next((code for code, numbers in _CODES.items() if number in numbers), None)
    if by_number is not None:
        return by_number, words
    lowered = words.lower()
    if state.startswith("08") and ("certificate" in lowered or "ssl provider" in lowered):
        return "certificate", words
    if state.startswith("08") and "encryption not supported" in lowered:
        return "encryption_missing", words
    if state in ("IM002", "01000") and "driver" in lowered:
        return "driver_missing", words
    by_state = next((code for begin, code in _STATES.items() if state.startswith(begin)), None)
    return "database_unusable" if by_state is None else by_state, words


def _parts(error: BaseException) -> tuple[str, int, str]:
    """Return (SQLSTATE, server's error number or 0, the driver's words)."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    args: tuple[object, ...] = getattr(cause, "args", ())
    state = str(args[0]) if args else ""
    words = str(args[1]) if len(args) > 1 else str(cause)
    numbers = re.findall(r"\((\d+)\) \(SQL", words) or re.findall(r"\((\d+)\)", words)
    return state, int(numbers[0]) if numbers else 0, words
