"""Knows `[sage.profile]`: in what a Sage differs from the reference schema.

Here is only how it is written; which tables and tags there are, and what goes together, says
`relay.sage.profile`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, is_dataclass
from dataclasses import field as member
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator
from pydantic_core import PydanticCustomError

from relay.settings.mistakes import nearest
from relay.settings.section import Section


class Expression(StrEnum):
    """What is not the same in each row or year."""

    USER = "$user"
    """The login under which the relay works in the year's database."""
    NOW = "$now"
    """The time on the clock of the database's server."""
    YEAR = "$year"
    """The name of the configured year."""
    GUID = "$guid"
    """A new one for each row."""
    MANDANT = "$mandant"
    """The year's mandant."""
    DOCUMENT = "$document"
    """The number of the row's document (BlgNr)."""
    PLACE = "$place"
    """The row's place in its document (BkIdx)."""


Value = str | int | Decimal | bool | date | datetime | Expression
"""What stands in a column that no tag maps to."""


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of a column that no tag maps to, and when it is written."""

    value: Value
    on: Literal["insert", "update", "both"] = "insert"


@dataclass(frozen=True, slots=True)
class Counter:
    """A column of numbers, of whose table one row says which number was given last."""

    column: str
    """`schema.table.column`, quoted like the name of a table."""
    where: Mapping[str, str | int] = member(default_factory=dict)
    """Columns and values of the row, unless the table has only one."""
    holds: Literal["last", "next"] = "last"


@dataclass(frozen=True, slots=True)
class Amount:
    """How an amount is kept: in hundredths, and with which sign."""

    minor: bool = False
    by_side: bool = False
    """Debit is positive, credit negative."""


def _value(raw: Any) -> Value:
    if isinstance(raw, str) and raw.startswith("$"):
        known = [each.value for each in Expression]
        if raw in known:
            return Expression(raw)
        values = {"name": raw, "known": ", ".join(known)}
        if near := nearest(raw, known):
            raise PydanticCustomError("expression_near", "no such", values | {"near": near})
        raise PydanticCustomError("expression", "no such expression", values)
    if isinstance(raw, float):
        return Decimal(str(raw))
    if isinstance(raw, str | int | Decimal | date):
        return raw
    raise PydanticCustomError("constant", "neither a value nor { value = …, on = … }")


def _constant(raw: Any) -> Constant:
    if isinstance(raw, Constant):
        return raw
    if not isinstance(raw, Mapping):
        return Constant(_value(raw))
    on = raw.get("on", "insert")
    if not {"value"} <= raw.keys() <= {"value", "on"} or on not in ("insert", "update", "both"):
        raise PydanticCustomError("constant", "neither a value nor { value = …, on = … }")
    return Constant(_value(raw["value"]), on)


def _key(raw: Any) -> Literal["identity"] | Counter:
    if raw == "identity":
        return "identity"
    if isinstance(raw, Counter):
        return raw
    match raw:
        case {"counter": str(column), **rest} if "." in column and rest.keys() <= {
            "where",
            "holds",
        }:
            where: Any = rest.get("where", {})
            holds = rest.get("holds", "last")
            plain = isinstance(where, Mapping) and all(
                isinstance(value, str | int) for value in where.values()
            )
            if plain and holds in ("last", "next"):
                return Counter(column, dict(where), holds)
    raise PydanticCustomError("key", 'neither "identity" nor { counter = … }')


def _amount(raw: Any) -> Amount:
    if raw == "minor":
        return Amount(minor=True)
    if isinstance(raw, Amount):
        return raw
    if isinstance(raw, Mapping) and raw.keys() <= {"minor", "sign"}:
        minor, sign = raw.get("minor", False), raw.get("sign")
        if isinstance(minor, bool) and sign in (None, "by_side"):
            return Amount(minor, sign == "by_side")
    raise PydanticCustomError("amount", 'neither "minor" nor { minor = true, sign = "by_side" }')


PARTS = ("%Y", "%m", "%d")


def _day(raw: Any) -> str:
    rest = raw if isinstance(raw, str) else ""
    for part in PARTS:
        if rest.count(part) != 1:
            raise PydanticCustomError("day_format", "not %Y, %m and %d, each once")
        rest = rest.replace(part, "")
    if any(letter.isalnum() or letter == "%" for letter in rest):
        raise PydanticCustomError("day_format", "not %Y, %m and %d, each once")
    return str(raw)


ByColumn = dict[str, dict[str, Annotated[Constant, PlainValidator(_constant)]]]


class Profile(Section):
    """`[sage.profile]`: table of the reference schema to what is different about it."""

    tables: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Tag to the real column; an empty name means: not there."""
    constants: ByColumn = Field(default_factory=dict)
    """Column without a tag to what is written there."""
    only: dict[str, dict[str, Annotated[Value, PlainValidator(_value)]]] = Field(
        default_factory=dict
    )
    """Column to the value of the rows that are ours: all others are never seen."""
    keys: dict[str, dict[str, Annotated[Literal["identity"] | Counter, PlainValidator(_key)]]] = (
        Field(default_factory=dict)
    )
    """Column, or tag, to who gives its numbers."""
    codes: dict[str, dict[str, dict[str, str | int]]] = Field(default_factory=dict)
    """Tag to what its meanings are called here."""
    amounts: dict[str, dict[str, Annotated[Amount, PlainValidator(_amount)]]] = Field(
        default_factory=dict
    )
    dates: dict[str, dict[str, Annotated[str, PlainValidator(_day)]]] = Field(default_factory=dict)
    """Tag to the format of a day that is kept as a text or a number."""
    totals: Literal["relay", "sage"] = "relay"
    """Who writes the totals of debtors, open items and accounts: `sage`: its own triggers do."""

    @property
    def numbers_documents(self) -> Counter | None:
        """The counter from which documents have their numbers, if there is one."""
        key = self.keys.get("Blg", {}).get("BlgNr")
        return key if isinstance(key, Counter) else None

    def differences(self) -> dict[str, Any]:
        """Return what counts for the fingerprint: a section that is not used changes none."""
        parts = {name: _plain(getattr(self, name)) for name in type(self).model_fields}
        unused = {name: _plain(getattr(Profile(), name)) for name in parts}
        always = ("tables", "columns")
        return {name: p for name, p in parts.items() if name in always or p != unused[name]}


def _plain(part: Any) -> Any:
    """Return a part of the profile as JSON has it."""
    if isinstance(part, Mapping):
        return {name: _plain(inner) for name, inner in part.items()}
    if is_dataclass(part) and not isinstance(part, type):
        return _plain(asdict(part))
    return part if isinstance(part, str | int) else str(part)
