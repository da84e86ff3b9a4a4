"""Knows by which error SQL Server refuses a row, and where its message names table and column.

The numbers and the order of the names are those of `sys.messages`, which is alike in all languages
of a server; its words are not, so none is looked for but what T-SQL itself writes (CHECK).
Babelfish has the numbers and PostgreSQL's words: names follow the words `column` and `relation`.
"""

from __future__ import annotations

import re

from relay.database.refusals import Kind, Refusal

_NUMBERS: dict[int, Kind] = {
    515: Kind.NOT_NULL,
    2628: Kind.TOO_LONG, 8152: Kind.TOO_LONG,
    2601: Kind.UNIQUE, 2627: Kind.UNIQUE,
    206: Kind.TYPE, 220: Kind.TYPE, 232: Kind.TYPE, 241: Kind.TYPE, 242: Kind.TYPE,
    245: Kind.TYPE, 248: Kind.TYPE, 257: Kind.TYPE, 295: Kind.TYPE, 8114: Kind.TYPE,
    8115: Kind.TYPE, 8169: Kind.TYPE,
    3609: Kind.TRIGGER, 3616: Kind.TRIGGER,
    271: Kind.NOT_WRITABLE, 272: Kind.NOT_WRITABLE, 273: Kind.NOT_WRITABLE,
    544: Kind.NOT_WRITABLE, 8102: Kind.NOT_WRITABLE,
    4403: Kind.VIEW, 4404: Kind.VIEW, 4405: Kind.VIEW, 4406: Kind.VIEW,
    229: Kind.RIGHT, 230: Kind.RIGHT, 262: Kind.RIGHT, 300: Kind.RIGHT, 916: Kind.RIGHT,
    3906: Kind.READ_ONLY, 3908: Kind.READ_ONLY, 976: Kind.READ_ONLY, 978: Kind.READ_ONLY,
}  # fmt: skip
_CONSTRAINT = 547
_RAISED = 50_000
"""From here on numbers are free for RAISERROR and THROW, which triggers use."""
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


def refusal(number: int, words: str) -> Refusal | None:
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
    if kind is Kind.UNIQUE and (twice := _DUPLICATE.search(first)):
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


def _kind(number: int, words: str) -> Kind | None:
    if number == _CONSTRAINT:
        return Kind.CHECK if re.search(r"\bcheck\b", words, re.IGNORECASE) else Kind.FOREIGN_KEY
    if number >= _RAISED:
        return Kind.TRIGGER
    return _NUMBERS.get(number)
