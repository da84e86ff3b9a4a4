"""Knows which of Sage's rows and columns are ours, by the values that stand in them. Pure.

Nothing is assumed of a schema. Where the profile names a table that is there, its rows are ours;
else that of the tables with new rows in which most of our distinctive values stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from relay.admin.learning.expected import ExpectedRow
from relay.admin.learning.readings import (
    Reading,
    Token,
    is_empty,
    readings_of,
    token,
    tokens,
    weight,
)

Row = Mapping[str, object]
ENOUGH = 1.0
"""Less than this does not make two rows one."""
ENOUGH_FOR_A_TABLE = 3.0
WEAK = 0.1
"""What a value proves that proves nothing by itself, in the very column where it belongs."""


@dataclass(frozen=True, slots=True)
class KnownTable:
    """A table of the reference that is there under a known name."""

    name: str
    columns: Mapping[str, str]
    """Tag to the column, of those that are there."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One row, as the relay would write it and as Sage has."""

    ours: ExpectedRow
    sage: Row

    @property
    def is_debit(self) -> bool | None:
        """The side of a posting."""
        side = self.ours.values.get("Type")
        return None if side is None else not side


@dataclass(frozen=True, slots=True)
class TagColumn:
    """A column in which a tag's values stand, and in how many rows they do."""

    column: str
    reading: Reading
    held: int
    of: int
    is_exact: bool = True
    """A number stands there as a number, a text as a text."""

    @property
    def is_sure(self) -> bool:
        """Tell whether it is so in all rows."""
        return self.held == self.of


@dataclass(slots=True)
class PairedTable:
    """What is known of one table of the reference."""

    table: str
    sage: str | None = None
    """The real table; None: none looks like it."""
    alike: tuple[str, ...] = ()
    """Other tables in which as many of our values stand."""
    known: KnownTable | None = None
    pairs: list[Pair] = field(default_factory=list)
    missing: list[ExpectedRow] = field(default_factory=list)
    """Rows of the relay that Sage has not."""
    extra: list[Row] = field(default_factory=list)
    places: dict[str, list[TagColumn]] = field(default_factory=dict)
    """Tag to the columns where it may stand."""
    codes: dict[str, dict[str, dict[int, object]]] = field(default_factory=dict)
    """Coded tag to columns, and what our codes are called there."""

    @property
    def named(self) -> Mapping[str, str]:
        """Tag to the column, of those that are there by a known name."""
        return {} if self.known is None else self.known.columns

    def column(self, tag: str) -> str | None:
        """Return the column of a tag, if it is known or there is only one."""
        if tag in self.named:
            return self.named[tag]
        found = [place.column for place in self.places.get(tag, ())]
        found += [] if found else list(self.codes.get(tag, ()))
        return found[0] if len(set(found)) == 1 else None

    @property
    def taken(self) -> set[str]:
        """The columns of which it is known what stands there."""
        return set(self.columns().values())

    @property
    def possible(self) -> set[str]:
        """The columns that are some tag's, or may be."""
        places = {place.column for some in self.places.values() for place in some}
        codes = {column for columns in self.codes.values() for column in columns}
        return places | codes | {*self.named.values()}

    def columns(self) -> dict[str, str]:
        """Return the tags of which the column is known, with it."""
        tags = {*self.places, *self.codes, *self.named}
        return {tag: column for tag in tags if (column := self.column(tag)) is not None}

    def by_tag(self, row: Row) -> dict[str, object]:
        """Return what a row of Sage's holds, by our tags."""
        return {tag: row.get(column) for tag, column in self.columns().items()}


def paired(
    ours: Sequence[ExpectedRow],
    sage: Mapping[str, Sequence[Row]],
    known: Mapping[str, KnownTable],
) -> list[PairedTable]:
    """Pair our new rows with Sage's, by name of the real table; best tables first."""
    expected: dict[str, list[ExpectedRow]] = {}
    for row in ours:
        if row.is_new:
            expected.setdefault(row.table, []).append(row)
    found = [
        _with(PairedTable(name, known[name].name, known=known[name]), rows, sage)
        for name, rows in expected.items()
        if name in known
    ]
    left = {name: rows for name, rows in expected.items() if name not in known}
    while left:
        taken = {pairing.sage for pairing in found}
        free = {name: rows for name, rows in sage.items() if name not in taken and rows}
        numbers = _numbers(found)
        ranked = [
            (_likeness(rows, others, numbers), name, real)
            for name, rows in left.items()
            for real, others in free.items()
        ]
        best = max(ranked, key=lambda each: each[0], default=None)
        if best is None or best[0] < ENOUGH_FOR_A_TABLE:
            found += [PairedTable(name, missing=rows) for name, rows in left.items()]
            break
        score, name, real = best
        alike = tuple(r for s, n, r in ranked if (s, n) == (score, name) and r != real)
        found.append(_with(PairedTable(name, real, alike), left.pop(name), sage))
    order = list(expected)
    return sorted(found, key=lambda pairing: order.index(pairing.table))


def _numbers(found: Sequence[PairedTable]) -> set[Token]:
    """Return what postings have in common that may be the number of their document."""
    rows = [p.sage.values() for each in found if each.table == "Bk" for p in each.pairs]
    some = [{t for value in row for t in _numbering(value)} for row in rows]
    return set.intersection(*some) if some else set()


def _numbering(value: object) -> Iterator[Token]:
    is_large = not isinstance(value, int) or abs(value) > 2  # noqa: PLR2004 - a flag, a mandant
    if is_large and not is_empty(value):
        yield from (t for t in tokens(value) if t[0] == "text" and any(map(str.isdigit, str(t[1]))))


def _likeness(ours: Sequence[ExpectedRow], sage: Sequence[Row], numbers: set[Token]) -> float:
    """Return how much two tables have in common; for headers the number of their postings."""
    scored = list(_assigned(ours, sage, {}))
    linked = 0.0
    if ours[0].table == "Blg" and scored:
        _, _, row = scored[0]
        linked = 3.0 if any(numbers & set(_numbering(v)) for v in sage[row].values()) else 0.0
    return sum(score for score, _, _ in scored) + linked - 0.1 * abs(len(ours) - len(sage))


def _with(
    pairing: PairedTable, ours: Sequence[ExpectedRow], sage: Mapping[str, Sequence[Row]]
) -> PairedTable:
    """Pair the rows of two tables, the most alike first."""
    rows = sage.get(pairing.sage or "", ())
    found = {one: other for _, one, other in _assigned(ours, rows, pairing.named)}
    pairing.pairs = [Pair(ours[one], rows[found[one]]) for one in sorted(found)]
    pairing.missing = [row for at, row in enumerate(ours) if at not in found]
    pairing.extra = [row for at, row in enumerate(rows) if at not in found.values()]
    return pairing


def _assigned(
    ours: Sequence[ExpectedRow], sage: Sequence[Row], named: Mapping[str, str]
) -> Iterator[tuple[float, int, int]]:
    """Return places of rows that are one, with what they have in common; best first."""
    read = [{name: tokens(value) for name, value in row.items()} for row in sage]
    whole = [frozenset[Token]().union(*row.values()) for row in read]
    scores = [
        (_common(row, read[at], whole[at], named), one, at)
        for one, row in enumerate(ours)
        for at in range(len(sage))
    ]
    mine: set[int] = set()
    theirs: set[int] = set()
    for score, one, other in sorted(scores, key=lambda each: (-each[0], each[1], each[2])):
        if score >= ENOUGH and one not in mine and other not in theirs:
            mine.add(one)
            theirs.add(other)
            yield score, one, other


def _common(
    ours: ExpectedRow,
    read: Mapping[str, frozenset[Token]],
    whole: frozenset[Token],
    named: Mapping[str, str],
) -> float:
    side = ours.values.get("Type")
    is_debit = None if side is None else not side
    common = 0.0
    for tag, value in ours.values.items():
        counts = weight(value)
        where = whole
        if tag in named:
            where = read.get(named[tag], frozenset())
            counts = counts or WEAK
        if counts and any(
            token(value, reading, is_debit=is_debit) in where for reading in readings_of(value)
        ):
            common += counts
    return common
