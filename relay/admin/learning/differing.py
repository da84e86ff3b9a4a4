"""Knows what is not alike in what Sage has written and what the relay would write. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from relay.admin.learning.expected import ExpectedRow
from relay.admin.learning.pairing import Pair, PairedTable, TagColumn
from relay.admin.learning.placing import LINKED
from relay.admin.learning.readings import Reading, is_empty, token, tokens, trimmed
from relay.sage.reference import MEANINGS

COST, TAX = 1, 2
UNKNOWN = object()
"""A number of a row that Sage has not."""
GIVEN = {"BlgNr": "BlgNr", "GFNr": "BlgNr", "BkIdx": "BkIdx", "TIdx": "BkIdx", "CIdx": "BkIdx"}
"""Tags with numbers that Sage gives by itself, and the tag whose numbers they are."""


class Kind(StrEnum):
    """In which way something is not alike."""

    DIFFERS = "differs"
    RELAY_ONLY = "relay_only"
    """Sage leaves empty what the relay would write."""
    SAGE_ONLY = "sage_only"
    ROW_MISSING = "row_missing"
    """Sage has no such row."""
    ROW_EXTRA = "row_extra"
    """The relay would write no such row."""


class Why(StrEnum):
    """What a difference likely is."""

    SIGN = "sign"
    HUNDREDFOLD = "hundredfold"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One thing that is not alike."""

    kind: Kind
    table: str
    row: Mapping[str, str]
    """What names the row to people: `account`, `key`, and `part`, which is `cost` or `tax`."""
    tag: str = ""
    column: str = ""
    sage: object = None
    ours: object = None
    why: Why = Why.OTHER


@dataclass(slots=True)
class Comparison:
    """All that is not alike, and how many values are."""

    equal: int
    differences: list[Deviation]


def compare(pairings: Sequence[PairedTable]) -> Comparison:
    """Compare all tables that were found."""
    given = _given(pairings)
    found = Comparison(0, [])
    for pairing in pairings:
        for pair in pairing.pairs:
            for tag in pair.ours.values:
                difference = _of_tag(pairing, pair, tag, given)
                if isinstance(difference, Deviation):
                    found.differences.append(difference)
                elif difference:
                    found.equal += 1
        if pairing.sage is not None:
            found.differences += _of_rows(pairing)
    return found


def _of_rows(pairing: PairedTable) -> Iterator[Deviation]:
    for row in pairing.missing:
        yield Deviation(Kind.ROW_MISSING, pairing.table, name_of(row), ours=_amount(row.values))
    for extra in map(pairing.by_tag, pairing.extra):
        name = _name(pairing.table, extra)
        yield Deviation(Kind.ROW_EXTRA, pairing.table, name, sage=_amount(extra))


def _amount(values: Mapping[str, object]) -> object:
    amounts = (values.get(tag) for tag in ("ValNt", "MVal"))
    return next((amount for amount in amounts if amount is not None), None)


def name_of(row: ExpectedRow) -> dict[str, str]:
    """Return what names a row of ours to people."""
    name = _name(row.table, row.values)
    if row.table == "Bk":
        name["part"] = {COST: "cost", TAX: "tax"}.get(int(str(row.values.get("BType") or 0)), "")
    return name


def _name(table: str, values: Mapping[str, object]) -> dict[str, str]:
    if table == "Bk":
        return {"account": str(values.get("AccId") or "")}
    key = next((tag for tag, tables in LINKED.items() if tables[0] == table), "")
    return {"key": str(values.get(key) or "")}


def _given(pairings: Sequence[PairedTable]) -> dict[str, dict[str, object]]:
    """Return by which numbers Sage calls what the relay numbers otherwise, by our number."""
    found: dict[str, dict[str, object]] = {"BlgNr": {}, "BkIdx": {}}
    for pairing in pairings:
        for tag in ("BlgNr", "BkIdx"):
            column = pairing.column(tag)
            for pair in pairing.pairs:
                number = pair.ours.values.get(tag)
                if column is not None and number is not None:
                    found[tag].setdefault(str(number), pair.sage.get(column))
    return found


def _of_tag(
    pairing: PairedTable, pair: Pair, tag: str, given: Mapping[str, Mapping[str, object]]
) -> Deviation | bool:
    """Return how a value differs, or whether it is equal; False: nobody can tell."""
    place = _place(pairing, tag)
    if place is None:
        return False
    ours, sage = pair.ours.values[tag], pair.sage.get(place.column)
    if tag in GIVEN and not is_empty(ours):
        numbers = given[GIVEN[tag]]
        ours = numbers.get(str(ours), UNKNOWN)
        if ours in (UNKNOWN, sage):
            return ours is not UNKNOWN
    elif _is_alike(pairing, pair, tag, place):
        return True
    why = Why.OTHER
    if tag in MEANINGS.get(pairing.table, {}) or not (is_empty(ours) or is_empty(sage)):
        kind, why = Kind.DIFFERS, _why(ours, sage, place, is_debit=pair.is_debit)
    else:
        kind = Kind.SAGE_ONLY if is_empty(ours) else Kind.RELAY_ONLY
    return Deviation(
        kind, pairing.table, _named(pairing, pair), tag, place.column,
        trimmed(sage), trimmed(ours), why,
    )  # fmt: skip


def _named(pairing: PairedTable, pair: Pair) -> dict[str, str]:
    """Name a row as Sage does where we do not know its account."""
    name = name_of(pair.ours)
    if "account" in name and not name["account"]:
        name |= _name(pairing.table, pairing.by_tag(pair.sage))
    return name


def _place(pairing: PairedTable, tag: str) -> TagColumn | None:
    column = pairing.column(tag)
    if column is None:
        return None
    places = pairing.places.get(tag, ())
    return next((p for p in places if p.column == column), TagColumn(column, Reading.SAME, 0, 0))


def _is_alike(pairing: PairedTable, pair: Pair, tag: str, place: TagColumn) -> bool:
    ours, sage = pair.ours.values[tag], pair.sage.get(place.column)
    if place.reading is Reading.LINK and LINKED[tag][0] != pairing.table:
        return True  # it is said once, of the row whose own number it is
    if names := pairing.codes.get(tag, {}).get(place.column):
        return bool(str(names.get(int(str(ours or 0)))) == str(sage))
    if is_empty(ours) or is_empty(sage):
        return is_empty(ours) and is_empty(sage)
    return token(ours, place.reading, is_debit=pair.is_debit) in tokens(sage)


def _why(ours: object, sage: object, place: TagColumn, *, is_debit: bool | None) -> Why:
    wanted = token(ours, place.reading, is_debit=is_debit)
    if wanted is None or wanted[0] != "number":
        return Why.OTHER
    numbers = [Decimal(str(value)) for kind, value in tokens(sage) if kind == "number"]
    number = Decimal(str(wanted[1]))
    if numbers and number and numbers[0] == -number:
        return Why.SIGN
    if numbers and number and numbers[0] in (number * 100, number / 100):
        return Why.HUNDREDFOLD
    return Why.OTHER
