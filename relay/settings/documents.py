"""Knows the section of `relay.toml` about the document enquiry; without it the part is off."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from relay.settings.section import Section

COPIED = frozenset(
    [
        "number", "kind", "customer_key", "customer_name", "mandant", "year", "invoice_date",
        "posted_on", "due_date", "currency", "currency_gross", "net", "tax", "gross", "reference",
        "text", "sage_document", "open_item", "reversal", "state", "reason",
    ]
)  # fmt: skip
"""What of a document may be copied into a table of cobra's, by our names."""


class Turnover(Section):
    """`[documents.turnover]`: columns of cobra's address table for a customer's net turnover."""

    last_year: str | None = None
    this_year: str | None = None
    planned: str | None = None
    """This year's times `factor`: cobra's interface to Lexware fills TURNOVER3 so."""
    factor: Decimal = Field(default=Decimal(1), ge=0)

    def columns(self) -> dict[str, str]:
        """Return our name to cobra's column."""
        return self.model_dump(exclude={"factor"}, exclude_none=True)


class CopyTable(Section):
    """`[documents.table]`: a table of cobra's that gets a row for each document in Sage."""

    table: str
    schema_name: str | None = Field(default=None, alias="schema")
    key: str
    """The column that holds the key of the invoice in cobra."""
    fields: dict[str, str]

    @field_validator("fields")
    @classmethod
    def _fields(cls, fields: dict[str, str]) -> dict[str, str]:
        for name in sorted(fields.keys() - COPIED):
            values = {"name": name, "known": ", ".join(sorted(COPIED))}
            raise PydanticCustomError("unknown_field", "unknown field {name}", values)
        return fields


class Documents(Section):
    """`[documents]`: cobra keeps of each invoice what stands in Sage, for views and evaluations."""

    turnover: Turnover | None = None
    table: CopyTable | None = None
