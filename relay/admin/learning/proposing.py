"""Knows which lines of `[sage.profile]` a sample speaks for, and how they are written as TOML.

Nothing is guessed silently: each line is a comment, with what it is concluded from beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import orjson

from relay.admin.learning.pairing import Pairing, Place
from relay.admin.learning.placing import place_in
from relay.admin.learning.readings import Reading, is_empty, tokens
from relay.base import texts
from relay.sage.reference import MEANINGS

LATELY = timedelta(hours=12)
"""A time that is no older is the clock's: the sample was entered meanwhile."""
_SEVERAL = "learnt_why_several"
_OF_READING = {Reading.LINK: "learnt_why_link", Reading.NEGATED: "learnt_why_negated"}
_NAMED_BY_VIEW = ("Tax", "Zab", "FCur", "Client", "Acc")


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
    """Real tables whose numbers the database itself gives."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the profile."""

    section: str
    name: str
    value: str
    why: str
    """A code of the text catalogue."""
    rows: tuple[int, int] = (0, 0)
    """In how many rows it is so."""
    is_choice: bool = False
    """One of several that are possible."""


def proposed(pairings: Sequence[Pairing], about: Surroundings) -> list[Line]:
    """Return all lines that a sample speaks for, in the order of the profile."""
    lines = [line for pairing in pairings if pairing.sage for line in _of_table(pairing, about)]
    order = ("tables", "columns", "constants", "only", "keys", "codes", "amounts", "dates")
    return sorted(lines, key=lambda line: order.index(line.section.partition(".")[0]))


def fragment(lines: Sequence[Line], missing: Sequence[str], language: str) -> str:
    """Write lines as TOML, every one as a comment; `missing` are tables that were not found."""
    written = [f"# {texts.text('learn_toml_head', language)}"]
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            written += ["", f"# [sage.profile.{section}]"]
        held, of = line.rows
        why = texts.text(line.why, language, held=held, of=of)
        mark = "#?" if line.is_choice else "#"
        written.append(f"{mark} {_key(line.name)} = {line.value:<28} # {why}")
    written.append("")
    written += [f"# {texts.text('learn_toml_missing', language, table=t)}" for t in missing]
    written.append(
        f"# {texts.text('learn_toml_masters', language, tables=', '.join(_NAMED_BY_VIEW))}"
    )
    return "\n".join(written) + "\n"


def quoted(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool | int | Decimal | float):
        return str(value).lower()
    return orjson.dumps(str(value).strip()).decode()


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else quoted(name)


def _of_table(pairing: Pairing, about: Surroundings) -> Iterator[Line]:
    name, real = pairing.table, pairing.sage or ""
    count = (len(pairing.pairs), len(pairing.pairs) + len(pairing.missing))
    if pairing.known is None:
        yield Line("tables", name, quoted(real), "learnt_why_rows", count)
        for other in pairing.alike:
            yield Line("tables", name, quoted(other), _SEVERAL, count, is_choice=True)
    for tag, places in pairing.places.items():
        yield from _of_places(pairing, tag, places)
    for tag, columns in pairing.codes.items():
        yield from _of_codes(pairing, tag, columns)
    for tag, column in _perhaps(pairing):
        yield Line(f"columns.{name}", tag, quoted(column), _SEVERAL, count, is_choice=True)
    yield from _of_others(pairing, about)


def _is_renamed(pairing: Pairing, tag: str) -> bool:
    return pairing.known is None or tag not in pairing.known.columns


def _of_places(pairing: Pairing, tag: str, places: Sequence[Place]) -> Iterator[Line]:
    name, several = pairing.table, len(places) > 1 or places[0].column in _contested(pairing)
    for place in places:
        rows = (place.held, place.of)
        why = _OF_READING.get(place.reading, _SEVERAL if several else "learnt_why_value")
        choice = several or not place.is_sure or place.reading is Reading.NEGATED
        renamed = place.column.casefold() != tag.casefold()
        if _is_renamed(pairing, tag) and renamed:
            yield Line(f"columns.{name}", tag, quoted(place.column), why, rows, is_choice=choice)
        if several:
            continue
        if place.reading in (Reading.MINOR, Reading.BY_SIDE, Reading.MINOR_BY_SIDE):
            value = _AMOUNTS[place.reading]
            yield Line(f"amounts.{name}", tag, value, "learnt_why_value", rows, is_choice=choice)
        if place.reading in (Reading.SORTED_DAY, Reading.POINTED_DAY):
            value = quoted(place.reading.value)
            yield Line(f"dates.{name}", tag, value, "learnt_why_value", rows, is_choice=choice)


def _contested(pairing: Pairing) -> set[str]:
    """Return the columns that are the only ones for more than one tag."""
    alone = Counter(places[0].column for places in pairing.places.values() if len(places) == 1)
    return {column for column, tags in alone.items() if tags > 1}


_AMOUNTS = {
    Reading.MINOR: '"minor"',
    Reading.BY_SIDE: '{ sign = "by_side" }',
    Reading.MINOR_BY_SIDE: '{ minor = true, sign = "by_side" }',
}


def _of_codes(
    pairing: Pairing, tag: str, columns: Mapping[str, Mapping[int, object]]
) -> Iterator[Line]:
    count = (len(pairing.pairs), len(pairing.pairs))
    meanings = {number: meaning for meaning, number in MEANINGS[pairing.table][tag].items()}
    several = len(columns) > 1
    why = _SEVERAL if several else "learnt_why_codes"
    for column, names in columns.items():
        if _is_renamed(pairing, tag) and column.casefold() != tag.casefold():
            section = f"columns.{pairing.table}"
            yield Line(section, tag, quoted(column), why, count, is_choice=several)
        if any(str(ours) != str(sage) for ours, sage in names.items()):
            value = ", ".join(f"{meanings[ours]} = {quoted(sage)}" for ours, sage in names.items())
            section = f"codes.{pairing.table}"
            yield Line(section, tag, f"{{ {value} }}", why, count, is_choice=several)


def _of_others(pairing: Pairing, about: Surroundings) -> Iterator[Line]:
    """Propose what fills the columns that only Sage writes."""
    rows = [*(pair.sage for pair in pairing.pairs), *pairing.extra]
    name, real, taken = pairing.table, pairing.sage or "", _possible(pairing)
    perhaps = {column for _, column in _perhaps(pairing)}
    number = about.numbered.get(real)
    for column in rows[0] if rows else ():
        values = [row.get(column) for row in rows]
        filled = [value for value in values if not is_empty(value)]
        if column in taken or not filled:
            continue
        count = (len(filled), len(values))
        if column == number and all(isinstance(value, int) for value in filled):
            given = real in about.given
            why = "learnt_why_identity" if given else "learnt_why_key"
            yield Line(f"keys.{name}", column, '"identity"', why, count, is_choice=not given)
            continue
        value = _expression(filled, about) or (quoted(filled[0]) if _is_one(filled) else None)
        if value is not None:
            is_choice = len(filled) < len(values) or column in perhaps or _is_day(value)
            section = "only" if value == quoted("$mandant") else "constants"
            why = _SEVERAL if column in perhaps else "learnt_why_sage"
            yield Line(f"{section}.{name}", column, value, why, count, is_choice=is_choice)


def _is_day(value: str) -> bool:
    """Tell whether a constant is a day: that of the sample, which no other row will have."""
    return "day" in {kind for kind, _ in tokens(value.strip('"'))}


def _perhaps(pairing: Pairing) -> Iterator[tuple[str, str]]:
    """Return tags nobody knows the column of, with columns of values too short to prove it."""
    taken = _possible(pairing)
    found = {*pairing.places, *pairing.codes, *(pairing.known.columns if pairing.known else ())}
    for tag in dict.fromkeys(t for p in pairing.pairs for t in p.ours.values if t not in found):
        pairs = [pair for pair in pairing.pairs if tag in pair.ours.values]
        for column in (c for c in pairs[0].sage if c not in taken):
            place = place_in(pairs, tag, column, Reading.SAME)
            if place is not None and place.is_sure:
                yield tag, column


def _possible(pairing: Pairing) -> set[str]:
    """Return the columns that are some tag's, or may be."""
    places = {place.column for some in pairing.places.values() for place in some}
    codes = {column for columns in pairing.codes.values() for column in columns}
    known = set() if pairing.known is None else {*pairing.known.columns.values()}
    return places | codes | known


def _is_one(values: Sequence[object]) -> bool:
    return len({str(value) for value in values}) == 1


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
