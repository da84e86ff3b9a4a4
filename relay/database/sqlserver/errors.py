"""Knows what an error of SQL Server, or of Microsoft's driver, means, and what row it refuses.

The numbers and the order of the names are those of `sys.messages`, which is alike in all languages
of a server; its words are not, so none is looked for but what T-SQL itself writes (CHECK).
Babelfish has the numbers and PostgreSQL's words: names follow the words `column` and `relation`.
"""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from relay.database.base import Failure
from relay.database.refusals import Refusal, RefusalKind

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
_NUMBERS: dict[RefusalKind, set[int]] = {
    RefusalKind.NOT_NULL: {515},
    RefusalKind.TOO_LONG: {2628, 8152},
    RefusalKind.UNIQUE: {2601, 2627},
    RefusalKind.TYPE: {206, 220, 232, 241, 242, 245, 248, 257, 295, 8114, 8115, 8169},
    RefusalKind.TRIGGER: {3609, 3616},
    RefusalKind.NOT_WRITABLE: {271, 272, 273, 544, 8102},
    RefusalKind.VIEW: {414, 4403, 4404, 4405, 4406, 4421},
    RefusalKind.RIGHT: {229, 230, 262, 300, 916},
    RefusalKind.READ_ONLY: {976, 978, 3906, 3908},
}
_CONSTRAINT = 547
_RAISED = 50_000
"""From here on numbers are free for RAISERROR and THROW, which triggers use."""
_NONE_OF_ITS_OWN = 33557097
"""What Babelfish says where SQL Server's number is not known to it."""
_SAID = {
    RefusalKind.TYPE: "numeric field overflow",
    RefusalKind.VIEW: " view ",
}
"""Its words, as PostgreSQL has them: cannot update view ..."""
_PLACES: dict[int, tuple[str, ...]] = {
    515: ("column", "table"),
    2628: ("table", "column", "value"),
    2601: ("table", "rule"),
    2627: ("rule", "table"),
    _CONSTRAINT: ("rule", "database", "table", "column"),
    245: ("value",),
    544: ("table",),
    271: ("column",),
    8102: ("column",),
    229: ("table",),
    230: ("column", "table"),
}
"""What the quoted names of a message are, in its order."""
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_DUPLICATE = re.compile(r"\(([^()]*)\)\.\s*(?:\(\d+\) \(SQL|$)")
_VIOLATES = " violates "
"""A word of each message of Babelfish that has names."""
_BABELFISH = {
    "column": re.compile(r'column "([^"]*)"'),
    "table": re.compile(r'(?:relation|table) "([^"]*)"'),
    "rule": re.compile(r'constraint "([^"]*)"'),
}
_LATER = re.compile(r"\(\d+\) \(SQL\w+\);")
"""Ends the first of several messages: that a statement was terminated follows."""


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
    known = _refused(number, words)
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


def _refused(number: int, words: str) -> Refusal | None:
    """Read an error; None: it is none of a row's or a login's, but the server's trouble."""
    kind = _kind(number, words)
    if kind is None:
        return None
    first = _LATER.split(words)[0]
    if _VIOLATES in first:
        found = {place: pattern.search(first) for place, pattern in _BABELFISH.items()}
        names = {place: match[1] for place, match in found.items() if match}
    else:
        quoted = [one or other for one, other in _QUOTED.findall(first)]
        names = dict(zip(_PLACES.get(number, ()), quoted, strict=False))
    if kind is RefusalKind.UNIQUE and (twice := _DUPLICATE.search(first)):
        names["value"] = twice[1]
    table = names.get("table")
    return Refusal(
        kind,
        words,
        table=None if table is None else table.rpartition(".")[2],
        column=names.get("column"),
        rule=names.get("rule"),
        value=names.get("value"),
    )


def _kind(number: int, words: str) -> RefusalKind | None:
    if number == _CONSTRAINT:
        return (
            RefusalKind.CHECK
            if re.search(r"\bcheck\b", words, re.IGNORECASE)
            else RefusalKind.FOREIGN_KEY
        )
    if number == _NONE_OF_ITS_OWN:
        return next((kind for kind, said in _SAID.items() if said in words), RefusalKind.OTHER)
    if number >= _RAISED:
        return RefusalKind.TRIGGER
    return next((kind for kind, numbers in _NUMBERS.items() if number in numbers), None)
