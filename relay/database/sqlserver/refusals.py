"""Knows by which error SQL Server refuses a row, and where its message names table and column.

The numbers and the order of the names are those of `sys.messages`, which is alike in all languages
of a server; its words are not, so none is looked for but what T-SQL itself writes (CHECK).
Babelfish has the numbers and PostgreSQL's words: names follow the words `column` and `relation`.
"""

from __future__ import annotations

import re

from relay.database.refusals import Refusal, RefusalKind

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
