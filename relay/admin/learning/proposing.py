"""Knows which lines of `[sage.profile]` a sample speaks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from relay.admin.learning.counting import CounterGuess
from relay.admin.learning.filling import Surroundings, of_masters, of_others
from relay.admin.learning.line import ORDER, SEVERAL, Setting
from relay.admin.learning.pairing import PairedTable, TagColumn
from relay.admin.learning.placing import place_in
from relay.admin.learning.readings import Reading, trimmed
from relay.base.toml import quoted
from relay.sage.reference import AMOUNTS, MEANINGS

_Rows = Sequence[Mapping[str, object]]
_AMOUNTS_IN_ORDER = sorted(AMOUNTS - {"Rate"})
_OF_READING = {Reading.LINK: "learnt_why_link", Reading.NEGATED: "learnt_why_negated"}


def proposed(
    pairings: Sequence[PairedTable], about: Surroundings, counters: Sequence[CounterGuess] = ()
) -> list[Setting]:
    """Return all lines that a sample speaks for, in the order of the profile."""
    found = [p for p in pairings if p.sage]
    lines = [line for pairing in found for line in _of_table(pairing, about, counters)]
    lines += of_masters(lines, about)
    if any(_is_in_centimes(line) for line in lines):
        lines += _of_other_amounts(found, lines, about.raised)
    first = list(dict.fromkeys(line.section for line in lines))
    place = {each: (ORDER.index(each.partition(".")[0]), at) for at, each in enumerate(first)}
    return sorted(lines, key=lambda line: place[line.section])


def _of_table(
    pairing: PairedTable, about: Surroundings, counters: Sequence[CounterGuess]
) -> Iterator[Setting]:
    name, real = pairing.table, pairing.sage or ""
    count = (len(pairing.pairs), len(pairing.pairs) + len(pairing.missing))
    if pairing.known is None:
        yield Setting("tables", name, quoted(real), "learnt_why_rows", count)
        for other in pairing.alike:
            yield Setting("tables", name, quoted(other), SEVERAL, count, is_choice=True)
    for tag, places in pairing.places.items():
        yield from _of_places(pairing, tag, places)
    for tag, columns in pairing.codes.items():
        yield from _of_codes(pairing, tag, columns)
    perhaps = list(_perhaps(pairing))
    for tag, column in perhaps:
        yield Setting(f"columns.{name}", tag, quoted(column), SEVERAL, count, is_choice=True)
    yield from of_others(pairing, about, {column for _, column in perhaps}, counters)


def _of_places(pairing: PairedTable, tag: str, places: Sequence[TagColumn]) -> Iterator[Setting]:
    name, several = pairing.table, len(places) > 1 or places[0].column in _contested(pairing)
    for place in places:
        rows = (place.held, place.of)
        why = _OF_READING.get(place.reading, SEVERAL if several else "learnt_why_value")
        choice = several or not place.is_sure or place.reading is Reading.NEGATED
        renamed = place.column.casefold() != tag.casefold()
        if tag not in pairing.named and renamed:
            yield Setting(f"columns.{name}", tag, quoted(place.column), why, rows, is_choice=choice)
        if several:
            continue
        if place.reading in (Reading.MINOR, Reading.BY_SIDE, Reading.MINOR_BY_SIDE):
            value = _AMOUNTS[place.reading]
            yield Setting(f"amounts.{name}", tag, value, "learnt_why_value", rows, is_choice=choice)
        if place.reading in (Reading.SORTED_DAY, Reading.POINTED_DAY):
            value = quoted(place.reading.value)
            yield Setting(f"dates.{name}", tag, value, "learnt_why_value", rows, is_choice=choice)


def _contested(pairing: PairedTable) -> set[str]:
    """Return the columns that are the only ones for more than one tag."""
    alone = Counter(places[0].column for places in pairing.places.values() if len(places) == 1)
    return {column for column, tags in alone.items() if tags > 1}


_AMOUNTS = {
    Reading.MINOR: '"minor"',
    Reading.BY_SIDE: '{ sign = "by_side" }',
    Reading.MINOR_BY_SIDE: '{ minor = true, sign = "by_side" }',
}


def _of_codes(
    pairing: PairedTable, tag: str, columns: Mapping[str, Mapping[int, object]]
) -> Iterator[Setting]:
    count = (len(pairing.pairs), len(pairing.pairs))
    meanings = {number: meaning for meaning, number in MEANINGS[pairing.table][tag].items()}
    several = len(columns) > 1
    why = SEVERAL if several else "learnt_why_codes"
    of = "learnt_why_codes_of" if several else why
    for column, names in columns.items():
        if tag not in pairing.named and column.casefold() != tag.casefold():
            section = f"columns.{pairing.table}"
            yield Setting(section, tag, quoted(column), why, count, is_choice=several)
        if any(str(ours) != str(sage) for ours, sage in names.items()):
            called = {meanings[ours]: quoted(trimmed(sage)) for ours, sage in names.items()}
            value = ", ".join(f"{meaning} = {name}" for meaning, name in called.items())
            section = f"codes.{pairing.table}"
            line = Setting(section, tag, f"{{ {value} }}", of, count, is_choice=several)
            yield replace(line, column=column)


def _perhaps(pairing: PairedTable) -> Iterator[tuple[str, str]]:
    """Return tags nobody knows the column of, with columns of values too short to prove it."""
    taken = pairing.possible
    found = {*pairing.places, *pairing.codes, *pairing.named}
    for tag in dict.fromkeys(t for p in pairing.pairs for t in p.ours.values if t not in found):
        pairs = [pair for pair in pairing.pairs if tag in pair.ours.values]
        for column in (c for c in pairs[0].sage if c not in taken):
            place = place_in(pairs, tag, column, Reading.SAME)
            if place is not None and place.is_sure:
                yield tag, column


def _is_in_centimes(line: Setting) -> bool:
    """Tell whether a line says of an amount that it is in centimes."""
    return line.section.startswith("amounts.") and "minor" in line.value


def _of_other_amounts(
    pairings: Sequence[PairedTable], lines: Sequence[Setting], raised: Mapping[str, _Rows]
) -> Iterator[Setting]:
    """Propose centimes for amounts that are zero in the sample, or that were only raised.

    Where others are in centimes and these stand in whole numbers too, they are what they look like.
    """
    said = {(line.section, line.name) for line in lines}
    tables: dict[str, _Rows] = {
        pairing.table: [pairing.by_tag(pair.sage) for pair in pairing.pairs] for pairing in pairings
    }
    tables |= raised
    for table, rows in tables.items():
        for tag in (t for t in _AMOUNTS_IN_ORDER if rows and t in rows[0]):
            values = [row[tag] for row in rows]
            is_whole = all(isinstance(value, int) for value in values)
            if is_whole and (f"amounts.{table}", tag) not in said:
                count = (len(values), len(values))
                yield Setting(f"amounts.{table}", tag, '"minor"', "learnt_why_whole", count)
