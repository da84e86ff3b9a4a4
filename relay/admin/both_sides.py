"""Knows what cobra has and what Sage holds of one record now, beside each other; writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relay.admin.journal import Journal, read_invoice
from relay.admin.read_only import Looked, YearLookedAt, looking
from relay.base.errors import RelayError
from relay.base.values import Entity, Record, RecordId
from relay.cobra.reading import CobraReader
from relay.engine.checking import checked_address
from relay.rules.address.check import Checked
from relay.rules.fitting import wrapped
from relay.sage.port import Wanted
from relay.settings import Settings


@dataclass(frozen=True, slots=True)
class FieldOfBoth:
    """A field of an address."""

    tag: str
    cobra: str
    """As Sage is to hold it."""
    sage: str
    agrees: bool
    """Whether they are the same, as far as Sage's column is wide enough; nothing takes nothing."""


@dataclass(frozen=True, slots=True)
class InYear:
    """An address as one year has it."""

    year: str
    number: str | None
    """Under which it is linked there; None: not at all."""
    fields: tuple[FieldOfBoth, ...]


@dataclass(frozen=True, slots=True)
class BothSides:
    """What both have of a record."""

    addresses: tuple[InYear, ...]
    """Empty for an invoice, and for an address that cobra holds no more or that cannot go over."""
    invoice: Journal | None
    missed: Mapping[str, RelayError]
    """Years that could not be asked."""


def both_sides(settings: Settings, record: RecordId) -> BothSides:
    """Read a record on both sides.

    Raises:
        Refused: cobra lacks a table, was copied or restored.
        Unavailable: cobra does not answer.
    """
    with looking(settings) as looked:
        invoice, addresses = None, tuple[InYear, ...]()
        if record.entity == Entity.INVOICE:
            invoice = read_invoice(looked, settings, record.key)
        else:
            addresses = tuple(_in_years(looked, settings, record))
        return BothSides(addresses, invoice, dict(looked.years.missed))


def _in_years(looked: Looked, settings: Settings, record: RecordId) -> Iterator[InYear]:
    read = CobraReader(looked.lock, settings).read([Record(record, ())]).addresses[record.key]
    state = checked_address(read, settings)
    if isinstance(state, Checked):
        for year in looked.years.here.values():
            yield _in_year(year, record.key, state)


def _in_year(year: YearLookedAt, key: str, state: Checked) -> InYear:
    wanted = Wanted([key], [], {}, frozenset(), with_debtors=False, to_lock=())
    with year.transaction(0):
        facts = year.facts(wanted)
    link = facts.links.get(key)
    if link is None:
        return InYear(year.name, None, ())
    stands = facts.rows.get(link.number, {})
    fits, _ = wrapped(state.row, facts.lengths)
    return InYear(
        year.name,
        link.number,
        tuple(
            FieldOfBoth(
                tag, text, stands.get(tag, ""), fits.get(tag, "") in {"", stands.get(tag, "")}
            )
            for tag, text in state.row.items()
        ),
    )
