"""Knows how the records of a batch are read from cobra: each once, with what they refer to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from relay.base.halving import halved
from relay.base.values import Entity, Record, internal
from relay.cobra.lock import Lock
from relay.cobra.reading.addresses import AddressReader, Read
from relay.cobra.reading.invoices import InvoiceRead, InvoiceReader
from relay.rules.images import GONE, OWN_KEY, Gone, InvoiceImage
from relay.settings import Settings


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
