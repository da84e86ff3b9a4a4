"""Knows in which Sage year something has to be done for an invoice, and what. Pure.

Another year is chosen only after the first one, asked within a fenced transaction, answered
"not here"; a year that is away has not answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from relay.base.values import (
    NO_YEAR,
    Outcome,
    held,
    later,
    not_for_sage,
    together,
    waiting,
    year_wait,
)
from relay.rules.invoice.books import Booking
from relay.rules.invoice.content import is_content
from relay.rules.invoice.invoice import Absent, Book, Invoice, State, TakeBack, Task, Unbookable
from relay.rules.invoice.ledger import Client
from relay.rules.invoice.periods import is_closed
from relay.rules.invoice.plan import named
from relay.settings import Settings


@dataclass(frozen=True, slots=True)
class Chosen:
    """The year that an invoice goes to."""

    year: str
    closed: str | None = None
    """The year of its posting date, where that one is closed and another takes its place."""


def place_of(
    invoice: Invoice, clients: Mapping[str, Client | None], settings: Settings
) -> Chosen | Outcome:
    """Return the year that takes an invoice, or what it waits for.

    The year of its posting date; under policy `next-period` the first later one that is not
    closed. A year that did not answer is not known to be closed.
    """
    values = {"mandant": invoice.mandant, "day": invoice.posting_date}
    first = year = settings.sage.covering(invoice.mandant, invoice.posting_date)
    if first is None or year is None:
        return waiting("year_missing", NO_YEAR, **values)
    shifts = settings.invoices is not None and settings.invoices[0].closed_period == "next-period"
    while shifts and is_closed(clients.get(year.name)):
        year = settings.sage.after(year)
        if year is None:
            return waiting("next_year_missing", NO_YEAR, year=first.name, **values)
    return Chosen(year.name, None if year is first else first.name)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an invoice before any year plans it."""

    routed: str | None
    """The year that was chosen, whether or not anything was written there."""
    booked: Mapping[str, Booking]
    """Year to the booking that stands there, for all years that answered."""
    clients: Mapping[str, Client | None]
    """Year to its settings in Sage, for all years that answered."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Where an invoice goes: what is told before any year is asked, or what each is to do."""

    whole: Outcome | None = None
    in_years: Mapping[str, Task | Outcome] | None = None
    then: Mapping[str, Outcome] | None = None
    """What is told of years for which it is too early until these are done."""
    choose: str | None = None
    """The year to commit as chosen before anything is written there."""


def in_currency(state: State, known: Known, settings: Settings) -> State:
    """Let an invoice that names no currency be in that of the year it goes to, or stands in.

    Where its year does not say which that is, nothing is assumed.
    """
    if isinstance(state, Invoice):
        lead = "" if state.currency else _lead_of(state, known, settings)
        return replace(state, currency=lead) if lead else state
    if state.about is None or state.about.currency:
        return state
    return replace(state, about=replace(state.about, currency=_only_lead(known)))


def _lead_of(invoice: Invoice, known: Known, settings: Settings) -> str:
    place = place_of(invoice, known.clients, settings)
    if len(known.booked) == 1:
        year = next(iter(known.booked))
    elif isinstance(place, Chosen):
        year = place.year
    else:
        return _only_lead(known)
    client = known.clients.get(year)
    return "" if client is None else client.currency


def _only_lead(known: Known) -> str:
    """Return the currency of all years, if they have one: to name an amount."""
    found = {client.currency for client in known.clients.values() if client is not None}
    return found.pop() if len(found) == 1 else ""


def decide(key: str, state: State, known: Known, settings: Settings) -> Direction:
    """Decide for one invoice."""
    direction = _decide(key, state, known, settings)
    about = None if state.about is None else str(state.about)
    whole = None if direction.whole is None else named(direction.whole, about)
    in_years = {
        year: named(task, about) if isinstance(task, Outcome) else task
        for year, task in (direction.in_years or {}).items()
    }
    then = {year: named(outcome, about) for year, outcome in (direction.then or {}).items()}
    return replace(direction, whole=whole, in_years=in_years, then=then)


def _decide(key: str, state: State, known: Known, settings: Settings) -> Direction:
    routed = known.routed
    if routed is not None and routed not in known.clients:
        if settings.sage.named(routed) is None:
            return Direction(waiting("routed_year_missing", NO_YEAR, year=routed))
        return Direction(in_years={routed: _away(routed)})
    if isinstance(state, Unbookable):
        return _unbookable(state, known)
    if isinstance(state, Absent):
        return _absent(key, state, known, settings)
    if known.booked:
        return _booked(state, known, settings)
    return _never_booked(state, known, settings)


def _never_booked(state: Invoice, known: Known, settings: Settings) -> Direction:
    if state.is_before_start:
        return Direction(not_for_sage("before_start", day=state.invoice_date))
    place = place_of(state, known.clients, settings)
    if isinstance(place, Outcome):
        return Direction(place)
    if place.year not in known.clients:
        return Direction(in_years={place.year: _away(place.year)})
    return Direction(in_years={place.year: Book(state, place.closed)}, choose=place.year)


def _unbookable(state: Unbookable, known: Known) -> Direction:
    if state.before_start is not None and not known.booked:
        return Direction(not_for_sage("before_start", day=state.before_start))
    return Direction(together(state.problems))


def _absent(key: str, state: Absent, known: Known, settings: Settings) -> Direction:
    if not known.booked:
        return Direction(replace(not_for_sage(state.reason), notices=state.notices))
    allowed = settings.invoices is not None and settings.invoices[0].on_cancel == "reverse"
    about = None if state.about is None else str(state.about)
    task = TakeBack(key, state.reason, allowed, about, state.notices)
    return Direction(in_years=dict.fromkeys(known.booked, task))


def _booked(invoice: Invoice, known: Known, settings: Settings) -> Direction:
    """Compare with what stands; a year that is not the right one any more is left by policy."""
    booked = known.booked
    place = place_of(invoice, known.clients, settings)
    right = place.year if isinstance(place, Chosen) and place.year in booked else None
    closed = place.closed if isinstance(place, Chosen) else None
    rebooks = settings.invoices is not None and (
        settings.invoices[0].on_change == "reverse-and-rebook"
    )
    if len(booked) > 1:
        if not rebooks:
            return Direction(held("booked_twice", years=", ".join(sorted(booked))))
        keep = right or min(booked)
        return Direction(
            in_years={
                name: Book(invoice, closed) if name == keep else _move("invoice_twice", invoice)
                for name in booked
            }
        )
    (stands, booking) = next(iter(booked.items()))
    client = known.clients.get(stands)
    lead = None if client is None else client.currency
    same = is_content(booking.content, invoice, lead) or (
        booking.address_key != invoice.customer.key
    )
    if right is not None or same or not rebooks:
        return Direction(in_years={stands: Book(invoice, closed)})
    if isinstance(place, Outcome):
        return Direction(place)
    if place.year not in known.clients:
        return Direction(in_years={place.year: _away(place.year)})
    return Direction(
        in_years={stands: _move("invoice_moved", invoice)},
        then={place.year: later("moving_year", year=stands, to=place.year)},
    )


def _move(reason: str, invoice: Invoice) -> TakeBack:
    return TakeBack(invoice.key, reason, is_allowed=True, about=invoice.about)


def _away(year: str) -> Outcome:
    return waiting("year_away", year_wait(year), year=year)
