"""Knows how a value of a tag stands in this Sage's column: one codec for each table and tag.

Also amounts whose sign says on which side they stand: debit positive, credit negative.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column

from relay.database.reflection import python_type
from relay.sage.reference import AMOUNTS, DECIDING, MEANINGS, NUMBERS
from relay.settings.profile import Profile

Convert = Callable[[object], object]

SORTED = ("%Y", "%m", "%d")
"""The order of a day's parts in which texts of days sort as the days do."""


@dataclass(frozen=True, slots=True)
class Codec:
    """How a value that rules know is written into a column, and read from it."""

    put: Convert
    got: Convert
    sorts: bool = True
    """What stands in the column sorts as the values do."""


def kind_of(column: Column[Any]) -> type:
    """Return Python's type of a column; `object` for one of a view that has none (SQLite)."""
    return python_type(column, object)


def codec_of(profile: Profile, table: str, tag: str, column: Column[Any]) -> Codec:
    """Return what the profile says of a tag, or how its column says it."""
    if codes := profile.codes.get(table, {}).get(tag):
        return _coded(f"{table}.{tag}", MEANINGS[table][tag], codes, column)
    amount = profile.amounts.get(table, {}).get(tag)
    if amount is not None and amount.minor:
        return _minor(f"{table}.{tag}", column)
    if form := profile.dates.get(table, {}).get(tag):
        return _dated(form, column)
    return plain(tag, column)


def plain(tag: str, column: Column[Any]) -> Codec:
    """Return the codec of a column that holds what the tag holds."""
    return Codec(_putting(column), _getting(tag))


def understood(got: Sequence[Convert], row: Sequence[object]) -> list[object]:
    """Return values as rules know them; None also for what is no number though it should be."""
    try:
        return [read(value) for read, value in zip(got, row, strict=True)]
    except (ValueError, ArithmeticError):  # one of them: each by itself
        if len(row) == 1:
            return [None]
        return [understood([read], [value])[0] for read, value in zip(got, row, strict=True)]


def _putting(column: Column[Any]) -> Convert:
    kind = kind_of(column)
    convert: Any = kind
    texts = kind in (str, object)

    def empty() -> object:
        return None if column.nullable or kind is object else kind()

    def text(value: object) -> object:
        if isinstance(value, str):
            return value or empty()
        if value is None:
            return empty()
        if isinstance(value, Decimal):
            return f"{value:.2f}"
        return str(value) if kind is str else value

    def other(value: object) -> object:
        if not isinstance(value, str):
            return empty() if value is None else value
        try:
            return convert(value) if value else empty()
        except (TypeError, ValueError, ArithmeticError) as error:
            msg = f"{column.name}: «{value}» is no {kind.__name__}"
            raise ValueError(msg) from error

    return text if texts else other


def _getting(tag: str) -> Convert:
    if tag in AMOUNTS:
        return _exact
    if tag in NUMBERS:
        return lambda value: None if value is None else int(value)  # type: ignore[call-overload] # a number, or a text of one
    return _text_or_day


def _exact(value: object) -> object:
    if value is None:
        return None
    found = value if isinstance(value, Decimal) else Decimal(str(value))
    if not found.is_finite():
        raise ValueError(value)
    return found


def _text_or_day(value: object) -> object:
    if value is None:
        return None
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    return str(value).rstrip(" ")


def _coded(
    name: str, meanings: Mapping[str, int], codes: Mapping[str, object], column: Column[Any]
) -> Codec:
    convert: Any = kind_of(column)
    convert = (lambda code: code) if convert is object else convert
    written = {meanings[meaning]: convert(code) for meaning, code in codes.items()}
    read = {str(code): number for number, code in written.items()}

    def put(value: object) -> object:
        if value is None and column.nullable:
            return None
        if value in written:
            return written[value]
        msg = f"{name}: [sage.profile.codes] has no code for {value}"
        raise ValueError(msg)

    def got(value: object) -> object:
        code = None if value is None else str(value).rstrip(" ")
        if code in read:
            return read[code]
        if name.rpartition(".")[2] not in DECIDING or (code is None and name == "PKd.WrnLk"):
            return None
        msg = f"{name}: [sage.profile.codes] does not name «{code}»"
        raise ValueError(msg)

    return Codec(put, got, sorts=False)


def _minor(name: str, column: Column[Any]) -> Codec:
    whole = _putting(column)

    def put(value: object) -> object:
        if value is None:
            return whole(None)
        hundredths = Decimal(str(value)).scaleb(2)
        if hundredths != hundredths.to_integral_value():
            msg = f"{name}: {value} has parts of a hundredth"
            raise ValueError(msg)
        return int(hundredths) if kind_of(column) is not str else str(int(hundredths))

    def got(value: object) -> object:
        found: Any = _exact(value)
        return None if found is None else found.scaleb(-2)

    return Codec(put, got)


def _dated(form: str, column: Column[Any]) -> Codec:
    is_text = issubclass(kind_of(column), str) or kind_of(column) is object

    def put(value: object) -> object:
        if value is None or value == "":
            return None if column.nullable else kind_of(column)()
        if not isinstance(value, date):
            value = date.fromisoformat(str(value))
        parts = {"%Y": f"{value.year:04}", "%m": f"{value.month:02}", "%d": f"{value.day:02}"}
        written = form
        for part, digits in parts.items():
            written = written.replace(part, digits)
        return written if is_text else int(written)

    def got(value: object) -> object:
        text = "" if value is None else str(value).strip()
        if not text.strip("0.-/ "):
            return None
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone

    places = [form.index(part) for part in SORTED]
    return Codec(put, got, sorts=places == sorted(places))


CREDIT = 1
"""Type of the import format; a debit is 0."""


def with_sides(row: Mapping[str, object], signed: Collection[str]) -> Mapping[str, object]:
    """Return a posting whose amounts have the sign of its side."""
    return {**row, **_turned(row, signed)} if row.get("Type") == CREDIT else row


def without_sides(row: dict[str, object], signed: Collection[str]) -> dict[str, object]:
    """Return a posting with the amounts that its side has; without a Type their sign is it."""
    if "Type" not in row:
        amounts = (row.get(tag) for tag in ("ValNt", "ValTx"))
        amount = next((each for each in amounts if isinstance(each, Decimal) and each), Decimal(0))
        row = {**row, "Type": CREDIT if amount < 0 else 0}
    return {**row, **_turned(row, signed)} if row["Type"] == CREDIT else row


def _turned(row: Mapping[str, object], signed: Collection[str]) -> dict[str, object]:
    return {tag: -value for tag in signed if isinstance(value := row.get(tag), Decimal)}
