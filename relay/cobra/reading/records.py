"""Knows how the records of a batch are read from cobra: each once, with what they refer to.

An invoice's header and positions are two reads. That they belong together is known afterwards:
each change of either has its notice, so an invoice without news since the listing was one state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from relay.base.halving import halved
from relay.base.values import Entity, Outcome, Record, RecordId, internal
from relay.cobra.lock import Lock
from relay.cobra.reading.rows import Found, TableReader
from relay.rules.images import GONE, OWN_KEY, Flagged, Gone, Image, InvoiceImage, Misspelled
from relay.settings import Address, InvoiceSection, Position, Settings

Read = Image | Gone | Outcome
"""A record as read; an outcome where it could not be read."""
InvoiceRead = InvoiceImage | Gone | Outcome
"""An invoice as read; an outcome where it could not be read."""


@dataclass(frozen=True, slots=True)
class Reads:
    """A batch as read: addresses (those of invoices too) and invoices, by key."""

    addresses: Mapping[str, Read]
    invoices: Mapping[str, InvoiceRead]

    def address(self, key: str) -> Read:
        """Return the address whose own entries are in hand: exactly this key."""
        read = self.addresses[key]
        return GONE if isinstance(read, Mapping) and read[OWN_KEY] != key else read


class CobraReader:
    """Reads batches of records."""

    def __init__(self, lock: Lock, settings: Settings) -> None:
        """Find the captured tables.

        Raises:
            Refused: a table or a column is missing.
        """
        address = settings.cobra.address
        self._addresses = AddressReader(lock, address)
        self._invoices = None
        if settings.invoices is not None:
            self._invoices = InvoiceReader(lock, *settings.invoices)
        self._with_parents = address.parent is not None and address.debtor == "main"

    def read(self, records: Sequence[Record]) -> Reads:
        """Read what the records and the customers of the invoices among them are now.

        A record at which our own code fails is held, the others are read.
        """
        parts = halved(records, self._read, _culprit, lambda e: not isinstance(e, DBAPIError))
        addresses = {key: read for part in parts for key, read in part.addresses.items()}
        invoices = {key: read for part in parts for key, read in part.invoices.items()}
        return Reads(addresses, invoices)

    def _read(self, records: Sequence[Record]) -> Reads:
        invoices = self._read_invoices(_keys(records, Entity.INVOICE))
        wanted = _keys(records, Entity.ADDRESS)
        wanted += [
            invoice.address_key
            for invoice in invoices.values()
            if isinstance(invoice, InvoiceImage) and invoice.address_key is not None
        ]
        addresses = dict(self._addresses.read(list(dict.fromkeys(wanted))))
        if self._with_parents and invoices:
            mains = set(_mains(addresses.values())) - addresses.keys()
            addresses |= self._addresses.read(sorted(mains))
        return Reads(addresses, invoices)

    def gone(self, keys: Sequence[str]) -> set[str]:
        """Return which of these addresses cobra holds no more; what cannot be read may be there."""
        reads = Reads(self._addresses.read(keys), {})
        return {key for key in keys if isinstance(reads.address(key), Gone)}

    def _read_invoices(self, keys: list[str]) -> Mapping[str, InvoiceRead]:
        return self._invoices.read(keys) if self._invoices is not None and keys else {}


def _culprit(record: Record, error: Exception) -> Reads:
    held = {record.id.key: internal(error)}
    return Reads(held, {}) if record.id.entity == Entity.ADDRESS else Reads({}, held)


def _keys(records: Sequence[Record], entity: Entity) -> list[str]:
    return [record.id.key for record in records if record.id.entity == entity]


def _mains(addresses: Iterable[Read]) -> Iterable[str]:
    return (a["parent_key"] for a in addresses if isinstance(a, Mapping) and a["parent_key"])


class AddressReader:
    """Reads addresses from the configured table."""

    def __init__(self, lock: Lock, address: Address) -> None:
        """Find the table and its columns.

        Raises:
            Refused: the table or a column is missing.
        """
        self._address = address
        keys = () if address.parent is None else ("parent",)
        self._table = TableReader(lock, address, keys=keys)

    def read(self, keys: Sequence[str]) -> Mapping[str, Read]:
        """Read the addresses with these keys, each once."""
        return {key: self._read(row) for key, row in self._table.read(keys).items()}

    def _read(self, row: Found | Outcome) -> Read:
        if isinstance(row, Outcome):
            return row
        if not row.images:
            return GONE
        image = {**row.images[0], OWN_KEY: row.key}
        deleted = self._address.deleted
        gone = deleted is not None and deleted.holds(image["deleted"])
        return Flagged(image) if gone else image


class InvoiceReader:
    """Reads invoices from the configured tables."""

    def __init__(self, lock: Lock, invoice: InvoiceSection, position: Position) -> None:
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
