"""Knows `[cobra]`: the database that is captured, its three tables, and what their columns mean."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal, Self

from pydantic import Field, NonNegativeInt, field_validator, model_validator
from pydantic_core import PydanticCustomError

from relay.base.days import Days
from relay.settings.database import DatabaseUrl, Password
from relay.settings.section import Condition, Section, is_possible, matches


class TableSection(Section):
    """A table of cobra's, and the columns that our fields have there."""

    known: ClassVar[frozenset[str]]
    """Our names for the fields."""
    needed: ClassVar[tuple[str, ...]] = ()

    table: str
    schema_name: str | None = Field(default=None, alias="schema")
    key: str
    fields: dict[str, str]

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, str]) -> dict[str, str]:
        for name in fields:
            if name not in cls.known:
                values = {"name": name, "known": ", ".join(sorted(cls.known))}
                raise PydanticCustomError("unknown_field", "unknown field {name}", values)
        missing = [name for name in cls.needed if name not in fields]
        if missing:
            values = {"names": ", ".join(missing)}
            raise PydanticCustomError("field_needed", "not mapped: {names}", values)
        return fields


class CapturedSection(TableSection):
    """A table that is captured."""

    others: ClassVar[tuple[str, ...]]
    """Keys beside `fields` that name a column, or a condition of one."""

    changed_by: str | None = None

    def captured(self) -> dict[str, str]:
        """Return every mapped column: our name for it, to cobra's column.

        Only a change of one of these is noticed.
        """
        columns = self.fields | {"key": self.key}
        for name in self.others:
            column: str | Condition | None = getattr(self, name)
            if column is not None:
                columns[name] = column.column if isinstance(column, Condition) else column
        return columns


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


class InvoiceSection(CapturedSection):
    """`[cobra.invoice]`: the captured table of invoices, and what is done with them."""

    known = INVOICE_FIELDS
    needed = ("invoice_number", "invoice_date")
    others = ("address", "final", "cancelled", "deleted")

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


class Position(CapturedSection):
    """`[cobra.position]`: the captured table of positions; each names its invoice."""

    known = POSITION_FIELDS
    needed = ("amount", "account", "vat")
    others = ("invoice",)

    invoice: str
    amounts: Literal["net", "gross"] = "net"


ADDRESS_FIELDS = frozenset(
    [
        "sage_address_number", "debtor_number", "salutation", "title", "firm", "firm2",
        "department", "last_name", "first_name", "street", "house_number", "po_box", "zip", "city",
        "country", "language", "phone", "private_phone", "mobile", "fax", "email", "terms",
        "match_code", "address_type", "uid_number",
    ]
)  # fmt: skip
"""Our names for the fields of an address."""


class Selection(Section):
    """Which addresses go over when no invoice decides: a field whose value is in a list."""

    field: str
    in_: list[int | date | str] = Field(alias="in", min_length=1)

    def holds(self, value: object) -> bool:
        """Tell whether `value`, read from the field's column, is in the list."""
        return any(matches(named, value) for named in self.in_)

    def can_tell(self, kind: type, length: int | None) -> bool:
        """Tell whether each value of the list can stand in a column of this type and length."""
        return all(is_possible(named, kind, length) for named in self.in_)


class Address(CapturedSection):
    """`[cobra.address]`: the captured table of addresses and what its columns mean."""

    known = ADDRESS_FIELDS
    others = ("parent", "deleted", "restricted")

    parent: str | None = None
    debtor: Literal["main", "self"] = "main"
    required: list[str] = Field(default=["firm|last_name", "zip", "city"])
    selection: Selection | None = None
    deleted: Condition | None = None
    on_delete: Literal["keep", "lock", "hold"] = "keep"
    restricted: Condition | None = None
    """Whose data must not be processed for the time being (DSG 32, GDPR 18)."""
    on_restricted: Literal["keep", "lock"] = "keep"
    """What becomes of its debtors' reminder locks in Sage."""

    @property
    def may_lock(self) -> bool:
        """Tell whether the relay sets reminder locks of debtors."""
        return "lock" in {self.on_delete, self.when_restricted}

    @property
    def when_restricted(self) -> Literal["keep", "lock"]:
        """Return what is done with reminder locks; without a column nobody is restricted."""
        return "keep" if self.restricted is None else self.on_restricted

    @field_validator("fields")
    @classmethod
    def _number(cls, fields: dict[str, str]) -> dict[str, str]:
        if "sage_address_number" not in fields:
            raise PydanticCustomError("number_not_mapped", "sage_address_number is not mapped")
        return fields

    @model_validator(mode="after")
    def _refers_to_mapped(self) -> Self:
        wanted = {name for rule in self.required for name in rule.split("|")}
        if self.selection is not None:
            wanted.add(self.selection.field)
        missing = sorted(wanted - set(self.fields))
        if missing:
            raise PydanticCustomError(
                "field_not_mapped", "not mapped: {names}", {"names": ", ".join(missing)}
            )
        return self


class Cobra(Section):
    """`[cobra]`: the database that is captured."""

    url: DatabaseUrl
    password: Password | None = None
    earliest_day: date = Days().first
    latest_day: date = Days().last
    address: Address
    invoice: InvoiceSection | None = None
    position: Position | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.latest_day < self.earliest_day:
            raise PydanticCustomError("days_backwards", "latest_day is before earliest_day")
        return self

    @property
    def days(self) -> Days:
        """The days that can be right on an invoice; others are held."""
        return Days(self.earliest_day, self.latest_day)
