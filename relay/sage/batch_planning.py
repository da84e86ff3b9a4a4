"""Knows what one batch is to do in one Sage year: what has to be read, and each record's plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.exc import DBAPIError

from relay.base.halving import NOT_OF_A_RECORD
from relay.base.values import Outcome, Record, RecordId, internal, waiting, year_wait
from relay.rules.address.check import Checked
from relay.rules.address.facts import LOCK_TAG, LOST_TAG, Confirmation, Facts
from relay.rules.address.plan import Plan, Policy, PreviousNumber, compared, plan_address
from relay.rules.images import Gone
from relay.rules.invoice.books import Books
from relay.rules.invoice.paid import Debt, Elsewhere, debt_of
from relay.rules.invoice.plan import plan_invoice
from relay.rules.invoice.task import Book, TakeBack, Task
from relay.rules.invoice.written import Desk, InvoicePlan
from relay.rules.policy import Rules
from relay.sage.addresses import as_sage_writes, read_alike, read_facts, read_locks, read_open_items
from relay.sage.books.reading import BooksReader
from relay.sage.master_data import KeptMasters, Reading
from relay.sage.suspects import Suspects
from relay.sage.year import SageYear


@dataclass(frozen=True, slots=True)
class Work:
    """A record with its state in cobra after the check; of an invoice, what is to be done."""

    record: Record
    state: Checked | Gone | Task


@dataclass(frozen=True, slots=True)
class Method:
    """How one year is written: the settings that decide, and how the preceding year is asked."""

    policy: Policy
    rules: Rules | None
    """None: no invoices go over."""
    previous: PreviousNumber
    masters: KeptMasters
    confirmed: Callable[[Sequence[str]], Mapping[str, tuple[Confirmation, ...]]]
    """Keys to what a person confirmed for this year."""
    followed: Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
    """Keys to the records of before whose place they took, as a person decided."""
    elsewhere: Elsewhere
    """How the other years of the mandant are asked for payments."""
    suspects: Suspects = field(default_factory=Suspects)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a batch is to do in one year, and what was read to decide it."""

    facts: Facts
    addresses: Mapping[RecordId, Plan]
    invoices: Mapping[RecordId, InvoicePlan] = field(default_factory=dict)
    books: Books | None = None
    """None: there is no invoice in the batch."""
    masters: Reading | None = None
    """The master data by which it was planned; None as well."""

    def all_addresses(self) -> list[Plan]:
        """Return the plans of all addresses, also of those that an invoice brings along."""
        brought = [plan.address for plan in self.invoices.values() if plan.address is not None]
        return [*self.addresses.values(), *brought]

    def outcomes(self) -> dict[RecordId, Outcome]:
        """Return what becomes of each record."""
        plans: dict[RecordId, Plan | InvoicePlan] = {**self.addresses, **self.invoices}
        return {record: plan.outcome for record, plan in plans.items()}

    def objects(self) -> bool:
        """Tell whether people are to be told anything about an invoice."""
        outcomes = [plan.outcome for plan in self.invoices.values()]
        return any(outcome.problem is not None or outcome.warnings for outcome in outcomes)


class Planning:
    """Plans batches of one Sage year; writes nothing."""

    def __init__(self, year: SageYear, method: Method) -> None:
        """Take the year's connection, and how it is written."""
        self._year = year
        self._method = method

    def numbered(self, works: Sequence[Work]) -> Sequence[Work]:
        """Write address numbers as this year's column shows them."""
        if not self._year.sage_table("Adr").is_number("AdrId"):
            return works
        return [_with_number(work, self._year) for work in works]

    def plan(self, works: Sequence[Work]) -> Planned:
        """Plan a batch; nobody is told anything of an invoice by master data of before."""
        reading = self._reading(works)
        planned = self._planned_by(reading, works)
        if reading is None or not reading.is_kept or not planned.objects():
            return planned
        now = self._method.masters.now(self._year)
        if now.masters == reading.masters:
            return replace(planned, masters=now)
        return self._planned_by(now, works)

    def _reading(self, works: Sequence[Work]) -> Reading | None:
        if self._method.rules is None or not any(isinstance(w.state, Task) for w in works):
            return None
        invoices = [work.state.invoice for work in works if isinstance(work.state, Book)]
        return self._method.masters.of(self._year, invoices)

    def _planned_by(self, reading: Reading | None, works: Sequence[Work]) -> Planned:
        """Plan addresses, then invoices, which may bring addresses along."""
        facts = self._facts(works)
        plans = {
            work.record.id: self._plan(work, work.state, facts)
            for work in works
            if isinstance(work.state, Checked | Gone)
        }
        if reading is None or self._method.rules is None:
            return Planned(facts, plans)
        tasks = {w.record.id: w.state for w in works if isinstance(w.state, Task)}
        here = self._year.name
        compared_only = {w.record.id for w in works if w.record.only_compares_in(here)}
        rules = self._method.rules
        reader = BooksReader(self._year, rules)
        books = reader.read(list(tasks.values()), reading.masters)
        debts = list(_debts(tasks.values(), books, rules))
        if debts:
            books.elsewhere = self._method.elsewhere(debts)
        desk = Desk(self._year.name, books, facts, rules, self._method.previous)
        invoices = {
            record: _plan_invoice(task, desk, compares=record in compared_only)
            for record, task in tasks.items()
        }
        return Planned(facts, plans, invoices, books, reading)

    def _facts(self, works: Sequence[Work]) -> Facts:
        keys = [work.record.id.key for work in works if isinstance(work.state, Checked | Gone)]
        states = [work.state for work in works if isinstance(work.state, Checked)]
        customers = [w.state.invoice.customer for w in works if isinstance(w.state, Book)]
        keys += [customer.key for customer in customers]
        states += [c.address for c in customers if isinstance(c.address, Checked)]
        numbers = [state.number for state in states if state.number]
        facts = read_facts(self._year, list(dict.fromkeys(keys)), list(dict.fromkeys(numbers)))
        new = [state for key, state in self._wanted(works) if key not in facts.links]
        if new:
            read_alike(self._year, facts, new)
        gone = [w.record.id.key for w in works if isinstance(w.state, Gone)]
        linked = [facts.links[key].number for key in gone if key in facts.links]
        if linked and (self._method.rules or self._method.policy.on_delete == "lock"):
            read_open_items(self._year, facts, linked)
        locks = self._locks(facts, linked)
        if locks:
            read_locks(self._year, facts, locks)
        doubtful = [key for key in keys if key not in facts.links] + [c.key for c in customers]
        if doubtful:
            facts.confirmed = self._method.confirmed(list(dict.fromkeys(doubtful)))
        if customers:
            facts.followed = self._method.followed([c.key for c in customers])
        return facts

    def _locks(self, facts: Facts, gone: Sequence[str]) -> list[str]:
        """Return the addresses whose debtors are to be locked, or were by us."""
        locks = self._method.policy.on_delete == "lock"
        if not locks and self._method.rules is None:
            return []  # there need not be any debtors
        ours = [link.number for link in facts.links.values() if LOCK_TAG in link.content]
        return [*(gone if locks else ()), *ours]

    def _wanted(self, works: Sequence[Work]) -> Iterator[tuple[str, Checked]]:
        """Return the addresses that a batch may bring to Sage, by key."""
        by_selection = self._method.policy.mode == "addresses"
        for work in works:
            if isinstance(work.state, Checked) and by_selection and work.state.selected:
                yield work.record.id.key, work.state
            elif isinstance(work.state, Book):
                customer = work.state.invoice.customer
                if isinstance(customer.address, Checked):
                    yield customer.key, customer.address

    def _plan(self, work: Work, state: Checked | Gone, facts: Facts) -> Plan:
        key = work.record.id.key
        try:
            plan = plan_address(key, state, facts, self._method.policy, self._method.previous)
        except (*NOT_OF_A_RECORD, DBAPIError):
            raise
        except Exception as error:  # noqa: BLE001 - one record's bug must not stop the others
            return Plan(internal(error))
        link = facts.links.get(key)
        again = link is not None and LOST_TAG in link.content and not work.record.is_resent
        if again or work.record.only_compares_in(self._year.name):
            plan = compared(key, plan, facts)
        if plan.link is not None and plan.is_new_link:
            facts.expect(plan.link)
        return plan


def _debts(tasks: Iterable[Task], books: Books, rules: Rules) -> Iterator[Debt]:
    """Return the debts that a batch wants to take back."""
    for task in tasks:
        key = task.invoice.key if isinstance(task, Book) else task.key
        booking = books.bookings.get(key)
        if booking is None or booking.document not in books.documents:
            continue
        if task.is_allowed if isinstance(task, TakeBack) else rules.on_change != "hold":
            debt = debt_of(booking, books)
            if debt is not None:
                yield debt


def _with_number(work: Work, year: SageYear) -> Work:
    state = work.state
    if isinstance(state, Checked):
        return replace(work, state=replace(state, number=as_sage_writes(year, state.number)))
    if not isinstance(state, Book):
        return work
    customer, address = state.invoice.customer, state.invoice.customer.address
    if not isinstance(address, Checked):
        return work
    address = replace(address, number=as_sage_writes(year, address.number))
    invoice = replace(state.invoice, customer=replace(customer, address=address))
    return replace(work, state=replace(state, invoice=invoice))


def _plan_invoice(task: Task, desk: Desk, *, compares: bool) -> InvoicePlan:
    if compares:  # after cobra was restored: what Sage holds may be the newer state
        desk = replace(desk, rules=replace(desk.rules, on_change="hold"))
        task = replace(task, is_allowed=False) if isinstance(task, TakeBack) else task
    try:
        return plan_invoice(task, desk)
    except (*NOT_OF_A_RECORD, DBAPIError):
        raise
    except Exception as error:  # noqa: BLE001 - one record's bug must not stop the others
        return InvoicePlan(internal(error))


def previous_number(
    year: SageYear | None, name: str | None, epoch: int
) -> Callable[[str], str | Outcome | None]:
    """Return how the preceding year is asked for its link; it may be away or not exist.

    Asking raises `Unavailable`, which names that year, when its database has just failed.
    """

    def ask(key: str) -> str | Outcome | None:
        if name is None:
            return None
        if year is None:
            return waiting("previous_year_away", year_wait(name), year=name)
        # To wait for a year that fails now is not enough: only one that was lost is found again.
        return year.ask(epoch, lambda: year.numbers([key]).get(key))

    return ask
