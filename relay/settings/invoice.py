"""Knows the sections of `relay.toml` about invoices: header, positions, and the map of values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    NonNegativeInt,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from stdnum import iban

from relay.base.spelling import as_key
from relay.settings.section import Condition, Section

INVOICE_FIELDS = frozenset(
    [
        "invoice_number", "kind", "corrects", "invoice_date", "posting_date", "due_date", "mandant",
        "cost_centre", "currency", "rate", "terms", "reference", "iban", "text", "gross",
        "rounding",
    ]
)  # fmt: skip
"""Our names for the fields of an invoice's header."""

POSITION_FIELDS = frozenset(
    [
        "line", "article", "text", "quantity", "unit_price", "amount", "account", "vat",
        "supplied_on", "supplied_until", "vat_rate", "vat_amount", "cost_centre",
    ]
)  # fmt: skip
"""Our names for the fields of a position."""

KINDS = ("invoice", "credit-note")
"""What `[map] kind` may lead to."""


def _known(fields: dict[str, str], known: frozenset[str], needed: tuple[str, ...]) -> None:
    for name in fields:
        if name not in known:
            told = {"name": name, "known": ", ".join(sorted(known))}
            raise PydanticCustomError("unknown_field", "unknown field {name}", told)
    missing = [name for name in needed if name not in fields]
    if missing:
        told = {"names": ", ".join(missing)}
        raise PydanticCustomError("field_needed", "not mapped: {names}", told)


class Invoice(Section):
    """`[cobra.invoice]`: the captured table of invoices, and what is done with them."""

    table: str
    schema_name: str | None = Field(default=None, alias="schema")
    key: str
    address: str
    final: Condition
    cancelled: Condition | None = None
    deleted: Condition | None = None
    book_from: date
    settle_seconds: NonNegativeInt = 2
    on_change: Literal["hold", "reverse-and-rebook"] = "hold"
    on_cancel: Literal["hold", "reverse"] = "hold"
    closed_period: Literal["wait", "next-period", "hold"] = "wait"
    credit_notes: Literal["negative", "swapped"] = "negative"
    tolerance: Decimal = Field(default=Decimal("0.01"), ge=0)
    changed_by: str | None = None
    fields: dict[str, str]

    @field_validator("fields")
    @classmethod
    def _fields(cls, fields: dict[str, str]) -> dict[str, str]:
        _known(fields, INVOICE_FIELDS, ("invoice_number", "invoice_date"))
        return fields

    def captured(self) -> dict[str, str]:
        """Return every mapped column: our name for it, to cobra's column (design: Capture)."""
        columns = dict(self.fields) | {"key": self.key, "address": self.address}
        for name in ("final", "cancelled", "deleted"):
            condition: Condition | None = getattr(self, name)
            if condition is not None:
                columns[name] = condition.column
        return columns


class Position(Section):
    """`[cobra.position]`: the captured table of positions; each names its invoice."""

    table: str
    schema_name: str | None = Field(default=None, alias="schema")
    key: str
    invoice: str
    amounts: Literal["net", "gross"] = "net"
    changed_by: str | None = None
    fields: dict[str, str]

    @field_validator("fields")
    @classmethod
    def _fields(cls, fields: dict[str, str]) -> dict[str, str]:
        _known(fields, POSITION_FIELDS, ("amount", "account", "vat"))
        return fields

    def captured(self) -> dict[str, str]:
        """Return every mapped column: our name for it, to cobra's column (design: Capture)."""
        return dict(self.fields) | {"key": self.key, "invoice": self.invoice}


Key = Annotated[str, AfterValidator(as_key)]
"""A value of cobra, as people see it."""


class VatKey(Section):
    """`[[map.vat]]`: which tax key of Sage a category has, for supplies from a day on."""

    category: Key
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    key: str = Field(min_length=1)


LETTERS = "letters"
"""The map of spellings: what stands on its left are letters, no values of cobra."""


class Maps(Section):
    """`[map]`: values of cobra and their counterparts in Sage, by our name of the field."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, str]]

    vat: list[VatKey] = Field(default_factory=list)

    @model_validator(mode="after")
    def _as_people_see_them(self) -> Self:
        """Read the values of cobra as its fields are read; two that look alike would be one."""
        for name, told in (self.__pydantic_extra__ or {}).items():
            if name != LETTERS:
                seen = {as_key(value): counterpart for value, counterpart in told.items()}
                if len(seen) < len(told):
                    raise PydanticCustomError("map_twice", "twice", {"field": name})
                told.clear()
                told.update(seen)
        return self

    @model_validator(mode="after")
    def _sound(self) -> Self:
        each = [(rule.category, rule.from_) for rule in self.vat]
        double = sorted({category for category, day in each if each.count((category, day)) > 1})
        if double:
            raise PydanticCustomError("vat_twice", "twice: {names}", {"names": ", ".join(double)})
        kinds = sorted(set((self.of("kind") or {}).values()) - set(KINDS))
        if kinds:
            told = {"names": ", ".join(kinds), "known": ", ".join(KINDS)}
            raise PydanticCustomError("kind_unknown", "unknown: {names}", told)
        return self

    def of(self, field: str) -> Mapping[str, str] | None:
        """Return the map of a field, or None if its values go over as they are."""
        return (self.__pydantic_extra__ or {}).get(field)

    def tax_key(self, category: str, supplied_on: date) -> str | None:
        """Return Sage's tax key: the rule that began last on or before the day of supply."""
        rules = [
            (rule.from_ or date.min, rule)
            for rule in self.vat
            if rule.category == category and (rule.from_ or date.min) <= supplied_on
        ]
        if not rules:
            return None
        _, last = max(rules, key=lambda each: each[0])
        return last.key if last.to is None or supplied_on <= last.to else None


def _range(value: str) -> str:
    first, _, last = value.partition("-")
    if not (first.isdigit() and last.isdigit() and int(first) <= int(last)):
        raise PydanticCustomError("number_range", "not a range of numbers")
    return value


NumberRange = Annotated[str, AfterValidator(_range)]
"""`"900000-999999"`, both ends included."""


def _iban(value: str) -> str:
    if not iban.is_valid(value):
        raise PydanticCustomError("iban", "not an IBAN", {"value": value})
    return iban.compact(value)


Iban = Annotated[str, AfterValidator(_iban)]
"""An IBAN with or without blanks; its check digits are right (ISO 13616, modulo 97)."""


def in_range(number: int, ranges: list[str]) -> bool:
    """Tell whether a number lies in one of the ranges."""
    ends = (told.partition("-") for told in ranges)
    return any(int(first) <= number <= int(last) for first, _, last in ends)
