"""Knows in which of Sage's columns each of our tags stands, and how it is to be read. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from relay.admin.learning.pairing import Pair, PairedTable, TagColumn
from relay.admin.learning.readings import Reading, is_empty, readings_of, token, tokens, weight
from relay.sage.reference import MEANINGS, WRITTEN_MEANINGS

SIDES = ({"S", "H"}, {"D", "C"}, {"D", "K"}, {"DR", "CR"}, {"SOLL", "HABEN"})
"""What programs call debit and credit."""
LINKED: Mapping[str, tuple[str, ...]] = {
    "BlgNr": ("Blg", "Bk"),
    "AdrId": ("Adr", "PKd", "OPd"),
    "PkKey": ("PKd", "OPd", "Bk"),
    "OpId": ("OPd", "Bk"),
}
"""Tags that tie rows together, and the tables that have them; the first one's key it is."""
ENOUGH = 1.0
SEVERAL = 3
"""So many different values prove something, whatever they are."""
LONGEST_CODE = 10
SIGNED = (Reading.BY_SIDE, Reading.MINOR_BY_SIDE)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of columns: where a tag's values stand."""

    pairs: Sequence[Pair]
    tag: str
    is_known: bool
    """The tag's column is known by name."""
    signed: bool
    """Another tag's amounts have the sign of their side already."""


def place_tags(pairings: Sequence[PairedTable]) -> None:
    """Find the columns of all tags, in all tables that were paired."""
    for pairing in pairings:
        tags = dict.fromkeys(tag for pair in pairing.pairs for tag in pair.ours.values)
        for tag in tags:
            if tag in MEANINGS.get(pairing.table, {}):
                continue
            found = list(_places(pairing, tag))
            if found:
                pairing.places[tag] = found
        _leave_out_taken(pairing)
        for tag in tags:
            if tag in MEANINGS.get(pairing.table, {}):
                pairing.codes |= _coded(pairing, tag)
        _sides_first(pairing)
    for tag, tables in LINKED.items():
        _link(tag, [p for name in tables for p in pairings if p.table == name and p.pairs])


def _places(pairing: PairedTable, tag: str) -> Iterator[TagColumn]:
    """Return the columns in which a tag stands in all rows, or else in all but one."""
    pairs = [pair for pair in pairing.pairs if tag in pair.ours.values]
    is_known = tag in pairing.named
    if not is_known and not _proves(pairs, tag):
        return
    columns = [c for c in pairs[0].sage if c not in pairing.named.values()]
    columns = [pairing.named[tag]] if is_known else columns
    signed = any(p.reading in SIGNED for some in pairing.places.values() for p in some)
    asked = _Asked(pairs, tag, is_known=is_known, signed=signed)
    best = [place for column in columns if (place := _best(asked, column)) is not None]
    sure = [place for place in best if place.is_sure]
    nearly = [p for p in best if p.of >= SEVERAL and p.held == p.of - 1]
    exact = [place for place in sure if place.is_exact]
    yield from exact or sure or (best if is_known else nearly)


def _proves(pairs: Sequence[Pair], tag: str) -> bool:
    values = {pair.ours.values[tag] for pair in pairs}
    return sum(map(weight, values)) >= ENOUGH or len(values) >= SEVERAL


def _best(asked: _Asked, column: str) -> TagColumn | None:
    """Return the simplest reading in which a column has a tag's values in most rows."""
    example = next((v for p in asked.pairs if not is_empty(v := p.ours.values[asked.tag])), None)
    if example is None:
        return TagColumn(column, Reading.SAME, 0, 0) if asked.is_known else None
    found: TagColumn | None = None
    for reading in readings_of(example):
        place = place_in(asked.pairs, asked.tag, column, reading) if _may(reading, asked) else None
        if place is None or (found is not None and place.held <= found.held):
            continue
        if found is None or place.is_sure or not asked.is_known:
            found = place
    return found


def _may(reading: Reading, asked: _Asked) -> bool:
    """Tell whether a reading can be told from a mistake: a sign needs both sides."""
    if reading is Reading.NEGATED:
        return not asked.is_known
    if reading in SIGNED and not asked.signed:
        pairs = (p for p in asked.pairs if not is_empty(p.ours.values[asked.tag]))
        return len({p.is_debit for p in pairs}) > 1
    return True


def place_in(pairs: Sequence[Pair], tag: str, column: str, reading: Reading) -> TagColumn | None:
    """Count the rows in which a column has our value; None where it has one and we have none."""
    held = of = wrong = 0
    is_exact = True
    for pair in pairs:
        value, sage = pair.ours.values[tag], pair.sage.get(column)
        if is_empty(value):
            wrong += not is_empty(sage)
            continue
        of += 1
        held += token(value, reading, is_debit=pair.is_debit) in tokens(sage)
        is_exact &= isinstance(value, Decimal | date) or isinstance(value, str) == isinstance(
            sage, str
        )
    return TagColumn(column, reading, held - min(held, wrong), of, is_exact) if of else None


def _leave_out_taken(pairing: PairedTable) -> None:
    """Let a column in which one tag certainly stands be no other's, until nothing changes."""
    while True:
        alone = {tag: p[0] for tag, p in pairing.places.items() if len(p) == 1 and p[0].is_sure}
        sure = {place.column for place in alone.values()}
        exact = {place.column for place in alone.values() if place.is_exact}
        fewer = {}
        for tag, places in pairing.places.items():
            gone = sure if tag not in alone else set() if places[0].is_exact else exact
            left = [place for place in places if place.column not in gone]
            if len(left) < len(places) and (left or tag in alone):
                fewer[tag] = left
        if not fewer:
            return
        pairing.places = {t: left for t, p in pairing.places.items() if (left := fewer.get(t, p))}


def _coded(pairing: PairedTable, tag: str) -> dict[str, dict[str, dict[int, object]]]:
    """Return the columns whose values are our codes by other names, one to one."""
    pairs = [pair for pair in pairing.pairs if tag in pair.ours.values]
    columns = _columns(pairing, tag)
    found: dict[str, dict[int, object]] = {}
    one_is_all = tag in pairing.named and len(WRITTEN_MEANINGS.get(tag, ())) == 1
    for column in columns:
        names = {(int(str(p.ours.values[tag] or 0)), p.sage.get(column)) for p in pairs}
        ours, theirs = {each for each, _ in names}, {str(name) for _, name in names}
        is_enough = len(ours) > 1 or (one_is_all and not any(map(str.isdigit, theirs)))
        if is_enough and len(names) == len(ours) == len(theirs) and all(map(_is_code, theirs)):
            found[column] = dict(sorted(names, key=lambda each: each[0]))
    return {tag: found} if found else {}


def _is_code(name: str) -> bool:
    return name != "None" and 0 < len(name.strip()) <= LONGEST_CODE


def _sides_first(pairing: PairedTable) -> None:
    """Where a column says debit and credit by well-known letters, it says nothing else."""
    columns = pairing.codes.get("Type", {})
    sides = {
        column: names
        for column, names in columns.items()
        if {str(name).strip().upper() for name in names.values()} in SIDES
    }
    if len(sides) == 1:
        pairing.codes["Type"] = sides
        for tag in pairing.codes.keys() - {"Type"}:
            left = {c: names for c, names in pairing.codes[tag].items() if c not in sides}
            pairing.codes[tag] = left
        pairing.codes = {tag: found for tag, found in pairing.codes.items() if found}


def _link(tag: str, pairings: Sequence[PairedTable]) -> None:
    """Find a tag whose numbers Sage gives itself: the same one in rows that belong together."""
    unknown = [p for p in pairings if tag not in p.named]
    if len(pairings) < 2 or any(p.places.get(tag) for p in unknown):  # noqa: PLR2004 - one cannot tie
        return
    home, *others = pairings
    found: list[list[str]] = [[] for _ in pairings]
    for column in _columns(home, tag):
        value = tokens(home.pairs[0].sage.get(column))
        if not any(kind == "text" and _is_number(str(text)) for kind, text in value):
            continue
        in_others = [[c for c in _columns(p, tag) if _all_have(p, tag, c, value)] for p in others]
        if any(in_others):
            for place, columns in zip(found, [[column], *in_others], strict=True):
                place += [c for c in columns if c not in place]
    for pairing, columns in zip(pairings, found, strict=True):
        if pairing in unknown and columns:
            count = sum(not is_empty(p.ours.values.get(tag)) for p in pairing.pairs)
            pairing.places[tag] = [TagColumn(c, Reading.LINK, count, count) for c in columns]


def _is_number(text: str) -> bool:
    """Tell what can be a number of something: a digit alone is a flag, letters are a currency."""
    return len(text) > 1 and any(map(str.isdigit, text))


def _columns(pairing: PairedTable, tag: str) -> list[str]:
    if tag in pairing.named:
        return [pairing.named[tag]]
    return [column for column in pairing.pairs[0].sage if column not in pairing.taken]


def _all_have(
    pairing: PairedTable, tag: str, column: str, value: frozenset[tuple[str, object]]
) -> bool:
    rows = [p.sage for p in pairing.pairs if not is_empty(p.ours.values.get(tag))]
    return bool(rows) and all(tokens(row.get(column)) & value for row in rows)
