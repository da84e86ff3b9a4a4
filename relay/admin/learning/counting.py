"""Knows which counter of Sage's gave the numbers of new rows: one raised by just these. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from relay.admin.learning.changes import ChangedRow, TableChanges
from relay.admin.learning.pairing import PairedTable
from relay.admin.learning.readings import is_whole, trimmed, weight
from relay.database.names import written_name
from relay.settings.profile import Counter

SEVERAL = 3
"""So many numbers that follow one another are no chance."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column whose numbers Sage gave to new rows."""

    table: str
    """Of the reference."""
    name: str
    """The column, or the tag."""
    given: frozenset[int]
    is_key: bool
    """Rows are told apart by it."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter, and the numbers that it gave if it is one."""

    counter: Counter
    given: frozenset[int]
    """Empty: nobody can tell by how much it was raised."""
    last: int


@dataclass(frozen=True, slots=True)
class CounterGuess:
    """A counter that a column's numbers may come from."""

    numbers: Numbers
    counter: Counter
    is_sure: bool
    """It went up by just as many, and nothing else explains them."""


def proposed_counters(
    pairings: Sequence[PairedTable],
    changes: Iterable[TableChanges],
    keys: Mapping[str, str],
    given: frozenset[str],
) -> list[CounterGuess]:
    """Return the counters of all columns whose numbers a counter may have given.

    `keys` has the only column of a real table's key, `given` the tables whose numbers the database
    itself gives.
    """
    counters = [counted for each in changes for counted in _counters(each)]
    columns = [
        numbers
        for pairing in pairings
        if pairing.sage is not None
        for numbers in _numbers(pairing, keys.get(pairing.sage), is_given=pairing.sage in given)
    ]
    fitting = {
        numbers: [each for each in counters if _fits(numbers, each, columns)] for numbers in columns
    }
    found = [
        CounterGuess(numbers, each.counter, _is_sure(numbers, each, some, columns))
        for numbers, some in fitting.items()
        for each in some
    ]
    sure = [each.counter for each in found if each.is_sure]
    return [each for each in found if each.is_sure or each.counter not in sure]


def _fits(numbers: Numbers, counted: Counted, columns: Sequence[Numbers]) -> bool:
    if not counted.given:
        return max(numbers.given) == counted.last
    is_part = numbers.given <= counted.given
    return is_part and (max(numbers.given) == counted.last or _gave_all(counted, columns))


def _gave_all(counted: Counted, columns: Sequence[Numbers]) -> bool:
    """Tell whether keys have just the numbers of a counter, each of them once."""
    parts = [each.given for each in columns if each.is_key and each.given <= counted.given]
    return sum(map(len, parts)) == len(counted.given) and frozenset().union(*parts) == counted.given


def _is_sure(
    numbers: Numbers, counted: Counted, all_fitting: Sequence[Counted], columns: Sequence[Numbers]
) -> bool:
    proves = len(numbers.given) >= SEVERAL or weight(max(numbers.given)) > 0
    is_alone = len(all_fitting) == 1 and numbers.is_key
    return proves and is_alone and bool(counted.given) and _gave_all(counted, columns)


def _numbers(pairing: PairedTable, key: str | None, *, is_given: bool) -> Iterator[Numbers]:
    """Return the columns of a table that have a number of their own in each new row."""
    rows = [*(pair.sage for pair in pairing.pairs), *pairing.extra]
    document = pairing.column("BlgNr") if pairing.table == "Blg" else None
    for column in rows[0] if rows else ():
        values = [row.get(column) for row in rows]
        numbers = frozenset(int(v) for v in values if is_whole(v) and v)
        is_open = column not in pairing.possible and not (is_given and column == key)
        if len(numbers) == len(values) and (is_open or column == document):
            name = "BlgNr" if column == document else column
            yield Numbers(pairing.table, name, numbers, column in (key, document))


def _counters(changes: TableChanges) -> Iterator[Counted]:
    for changed in changes.changed:
        for column in changed.columns:
            value = changed.row[column]
            if not is_whole(value):
                continue
            now, by = int(value), changed.risen.get(column, 0)
            where = {} if changes.rows == 1 else _where(changes, changed, column)
            name = written_name(changes.table.where.schema, changes.table.where.name, column)
            last, following = range(now - by + 1, now + 1), range(now - by, now)
            yield Counted(Counter(name, where, "last"), frozenset(last), now)
            yield Counted(Counter(name, where, "next"), frozenset(following), now - 1)


def row_named(row: Mapping[str, object], names: Iterable[str]) -> dict[str, str | int]:
    """Return what names a counter's row among others, by these columns."""
    values = {name: trimmed(row[name]) for name in names}
    return {n: v for n, v in values.items() if isinstance(v, str | int) and not isinstance(v, bool)}


def _where(changes: TableChanges, changed: ChangedRow, counter: str) -> dict[str, str | int]:
    """Name a counter's row by its key, or else by all that did not change."""
    names = [name for name in changes.table.key if name != counter]
    names = names or [name for name in changes.table.names if name not in changed.columns]
    return row_named(changed.row, names)
