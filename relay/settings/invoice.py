"""Knows the sections of `relay.toml` about invoices: header and positions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import (
    Field,
    NonNegativeInt,
    field_validator,
)
from pydantic_core import PydanticCustomError

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


def _known(fields: dict[str, str], known: frozenset[str], needed: tuple[str, ...]) -> None:
    for name in fields:
        if name not in known:
            values = {"name": name, "known": ", ".join(sorted(known))}
            raise PydanticCustomError("unknown_field", "unknown field {name}", values)
    missing = [name for name in needed if name not in fields]
    if missing:
        values = {"names": ", ".join(missing)}
        raise PydanticCustomError("field_needed", "not mapped: {names}", values)


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
        """Return every mapped column: our name for it, to cobra's column.

        Only a change of one of these is noticed.
        """
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
        """Return every mapped column: our name for it, to cobra's column.

        Only a change of one of these is noticed.
        """
        return dict(self.fields) | {"key": self.key, "invoice": self.invoice}
