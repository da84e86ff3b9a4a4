"""Knows what a plan would do with a record: which deed, and which fields it would change. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from relay.base.values import Outcome, RecordId, Status
from relay.rules.address.facts import LOCK_TAG
from relay.rules.address.plan import Plan
from relay.rules.invoice.written import InvoicePlan
from relay.sage.port import Planned


class Deed(StrEnum):
    """What would be done in a Sage year."""

    INSERT = "insert"
    UPDATE = "update"
    LINK = "link"
    """Nothing but to note which record of Sage belongs to which of cobra."""
    BOOK = "book"
    REBOOK = "rebook"
    REVERSE = "reverse"
    NOTHING = "nothing"
    """Sage holds it already."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of Sage's record, as it stands and as it would stand; empty texts for none."""

    tag: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of a record in one Sage year, or (`year` is None) before any is asked."""

    record: RecordId
    year: str | None
    outcome: Outcome
    deed: Deed | None = None
    """None: nothing would be written, since it waits, is held or does not concern Sage."""
    number: str | None = None
    """The number of the address in Sage that would be written, also of an invoice's customer."""
    changes: tuple[FieldChange, ...] = ()
    debtor: int | None = None
    """The debtor account that an invoice would open or link."""
    opens_debtor: bool = False


def of_plan(record: RecordId, year: str, planned: Planned) -> Foreseen | None:
    """Return what a plan would do with a record; None if it has none for it."""
    if record in planned.addresses:
        return _of_address(record, year, planned.addresses[record], planned)
    if record in planned.invoices:
        return _of_invoice(record, year, planned.invoices[record], planned)
    return None


def _of_address(record: RecordId, year: str, plan: Plan, planned: Planned) -> Foreseen:
    if plan.outcome.status is not Status.APPLIED:
        return Foreseen(record, year, plan.outcome)
    changes = _changes(plan, planned)
    deed = Deed.NOTHING
    if plan.insert is not None:
        deed = Deed.INSERT
    elif changes:
        deed = Deed.UPDATE
    elif plan.is_new_link:
        deed = Deed.LINK
    return Foreseen(record, year, plan.outcome, deed, plan.number, changes)


def _changes(plan: Plan, planned: Planned) -> tuple[FieldChange, ...]:
    stands = planned.facts.rows.get(plan.number, {})
    after = plan.insert or plan.update or {}
    changes = [FieldChange(tag, stands.get(tag, ""), text) for tag, text in after.items()]
    before = planned.facts.locks_of(plan.number) or {}
    changes += [
        FieldChange(f"{LOCK_TAG} {debtor}", str(before.get(debtor, "")), str(lock))
        for debtor, lock in plan.locks.items()
    ]
    return tuple(changes)


def _of_invoice(record: RecordId, year: str, plan: InvoicePlan, planned: Planned) -> Foreseen:
    if plan.outcome.status is not Status.APPLIED:
        return Foreseen(record, year, plan.outcome)
    deed = Deed.NOTHING
    if plan.taken_back is not None:
        deed = Deed.REBOOK if plan.booking is not None else Deed.REVERSE
    elif plan.booking is not None:
        deed = Deed.BOOK if plan.documents else Deed.LINK
    address, debtor = plan.address, plan.debtor
    return Foreseen(
        record,
        year,
        plan.outcome,
        deed,
        number=None if address is None else address.number,
        changes=() if address is None else _changes(address, planned),
        debtor=None if debtor is None else debtor.number,
        opens_debtor=debtor is not None and debtor.opened is not None,
    )


def summary(foreseen: Sequence[Foreseen]) -> dict[tuple[str | None, str, str], int]:
    """Count by year, kind of record, and deed or status."""
    return Counter(
        (one.year, one.record.entity, str(one.deed or one.outcome.status)) for one in foreseen
    )
