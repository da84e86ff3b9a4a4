"""Knows which Sage year an invoice goes to: asks all years, and commits the choice beforehand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from relay.base.halving import halved
from relay.base.values import Outcome, Record, internal, waiting, year_wait
from relay.cobra.lock import Lock
from relay.cobra.routes import read_routes
from relay.database import Failure
from relay.engine.asking import ReadyYears, ask_ready
from relay.rules.invoice.books import Booking
from relay.rules.invoice.invoice import State, Task
from relay.rules.invoice.ledger import Client
from relay.rules.invoice.which_year import Direction, Known, decide, in_currency
from relay.sage.port import TransactionPort
from relay.settings import Settings


@dataclass(frozen=True, slots=True)
class Routed:
    """An invoice, and what each year concerned is to do, or what became of it already."""

    record: Record
    direction: Direction
    ledgered: Mapping[str, frozenset[UUID]] = field(default_factory=dict)
    """Year to the entries that its ledger has already: a crash kept them from being told."""
    standing: Mapping[str, Booking] = field(default_factory=dict)
    """Year to the booking that stands there."""
    state: State | None = None
    """The invoice in the currency of its year, if that is known; None: it was not checked."""

    def task(self, year: str) -> Task | None:
        """Return what a year is to do, if anything."""
        task = (self.direction.in_years or {}).get(year)
        return None if isinstance(task, Outcome) else task


@dataclass(frozen=True, slots=True)
class Answer:
    """What one year knows of a batch of invoices."""

    standing: Mapping[str, Booking]
    """Invoice to the booking that stands there."""
    ledgered: set[UUID]
    """The entries that its ledger has."""
    client: Client | None
    """Its settings in Sage: when it takes postings."""


class Routing:
    """Routes invoices to Sage years."""

    def __init__(
        self,
        lock: Lock,
        years: ReadyYears,
        settings: Settings,
        commit: Callable[[Mapping[str, str], Mapping[str, str]], None],
        milestone: Callable[[str], None],
    ) -> None:
        """Take the years that are asked, and what commits the choices: new ones, and others."""
        self._commit = commit
        self._lock = lock
        self._years = years
        self._settings = settings
        self._milestone = milestone

    def route(self, states: Sequence[tuple[Record, State]]) -> list[Routed]:
        """Decide for each invoice; what it needs is committed before this returns.

        One at which our own code fails is held. An invoice may stand in a year that was restored
        or copied, so while one is doubtful none is booked anywhere.
        """
        if not states:
            return []
        parts = halved(states, self._route, _culprit, self._is_theirs)
        return [routed for part in parts for routed in part]

    def _is_theirs(self, error: Exception) -> bool:
        """Tell whether an error may be an invoice's fault; Sage's own troubles never get here."""
        failure = self._lock.dialect.failure(error)
        return not isinstance(error, DBAPIError) or failure in (Failure.DATA, Failure.UNKNOWN)

    def _route(self, states: Sequence[tuple[Record, State]]) -> list[Routed]:
        doubtful = self._years.doubtful()
        if doubtful is not None:
            wait = waiting("year_doubtful", year_wait(doubtful), year=doubtful)
            return [Routed(record, Direction(wait), state=state) for record, state in states]
        keys = [record.id.key for record, _ in states]
        routes = read_routes(self._lock, keys)
        answers = self._ask_all([record for record, _ in states])
        self._milestone("asked")
        if isinstance(answers, Outcome):
            return [Routed(record, Direction(answers), state=state) for record, state in states]
        routed = [self._decided(record, state, routes, answers) for record, state in states]
        self._choose(routed, routes)
        return routed

    def _decided(
        self,
        record: Record,
        state: State,
        routes: Mapping[str, str],
        answers: Mapping[str, Answer],
    ) -> Routed:
        key = record.id.key
        booked = _booked(record, answers)
        clients = {name: answer.client for name, answer in answers.items()}
        known = Known(routes.get(key), booked, clients)
        state = in_currency(state, known, self._settings)
        direction = decide(key, state, known, self._settings)
        return Routed(record, direction, _ledgered(record, answers), booked, state)

    def leave(self, records: Sequence[tuple[Record, Outcome]]) -> list[Routed]:
        """Let invoices be as an outcome says, but for entries that a ledger has already.

        A crash may have kept those from being told before a person decided.
        """
        if self._settings.invoices is None:  # so there is nothing to ask the years by
            return [Routed(record, Direction(outcome)) for record, outcome in records]
        if not records:
            return []
        parts = halved(records, self._leave, _culprit, self._is_theirs)
        return [routed for part in parts for routed in part]

    def _leave(self, records: Sequence[tuple[Record, Outcome]]) -> list[Routed]:
        answers = self._ask_all([record for record, _ in records])
        if isinstance(answers, Outcome):
            return [Routed(record, Direction(answers)) for record, _ in records]
        return [
            Routed(record, Direction(outcome), _ledgered(record, answers), _booked(record, answers))
            for record, outcome in records
        ]

    def _ask_all(self, records: Sequence[Record]) -> dict[str, Answer] | Outcome:
        """Ask every year that is here what it knows of these invoices."""
        answers: dict[str, Answer] = {}
        keys = [record.id.key for record in records]
        uids = [entry.uid for record in records for entry in record.entries]
        question = partial(_answer, keys, uids)
        for name in self._years:
            answer = ask_ready(self._years, name, self._lock.epoch, question)
            if isinstance(answer, Outcome):
                return answer
            if answer is not None:
                answers[name] = answer
        return answers

    def _choose(self, routed: Sequence[Routed], routes: Mapping[str, str]) -> None:
        """Commit the years that were chosen anew, before anything is written there."""
        chosen = {r.record.id.key: r.direction.choose for r in routed if r.direction.choose}
        new = {key: year for key, year in chosen.items() if key not in routes}
        other = {k: year for k, year in chosen.items() if k in routes and routes[k] != year}
        if not new and not other:
            return
        self._commit(new, other)
        self._milestone("routed")


def _booked(record: Record, answers: Mapping[str, Answer]) -> dict[str, Booking]:
    key = record.id.key
    return {name: a.standing[key] for name, a in answers.items() if key in a.standing}


def _ledgered(record: Record, answers: Mapping[str, Answer]) -> dict[str, frozenset[UUID]]:
    uids = {entry.uid for entry in record.entries}
    return {name: frozenset(uids & a.ledgered) for name, a in answers.items() if uids & a.ledgered}


def _culprit(one: tuple[Record, State | Outcome], error: Exception) -> list[Routed]:
    record, state = one
    known = None if isinstance(state, Outcome) else state
    return [Routed(record, Direction(internal(error)), state=known)]


def _answer(keys: Sequence[str], uids: Sequence[UUID], here: TransactionPort) -> Answer:
    client = here.client()
    return Answer(here.standing(keys), here.ledgered(uids), client)
