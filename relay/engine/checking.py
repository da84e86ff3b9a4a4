"""Knows how what was read becomes states that the plan understands; one record's bug holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from relay.base.values import Entity, Outcome, Record, held, internal
from relay.cobra.deliveries import Result
from relay.cobra.reading import Read, Reads
from relay.engine.planning import Work
from relay.rules.address.check import Checked, check_address
from relay.rules.images import Gone, InvoiceImage
from relay.rules.invoice.check import check_invoice
from relay.rules.invoice.customer import customer_of
from relay.rules.invoice.invoice import State
from relay.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """The records of a batch after the check, before any Sage year is asked."""

    addresses: list[Work] = field(default_factory=list)
    invoices: list[tuple[Record, State]] = field(default_factory=list)
    ended: list[Result] = field(default_factory=list)
    """What became already of those that could not be read, or are wrong whatever Sage holds."""


def check_batch(records: Iterable[Record], reads: Reads, settings: Settings) -> CheckedBatch:
    """Check the records of a batch."""
    batch = CheckedBatch()
    for record in records:
        if record.id.entity == Entity.ADDRESS:
            address = checked_address(reads.address(record.id.key), settings)
            if isinstance(address, Outcome):
                batch.ended.append(Result(record, {}, address))
            else:
                batch.addresses.append(Work(record, address))
        else:
            invoice = checked_invoice(record.id.key, reads, settings)
            if isinstance(invoice, Outcome):
                batch.ended.append(Result(record, {}, invoice))
            else:
                batch.invoices.append((record, invoice))
    return batch


def checked_address(read: Read, settings: Settings) -> Checked | Gone | Outcome:
    """Check an address."""
    if not isinstance(read, Mapping):
        return read
    return _safely(lambda: check_address(read, settings.cobra.address, settings.map))


def checked_invoice(key: str, reads: Reads, settings: Settings) -> State | Outcome:
    """Check an invoice together with its customer."""
    if settings.invoices is None:
        return held("invoices_not_configured")
    read = reads.invoices.get(key, Gone())
    if isinstance(read, Outcome):
        return read
    return _safely(lambda: _invoice(key, read, reads, settings))


def _invoice(key: str, read: InvoiceImage | Gone, reads: Reads, settings: Settings) -> State:
    customer = None
    if isinstance(read, InvoiceImage):
        check = partial(checked_address, settings=settings)
        customer = customer_of(read, reads.addresses, settings.cobra.address, check)
    return check_invoice(key, read, customer, settings)


def _safely(check: Callable[[], T]) -> T | Outcome:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - one record's bug must not stop the others
        return internal(error)
