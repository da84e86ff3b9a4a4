"""Knows the section of `relay.toml` about the document enquiry; without it the part is off."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from relay.settings.captured import TableSection
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


class CopyTable(TableSection):
    """`[documents.table]`: a table of cobra's that gets a row for each document in Sage.

    Its key is the column that holds the key of the invoice.
    """

    known = COPIED


class Documents(Section):
    """`[documents]`: cobra keeps of each invoice what stands in Sage, for views and evaluations."""

    turnover: Turnover | None = None
    table: CopyTable | None = None
