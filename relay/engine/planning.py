"""Knows what one batch is to do in one Sage year: what has to be read, and each record's plan.

This is the first half of `Apply`, and all of a dry run: nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from relay.base.halving import NOT_OF_A_RECORD
from relay.base.values import Cause, Record, internal
from relay.engine.master_data import DatedMasters, KeptMasters
from relay.engine.suspects import Suspects
from relay.rules.address.check import Checked
from relay.rules.address.facts import LOST_TAG, Confirmation, Facts, without_zeros
from relay.rules.address.newer import compared, kept
from relay.rules.address.plan import Plan, PreviousNumber, plan_address
from relay.rules.images import Gone
from relay.rules.invoice.invoice import Book, TakeBack, Task
from relay.rules.invoice.paid import Elsewhere, debts_of
from relay.rules.invoice.plan import plan_invoice
from relay.rules.invoice.written import Desk, InvoicePlan
from relay.rules.policy import Policy, Rules, rules_of
from relay.sage.port import Planned, TransactionPort, Wanted, YearPort
from relay.settings import Settings


@dataclass(frozen=True, slots=True)
class Work:
    """A record with its state in cobra after the check; of an invoice, what is to be done."""

    record: Record
    state: Checked | Gone | Task


@dataclass(frozen=True, slots=True)
class Method:
    """How Sage years are written: the settings that decide, and what is kept between batches."""

    policy: Policy
    rules: Rules | None
    """None: no invoices go over."""
    masters: KeptMasters
    suspects: Suspects = field(default_factory=Suspects)

    @classmethod
    def of(cls, settings: Settings) -> Method:
        """Return the configured one."""
        letters, address = settings.map.of("letters") or {}, settings.cobra.address
        policy = Policy(
            settings.sage.mode,
            address.on_delete,
            address.when_restricted,
            letters,
            settings.sage.on_foreign_change,
        )
        kept = KeptMasters(settings.relay.master_data_seconds)
        return cls(policy, rules_of(settings), kept)


@dataclass(frozen=True, slots=True)
class At:
    """Where a batch is planned: in which year, by which method, and whom it may ask."""

    year: YearPort
    epoch: int
    method: Method
    previous: PreviousNumber
    """How the preceding year is asked for its link."""
    elsewhere: Elsewhere
    """How the other years of the mandant are asked for payments."""
    confirmed: Callable[[Sequence[str]], Mapping[str, tuple[Confirmation, ...]]]
    """Keys to what a person confirmed for this year."""
    erased: Callable[[Sequence[str]], Mapping[str, str]]
    """Keys to the numbers of those whose data was erased."""
    followed: Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
    """Keys to the records of before whose place they took, as a person decided."""


def plan_batch(
    at: At, here: TransactionPort, works: Sequence[Work]
) -> tuple[Planned, DatedMasters | None]:
    """Plan a batch that is `numbered`; returns also the master data by which that was done.

    Nobody is told anything of an invoice by master data of before.
    """
    reading = _master_data(at, here, works)
    planned = _planned_by(reading, at, here, works)
    if reading is None or not reading.is_kept or not _objects(planned):
        return planned, reading
    now = at.method.masters.now(here)
    if now.masters == reading.masters:
        return planned, now
    return _planned_by(now, at, here, works), now


def followers(works: Sequence[Work]) -> Iterator[tuple[str, str]]:
    """Return the addresses of a batch of which a person may have decided, with their numbers."""
    for work in works:
        if isinstance(work.state, Book):
            customer = work.state.invoice.customer
            if isinstance(customer.address, Checked):
                yield customer.key, customer.address.number
        elif isinstance(work.state, Checked) and any(
            entry.cause == Cause.ADOPT for entry in work.record.entries
        ):
            yield work.record.id.key, work.state.number


def _objects(planned: Planned) -> bool:
    """Tell whether people are to be told anything about an invoice."""
    outcomes = [plan.outcome for plan in planned.invoices.values()]
    return any(outcome.problem is not None or outcome.warnings for outcome in outcomes)


def _master_data(at: At, here: TransactionPort, works: Sequence[Work]) -> DatedMasters | None:
    if at.method.rules is None or not any(isinstance(w.state, Task) for w in works):
        return None
    invoices = [work.state.invoice for work in works if isinstance(work.state, Book)]
    return at.method.masters.of(at.year, here, invoices)


def _planned_by(
    reading: DatedMasters | None, at: At, here: TransactionPort, works: Sequence[Work]
) -> Planned:
    """Plan addresses, then invoices, which may bring addresses along."""
    facts = _facts(at, here, works)
    plans = {
        work.record.id: _plan_address(work, work.state, facts, at)
        for work in works
        if isinstance(work.state, Checked | Gone)
    }
    rules = at.method.rules
    if reading is None or rules is None:
        return Planned(facts, plans)
    tasks = [(work.record, work.state) for work in works if isinstance(work.state, Task)]
    books = here.books([task for _, task in tasks], reading.masters, rules)
    debts = list(debts_of((task for _, task in tasks), books, rules))
    if debts:
        books.elsewhere = at.elsewhere(debts)
    desk = Desk(at.year.name, books, facts, rules, at.previous)
    invoices = {record.id: _plan_invoice(record, task, desk, at) for record, task in tasks}
    return Planned(facts, plans, invoices, books)


def _facts(at: At, here: TransactionPort, works: Sequence[Work]) -> Facts:
    """Read what the year holds of a batch's addresses, and ask what people decided of them."""
    keys = [work.record.id.key for work in works if isinstance(work.state, Checked | Gone)]
    states = [work.state for work in works if isinstance(work.state, Checked)]
    customers = [w.state.invoice.customer for w in works if isinstance(w.state, Book)]
    keys += [customer.key for customer in customers]
    states += [c.address for c in customers if isinstance(c.address, Checked)]
    policy = at.method.policy
    gone = [work.record.id.key for work in works if isinstance(work.state, Gone)]
    to_lock = gone if policy.on_delete == "lock" else []
    if policy.on_restricted == "lock":
        to_lock = [*to_lock, *_restricted(works)]
    facts = here.facts(
        Wanted(
            keys=list(dict.fromkeys(keys)),
            numbers=list(dict.fromkeys(state.number for state in states if state.number)),
            new=dict(_new(works, by_selection=policy.mode == "addresses")),
            gone=gone,
            # Else there need not be any.
            with_debtors=at.method.rules is not None or policy.may_lock,
            to_lock=to_lock,
        )
    )
    doubtful = [key for key in keys if key not in facts.links] + [c.key for c in customers]
    if doubtful:
        asked = list(dict.fromkeys(doubtful))
        facts.confirmed, facts.erased = at.confirmed(asked), at.erased(asked)
    if customers:
        facts.followed = at.followed([c.key for c in customers])
    return facts


def _restricted(works: Sequence[Work]) -> Iterator[str]:
    for work in works:
        if isinstance(work.state, Checked) and work.state.restricted:
            yield work.record.id.key


def _new(works: Sequence[Work], *, by_selection: bool) -> Iterator[tuple[str, Checked]]:
    """Return the addresses that a batch may bring to Sage, by key."""
    for work in works:
        if isinstance(work.state, Checked) and by_selection and work.state.selected:
            yield work.record.id.key, work.state
        elif isinstance(work.state, Book):
            customer = work.state.invoice.customer
            if isinstance(customer.address, Checked):
                yield customer.key, customer.address


def _plan_address(work: Work, state: Checked | Gone, facts: Facts, at: At) -> Plan:
    key = work.record.id.key
    try:
        plan = plan_address(key, state, facts, at.method.policy, at.previous)
    except Exception as error:
        if _is_of_no_record(error, at):
            raise
        return Plan(internal(error))
    link = facts.links.get(key)
    again = link is not None and LOST_TAG in link.content and not work.record.is_resent
    if again or work.record.only_compares_in(at.year.name):
        plan = compared(key, plan, facts, is_gone=isinstance(state, Gone))
    elif at.method.policy.on_foreign_change == "hold" and work.record.is_only_found(at.year.name):
        plan = kept(key, plan, facts)
    if plan.link is not None and plan.is_new_link:
        facts.expect(plan.link)
    return plan


def _plan_invoice(record: Record, task: Task, desk: Desk, at: At) -> InvoicePlan:
    if record.only_compares_in(desk.year):  # cobra was restored: Sage may hold the newer state
        desk = replace(desk, rules=replace(desk.rules, on_change="hold"))
        task = replace(task, is_allowed=False) if isinstance(task, TakeBack) else task
    try:
        return plan_invoice(task, desk)
    except Exception as error:
        if _is_of_no_record(error, at):
            raise
        return InvoicePlan(internal(error))


def _is_of_no_record(error: Exception, at: At) -> bool:
    """Tell what is no bug at one record: another year that is asked fails, or all ends."""
    return isinstance(error, NOT_OF_A_RECORD) or at.year.failure(error) is not None


def numbered(works: Sequence[Work], year: YearPort) -> Sequence[Work]:
    """Write address numbers as this year's column shows them."""
    return list(map(_with_number, works)) if year.has_whole_numbers else works


def _with_number(work: Work) -> Work:
    state = work.state
    if isinstance(state, Checked):
        return replace(work, state=replace(state, number=without_zeros(state.number)))
    if not isinstance(state, Book):
        return work
    customer, address = state.invoice.customer, state.invoice.customer.address
    if not isinstance(address, Checked):
        return work
    address = replace(address, number=without_zeros(address.number))
    invoice = replace(state.invoice, customer=replace(customer, address=address))
    return replace(work, state=replace(state, invoice=invoice))
