"""Knows which results of a batch are an erased person's, so that nothing of the person is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from relay.base import texts
from relay.base.values import Entity, Record, RecordId
from relay.cobra.deliveries import Result
from relay.cobra.reading import Reads
from relay.engine.routing import Routed
from relay.rules.address.check import main_of
from relay.rules.images import OWN_KEY, Flagged, Image, InvoiceImage
from relay.rules.invoice.invoice import Invoice, Unbookable
from relay.rules.nameless import Nameless

_OF_MANY = frozenset(
    [
        "sage_address_number", "debtor_number", "terms", "language", "country", "address_type",
        "parent_key", OWN_KEY,
    ]
)  # fmt: skip
"""What an address says by which nobody is named, and what has to be told to be corrected."""
_FREE = ("reference", "text")
Customers = Mapping[RecordId, set[str]]
"""Record to the keys of the addresses that it is about."""


def nameless(
    results: Sequence[Result],
    reads: Reads,
    routed: Iterable[Routed],
    erased: Callable[[Sequence[str]], Mapping[str, str]],
    language: str,
) -> list[Result]:
    """Let what is kept of erased persons' records name nobody; `erased`: which of some keys are."""
    customers = _customers([result.record for result in results], reads, routed)
    keys = {key for some in customers.values() for key in some}
    known = erased(sorted(keys)).keys() if keys else ()
    if not known:
        return list(results)
    return [
        result
        if customers[result.record.id].isdisjoint(known)
        else _without(result, customers[result.record.id], reads, language)
        for result in results
    ]


def _without(result: Result, customers: set[str], reads: Reads, language: str) -> Result:
    marker = texts.text("privacy_marker", language)
    one = Nameless.of(_phrases(result.record.id, customers, reads), marker)
    return replace(
        result,
        outcomes={year: one.outcome(outcome) for year, outcome in result.outcomes.items()},
        whole=result.whole and one.outcome(result.whole),
        state=one.state(result.state),
    )


def _customers(records: Iterable[Record], reads: Reads, routed: Iterable[Routed]) -> Customers:
    """Return whom each record is about: of an invoice who is to pay, and who it is written to."""
    found: dict[RecordId, set[str]] = {}
    for record in records:
        is_address = record.id.entity == Entity.ADDRESS
        found[record.id] = {record.id.key} if is_address else set(_of_invoice(record.id.key, reads))
    for each in routed:
        some = found.setdefault(each.record.id, set())
        some |= {booking.address_key for booking in each.standing.values()}
        if isinstance(each.state, Invoice | Unbookable) and each.state.customer is not None:
            some.add(each.state.customer.key)
    return found


def _of_invoice(key: str, reads: Reads) -> Iterator[str]:
    read = reads.invoices.get(key)
    if isinstance(read, InvoiceImage) and read.address_key:
        yield read.address_key
        image = _image(read.address_key, reads)
        if image is not None and (main := main_of(image)):
            yield main


def _phrases(record: RecordId, customers: Iterable[str], reads: Reads) -> Iterator[object]:
    for key in customers:
        image = _image(key, reads) or {}
        yield from (value for name, value in image.items() if name not in _OF_MANY)
    read = reads.invoices.get(record.key) if record.entity == Entity.INVOICE else None
    if isinstance(read, InvoiceImage):
        yield from (read.header.get(name) for name in _FREE)
        yield from (position.get("text") for position in read.positions)


def _image(key: str, reads: Reads) -> Image | None:
    read = reads.addresses.get(key)
    image = read.image if isinstance(read, Flagged) else read
    return image if isinstance(image, Mapping) else None
