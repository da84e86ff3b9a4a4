"""Knows what fills the columns that only Sage writes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from relay.admin.learning.counting import CounterGuess
from relay.admin.learning.line import SEVERAL, Setting
from relay.admin.learning.pairing import PairedTable
from relay.admin.learning.readings import is_empty, is_whole, tokens, trimmed
from relay.base.toml import quoted
from relay.sage.counters import written

LATELY = timedelta(hours=12)
"""A time that is no older is the clock's: the sample was entered meanwhile."""
_WHY = {quoted("$now"): "learnt_why_now"}
SEVERAL_TABLES = 3
"""In so many tables a column of one value may say whose a row is."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a value can come from that is not the same in each row."""

    now: datetime
    user: str
    year: str
    mandant: str
    numbered: Mapping[str, str]
    """Real table to the column whose numbers the database gives, or that is its only key."""
    given: frozenset[str] = frozenset()
    """Real tables whose numbers the database itself gives, and takes from nobody else."""
    masters: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Tables of the reference that are there and have no new rows, with all their columns."""
    new: Mapping[int, Sequence[str]] = field(default_factory=dict)
    """Numbers of new rows to their key columns, as `table.column`."""
    raised: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    """Of these tables the rows that have changed, by tag."""


def of_others(
    pairing: PairedTable,
    about: Surroundings,
    perhaps: Collection[str],
    counters: Sequence[CounterGuess],
) -> Iterator[Setting]:
    """Propose what fills the columns that only Sage writes; `perhaps` may be some tag's."""
    ours = [each for each in counters if each.numbers.table == pairing.table]
    counted = {each.numbers.name for each in ours if each.is_sure}
    yield from map(_of_counter, ours)
    rows = [*(pair.sage for pair in pairing.pairs), *pairing.extra]
    name, real, taken = pairing.table, pairing.sage or "", pairing.possible
    number = about.numbered.get(real)
    for column in rows[0] if rows else ():
        values = [row.get(column) for row in rows]
        filled = [value for value in values if not is_empty(value)]
        if column in taken or column in counted or not filled:
            continue
        count = (len(filled), len(values))
        if column == number and all(map(is_whole, filled)):
            given = real in about.given
            why = "learnt_why_identity" if given else "learnt_why_key"
            yield Setting(f"keys.{name}", column, '"identity"', why, count, is_choice=not given)
            continue
        value = _expression(filled, about) or _constant(filled)
        if rows_meant := _meant(filled, about, real):
            line = Setting(f"constants.{name}", column, value or "", "learnt_why_row", count)
            yield replace(line, is_choice=True, column=", ".join(rows_meant))
            continue
        if value is not None:
            is_choice = len(filled) < len(values) or column in perhaps or _is_day(value)
            section = "only" if value == quoted("$mandant") else "constants"
            why = SEVERAL if column in perhaps else _WHY.get(value, "learnt_why_sage")
            yield Setting(f"{section}.{name}", column, value, why, count, is_choice=is_choice)


def _meant(values: Sequence[object], about: Surroundings, real: str) -> list[str]:
    """Return the keys of other tables whose new row a column may point to: it is no constant."""
    number = values[0]
    if not _is_one(values) or not is_whole(number):
        return []
    keys = about.new.get(int(number), ())
    return [key for key in keys if key.rpartition(".")[0] != real]


def _of_counter(found: CounterGuess) -> Setting:
    why = "learnt_why_counter" if found.is_sure else "learnt_why_counter_perhaps"
    count = (len(found.numbers.given), len(found.numbers.given))
    section, value = f"keys.{found.numbers.table}", written(found.counter)
    line = Setting(section, found.numbers.name, value, why, count)
    return replace(line, is_choice=not found.is_sure, counter=found.counter)


def of_masters(lines: Sequence[Setting], about: Surroundings) -> Iterator[Setting]:
    """Propose to see only our rows of master data, where all tables with new rows say whose.

    That a column of one value says whose a row is, is sure only if it is the mandant's name.
    """
    said = [line for line in lines if line.section.partition(".")[0] in ("only", "constants")]
    tables = {line.section.partition(".")[2] for line in lines} - {""}
    everywhere: dict[tuple[str, str], set[str]] = {}
    for line in said:
        everywhere.setdefault((line.name, line.value), set()).add(line.section.partition(".")[2])
    for line in {(one.name, one.value): one for one in said}.values():
        where = everywhere[line.name, line.value]
        is_whose = line.section.startswith("only.")
        if not is_whose and (where != tables or len(where) < SEVERAL_TABLES or line.is_choice):
            continue
        for name, columns in about.masters.items():
            if column := next((c for c in columns if c.casefold() == line.name.casefold()), None):
                only = replace(line, section=f"only.{name}", name=column, why="learnt_why_whose")
                yield replace(only, is_choice=not is_whose)


def _is_day(value: str) -> bool:
    """Tell whether a constant is a day: that of the sample, which no other row will have."""
    return "day" in {kind for kind, _ in tokens(value.strip('"'))}


def _is_one(values: Sequence[object]) -> bool:
    return len({str(value) for value in values}) == 1


def _constant(values: Sequence[object]) -> str | None:
    return quoted(trimmed(values[0])) if _is_one(values) else None


def _expression(values: Sequence[object], about: Surroundings) -> str | None:
    if all(isinstance(v, UUID) or _is_uuid(str(v)) for v in values):
        return quoted("$guid")
    times = [_time(value) for value in values]
    if all(t is not None and abs(about.now - t.replace(tzinfo=None)) < LATELY for t in times):
        return quoted("$now")
    if not _is_one(values):
        return None
    text = str(values[0]).strip()
    for expression, meant in (("$user", about.user), ("$year", about.year)):
        if meant and text.casefold() == meant.casefold():
            return quoted(expression)
    return quoted("$mandant") if about.mandant and text == about.mandant else None


def _is_uuid(text: str) -> bool:
    try:
        return len(text.strip("{}")) == len(str(UUID(text)))
    except ValueError:
        return False


def _time(value: object) -> datetime | None:
    """Return a time, also one that stands there as a text; a mere day is none."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, date) or ("day" not in {kind for kind, _ in tokens(value)}):
        return None
    text = str(value).strip()
    return datetime.fromisoformat(text) if len(text) > len("2026-01-31") else None
