"""Knows how what was read becomes states that the plan understands; one record's bug holds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from relay.base.values import Outcome, internal
from relay.cobra.reading import Read, Reads
from relay.rules.address.check import Checked, check_address
from relay.rules.images import Gone, InvoiceImage
from relay.rules.invoice.check import check_invoice
from relay.rules.invoice.customer import customer_of
from relay.rules.invoice.invoice import State
from relay.settings import Settings

T = TypeVar("T")


class Checking:
    """Checks records as read from cobra; says nothing about any Sage year."""

    def __init__(self, settings: Settings) -> None:
        """Take the mapping."""
        self._settings = settings

    def address(self, read: Read) -> Checked | Gone | Outcome:
        """Check an address."""
        if not isinstance(read, Mapping):
            return read
        address, maps = self._settings.cobra.address, self._settings.map
        return _safely(lambda: check_address(read, address, maps))

    def invoice(self, key: str, reads: Reads) -> State | Outcome:
        """Check an invoice together with its customer."""
        read = reads.invoices.get(key, Gone())
        if isinstance(read, Outcome):
            return read
        return _safely(lambda: self._invoice(key, read, reads))

    def _invoice(self, key: str, read: InvoiceImage | Gone, reads: Reads) -> State:
        customer = None
        if isinstance(read, InvoiceImage):
            address = self._settings.cobra.address
            customer = customer_of(read, reads.addresses, address, self.address)
        return check_invoice(key, read, customer, self._settings)


def _safely(check: Callable[[], T]) -> T | Outcome:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - one record's bug must not stop the others
        return internal(error)
