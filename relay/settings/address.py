"""Knows `[cobra.address]`: the captured table of addresses, and which of them go over."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from relay.settings.captured import CapturedSection
from relay.settings.matching import is_possible, matches
from relay.settings.section import Condition, Section

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
