"""Knows what became of records, told from what was decided and what the years did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from relay.base.values import (
    FINISHED,
    Entity,
    Entry,
    Outcome,
    Problem,
    Record,
    RecordId,
    Status,
    applied,
    waiting,
    year_wait,
)
from relay.cobra.deliveries import Result
from relay.cobra.reading import Reads
from relay.engine.routing import Routed
from relay.rules.images import Flagged
from relay.rules.invoice.customer import called
from relay.rules.invoice.plan import named
from relay.settings import Settings

Done = Mapping[str, Mapping[RecordId, Outcome]]
"""Year to what became of records there."""


def address_named(result: Result, reads: Reads, settings: Settings) -> Result:
    """Let what is told of an address name it as people do: by its number and name."""
    record = result.record.id
    outcomes = [result.whole, *result.outcomes.values()]
    has_notes = any(o and (o.problem or o.warnings) for o in outcomes)
    if record.entity != Entity.ADDRESS or not has_notes:
        return result
    read = reads.addresses.get(record.key)
    image = read.image if isinstance(read, Flagged) else read
    if not isinstance(image, Mapping):
        return result
    about = called(image, settings.cobra.address) or None
    named_outcomes = {year: named(outcome, about) for year, outcome in result.outcomes.items()}
    whole = result.whole and named(result.whole, about)
    return replace(result, outcomes=named_outcomes, whole=whole)


def address_results(records: Iterable[Record], years: Iterable[str], done: Done) -> list[Result]:
    """Return what became of addresses in each year that is open; one that is away is waited for."""
    names = list(years)
    return [
        Result(
            record,
            {
                name: done.get(name, {}).get(record.id) or away(name)
                for name in names
                if record.is_open_in(name)
            },
        )
        for record in records
    ]


def invoice_results(routed: Routed, done: Done) -> list[Result]:
    """Return what became of an invoice in the years that it concerns.

    Entries that a ledger has already, because a crash kept them from being acknowledged, are
    told so; those that came later are not, or the handshake would miss their ledger rows.
    """
    direction, record = routed.direction, routed.record
    outcomes = {
        name: task if isinstance(task, Outcome) else done.get(name, {}).get(record.id) or away(name)
        for name, task in (direction.in_years or {}).items()
    }
    if all(outcome.status not in _STUCK for outcome in outcomes.values()):
        outcomes |= direction.then or {}
    groups: dict[frozenset[str], list[Entry]] = defaultdict(list)
    for entry in record.entries:
        years = {name for name, uids in routed.ledgered.items() if entry.uid in uids}
        groups[frozenset(years)].append(entry)
    results = []
    for years_before, entries in groups.items():
        part = Record(record.id, tuple(entries))
        before = {
            name: _from_ledger(routed, name)
            for name in years_before
            if name not in outcomes or outcomes[name].status not in _CARRIED_OUT
        }
        whole = direction.whole
        if whole is None:
            results.append(Result(part, outcomes | before, state=routed.state))
        elif before and whole.status in FINISHED:
            results.append(Result(part, before, state=routed.state))
        else:
            results.append(Result(part, {}, whole, routed.state))
    return results


_STUCK = (Status.HELD, Status.WAITING)

_CARRIED_OUT = (Status.APPLIED, Status.RETRYING)
"""Outcomes that say more than the ledger does, or that something is yet to be tried."""


def _from_ledger(routed: Routed, year: str) -> Outcome:
    """Return what a crash kept from being told, with the notice of an address that it linked."""
    booking = routed.standing.get(year)
    if booking is None:
        return applied()
    return replace(applied(), notices=(RecordId(Entity.ADDRESS, booking.address_key),))


def away(name: str) -> Outcome:
    """Let a record wait for a year that cannot be used now."""
    return waiting("year_away", year_wait(name), year=name)


def skipped(reason: str) -> Outcome:
    """Skip an invoice because a person skipped it before."""
    return Outcome(Status.SKIPPED, Problem("invoice_skipped", {"reason": reason}))
