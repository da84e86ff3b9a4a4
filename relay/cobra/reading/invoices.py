"""Knows how an invoice is read from cobra: header and positions, a few statements a batch.

Header and positions are two reads. That they belong together is known afterwards: each change
of either has its notice, so an invoice without news since the listing was one state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from relay.base.values import Entity, Outcome, RecordId
from relay.cobra.lock import Lock
from relay.cobra.reading.rows import Found, TableReader
from relay.rules.images import GONE, Gone, Image, InvoiceImage, Misspelled
from relay.settings import Invoice, Position

InvoiceRead = InvoiceImage | Gone | Outcome
"""An invoice as read; an outcome where it could not be read."""


class InvoiceReader:
    """Reads invoices from the configured tables."""

    def __init__(self, lock: Lock, invoice: Invoice, position: Position) -> None:
        """Find both tables and their columns.

        Raises:
            Refused: a table or a column is missing.
        """
        self._invoice = invoice
        self._headers = TableReader(lock, invoice, keys=("address",))
        self._positions = TableReader(lock, position, by="invoice", order="line")

    def read(self, keys: Sequence[str]) -> Mapping[str, InvoiceRead]:
        """Read the invoices with these keys."""
        headers = {key: self._header(key, row) for key, row in self._headers.read(keys).items()}
        there = [key for key, header in headers.items() if isinstance(header, Mapping)]
        positions = self._positions.read(there)
        return {
            key: _whole(header, positions[key]) if isinstance(header, Mapping) else header
            for key, header in headers.items()
        }

    def _header(self, key: str, row: Found | Outcome) -> Image | Gone | Outcome:
        if isinstance(row, Outcome):
            return row
        if not row.images:
            return GONE
        if row.key != key:
            return Misspelled(RecordId(Entity.INVOICE, row.key))
        image = row.images[0]
        deleted = self._invoice.deleted
        return GONE if deleted is not None and deleted.holds(image["deleted"]) else image


def _whole(header: Image, positions: Found | Outcome) -> InvoiceRead:
    if isinstance(positions, Outcome):
        return positions
    return InvoiceImage(header, positions.images)
