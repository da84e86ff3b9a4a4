"""Lets tests of the document enquiry act as clerks, and read what is recorded."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from relay.engine.apply import Milestone
from relay.engine.service import drain_until_empty, nothing, sayer
from relay.extras.documents.recording import recorders
from relay.extras.documents.tables import document_tables
from tests.world.databases import YEARS, Databases
from tests.world.office import Office

Sums = dict[tuple[str, str, str], tuple[Decimal, Decimal]]
"""(year, account, tax key) to net and tax."""


class Bureau(Office):
    """An office whose relay records documents."""

    def __init__(self, databases: Databases, **overrides: Any) -> None:
        """Switch the part on."""
        super().__init__(databases, **{"documents": {}, **overrides})
        self.enquiry = document_tables(self.dialect.name)

    def drain(self, milestone: Milestone = nothing) -> int:
        """Move all that is due, as `relay drain` does."""
        parts = recorders(self.settings, sayer(self.settings))
        return drain_until_empty(self.settings, milestone=milestone, recorders=parts)

    def documents(self) -> dict[str, Any]:
        """Return the documents by the key of their invoice."""
        with self.cobra.connect() as connection:
            rows = connection.execute(select(self.enquiry.document)).all()
        return {row.entity_key: row for row in rows}

    def document(self, key: str) -> Any:
        """Return one document."""
        return self.documents()[key]

    def lines(self, key: str) -> list[Any]:
        """Return a document's positions."""
        p = self.enquiry.position
        with self.cobra.connect() as connection:
            query = select(p).where(p.c.entity_key == key).order_by(p.c.line)
            return list(connection.execute(query).all())

    def recorded(self) -> Sums:
        """Return the sums of all positions that stand."""
        d, p = self.enquiry.document, self.enquiry.position
        query = select(d.c.year, p.c.account, p.c.tax_key, p.c.net, p.c.tax).where(
            d.c.entity_key == p.c.entity_key, d.c.stands == 1
        )
        sums: Sums = defaultdict(lambda: (Decimal(0), Decimal(0)))
        with self.cobra.connect() as connection:
            for year, account, key, net, tax in connection.execute(query):
                so_far = sums[year, account, key]
                sums[year, account, key] = (so_far[0] + net, so_far[1] + tax)
        return {group: amounts for group, amounts in sums.items() if any(amounts)}

    def journalled(self) -> Sums:
        """Return the sums of what Sage's journal says, with nothing but additions."""
        sums: Sums = defaultdict(lambda: (Decimal(0), Decimal(0)))
        for year in YEARS:
            for row in self.book(year, "Bk"):
                if row["BType"] == 0 and row["TaxId"]:
                    sign = 1 if row["Type"] else -1
                    so_far = sums[year, row["AccId"], row["TaxId"]]
                    net, tax = sign * Decimal(row["ValNt"]), sign * Decimal(row["ValTx"])
                    sums[year, row["AccId"], row["TaxId"]] = (so_far[0] + net, so_far[1] + tax)
        return {group: amounts for group, amounts in sums.items() if any(amounts)}
