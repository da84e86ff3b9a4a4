"""Knows what has to be done in a Sage year for one address: compares states, decides. Pure.

An address is inserted, updated, or left alone if Sage already holds the same; an equal number
of an address that nobody linked is a proposal, not a proof, and is never simply taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stdnum.ch import uid

from relay.base.numbers import fits_number, is_whole
from relay.base.values import Outcome, Problem, applied, held, not_for_sage, together
from relay.rules.address.check import Checked
from relay.rules.address.facts import (
    ERASED_TAG,
    GONE_TAG,
    LOCK_TAG,
    Facts,
    Link,
    Row,
    fingerprint,
    likeness,
)
from relay.rules.fitting import fit_row
from relay.rules.images import Gone
from relay.rules.policy import Policy


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write for one record, and what will then be true."""

    outcome: Outcome
    insert: Row | None = None
    update: Row | None = None
    """The tags that change; an empty text clears."""
    link: Link | None = None
    """The link as it shall be; None: as it is."""
    is_new_link: bool = False
    locks: Mapping[int, int] = field(default_factory=dict)
    """Debtor to the reminder lock that it gets."""

    @property
    def number(self) -> str:
        """The number of Sage's row that is written."""
        return self.outcome.sage_key or ""


UNLOCKED, LOCKED = 0, 1
"""A debtor's reminder lock (WrnLk, TAF 2012)."""

PreviousNumber = Callable[[str], str | Outcome | None]
"""Key to the number the preceding year has linked; an outcome if that year cannot be asked."""


def plan_address(
    key: str, state: Checked | Gone, facts: Facts, policy: Policy, previous: PreviousNumber
) -> Plan:
    """Decide for one record; `facts` are not changed."""
    link = facts.links.get(key)
    if isinstance(state, Gone):
        return Plan(not_for_sage("gone")) if link is None else _plan_gone(link, policy, facts)
    if state.restricted:
        return _restricted(link, policy, facts)
    obstacle = (
        _erased(key, link, facts)
        or _not_concerned(key, state, facts, policy, previous)
        or state.blocker
        or _number_problem(key, state.number, link, facts)
    )
    if obstacle is not None:
        return Plan(obstacle)
    row, warnings, problems = fit_row(state.row, facts.lengths, facts.narrow, policy.letters)
    problems += tuple(_no_numbers(row, facts))
    if problems:
        return Plan(together(problems))
    fitted = replace(state, row=row, warnings=(*state.warnings, *warnings))
    if link is None:
        return _plan_new(key, state, fitted, facts, previous)
    if not state.selected and policy.mode == "addresses":
        removed = Problem("selection_removed")
        fitted = replace(fitted, warnings=(*fitted.warnings, removed))
    return _plan_linked(link, fitted, facts)


def _no_numbers(row: Row, facts: Facts) -> Iterator[Problem]:
    """Say what stands in cobra where this Sage keeps a number."""
    for tag, kind in facts.numbers.items():
        text = row.get(tag)
        if text and not fits_number(text, kind):
            yield Problem("not_a_number_for_sage", {"tag": tag, "value": text})


def _plan_new(
    key: str, state: Checked, fitted: Checked, facts: Facts, previous: PreviousNumber
) -> Plan:
    """Decide for an address that is not linked; `fitted` is it as Sage's columns take it."""
    number, row = state.number, fitted.row
    stands = facts.rows.get(number)
    if stands is None:
        sent = {"AdrId": number} | {tag: text for tag, text in row.items() if text}
        new_link = Link(key, number, row, state.uid)
        outcome = applied(number, sent, (*fitted.warnings, *_twin(new_link, facts)))
        return Plan(outcome, insert=sent, link=new_link, is_new_link=True)
    unproven = _unproven(key, state, stands, facts, previous)
    if unproven is not None:
        return Plan(unproven)
    return _plan_linked(Link(key, number, {}), fitted, facts, is_new=True)


def _erased(key: str, link: Link | None, facts: Facts) -> Outcome | None:
    """Hold what was erased on a person's request: nobody asked for it to be sent anew.

    Nor to a year that never had it.
    """
    if link is None:
        number = facts.erased.get(key)
        return None if number is None else held("address_erased", number=number)
    return held("address_erased", number=link.number) if ERASED_TAG in link.content else None


def _not_concerned(
    key: str, state: Checked, facts: Facts, policy: Policy, previous: PreviousNumber
) -> Outcome | None:
    """Tell why an address is not for Sage; one that Sage has for certain is, without an invoice."""
    if key in facts.links:
        return None
    if policy.mode == "addresses":
        return None if state.selected else not_for_sage("not_selected")
    if any(one.number == state.number for one in facts.confirmed.get(key, ())):
        return None
    before = previous(key) if state.number in facts.rows else None
    if isinstance(before, Outcome):
        return before
    return None if before == state.number and before else not_for_sage("no_invoice_yet")


def _unproven(
    key: str, state: Checked, stands: Row, facts: Facts, previous: PreviousNumber
) -> Outcome | None:
    """Tell why Sage's address may be somebody else's; None if a person or a year vouches for it."""
    number, corp = state.number, stands.get("Corp", "")
    confirmed = next((one for one in facts.confirmed.get(key, ()) if one.number == number), None)
    if confirmed is not None:
        same = confirmed.stands == fingerprint(stands) and confirmed.is_about(state)
        return None if same else held("adoption_outdated", number=number, corp=corp)
    before = previous(key)
    if isinstance(before, Outcome):
        return before
    return None if before == number else held("number_unlinked", number=number, corp=corp)


def _twin(link: Link, facts: Facts) -> Iterator[Problem]:
    """Warn of a new address that Sage seems to have under another number."""
    corp = link.content.get("Corp")
    twin = facts.alike.get(likeness(link.content)) if corp else None
    if twin is not None:
        yield Problem("duplicate_suspected", {"number": twin, "corp": corp})
    same = facts.alike.get((link.uid,)) if link.uid else None
    if same not in {None, twin}:
        yield Problem("uid_twice", {"number": same, "value": uid.format(link.uid)})


def _plan_gone(link: Link, policy: Policy, facts: Facts) -> Plan:
    items = facts.open_items.get(link.number, 0)
    if policy.on_delete == "hold":
        return Plan(held("deleted_in_cobra", number=link.number))
    if policy.on_delete == "lock" and items and LOCK_TAG not in link.content:
        return Plan(held("deleted_with_items", number=link.number, items=items))
    if policy.on_delete == "lock" and LOCK_TAG not in link.content:
        return _locked(link, facts, Problem("deleted_locked"))
    seen = replace(link, content={**link.content, GONE_TAG: "1"})
    new = None if {GONE_TAG, LOCK_TAG} & set(link.content) else seen
    warnings = [Problem("deleted_kept")]
    if items:
        warnings.append(Problem("items_left_open", {"number": link.number, "items": items}))
    return Plan(applied(link.number, warnings=tuple(warnings)), link=new)


def _restricted(link: Link | None, policy: Policy, facts: Facts) -> Plan:
    """Send nothing; what is not sent now is what differs once the restriction is lifted."""
    if link is None:
        return Plan(not_for_sage("processing_restricted"))
    if policy.on_restricted == "lock" and LOCK_TAG not in link.content:
        return _locked(link, facts, Problem("restricted_locked"))
    return Plan(applied(link.number, warnings=(Problem("restricted_kept"),)))


def _locked(link: Link, facts: Facts, why: Problem) -> Plan:
    """Set the reminder lock of debtors that have none, and remember which these are."""
    locks = facts.locks_of(link.number) or {}
    ours = sorted(debtor for debtor, lock in locks.items() if not lock)
    content = {**link.content, LOCK_TAG: " ".join(map(str, ours))}
    outcome = applied(link.number, {LOCK_TAG: str(LOCKED)}, (why,))
    return Plan(outcome, link=replace(link, content=content), locks=dict.fromkeys(ours, LOCKED))


def _unlocked(link: Link, locks: Mapping[int, int]) -> dict[int, int]:
    """Clear the locks that we set, unless somebody has changed them since."""
    ours = (int(debtor) for debtor in link.content.get(LOCK_TAG, "").split())
    return {debtor: UNLOCKED for debtor in ours if locks.get(debtor) == LOCKED}


def _number_problem(key: str, number: str, link: Link | None, facts: Facts) -> Outcome | None:
    longest = facts.lengths.get("AdrId")
    if facts.numeric and not is_whole(number):
        return held("number_not_numeric", number=number)
    if number in facts.doubled:
        return held("sage_row_twice", table="Adr", tag="AdrId", value=number)
    if not facts.numeric and longest is not None and len(number) > longest:
        return held("number_too_long", number=number, length=longest)
    if link is not None and link.number != number:
        return held("number_changed", number=number, linked=link.number)
    owner = facts.owners.get(number)
    if owner is not None and owner != key:
        return held("number_taken", number=number, owner=owner)
    return None


def _plan_linked(link: Link, fitted: Checked, facts: Facts, *, is_new: bool = False) -> Plan:
    """Decide for an address that is linked, or `is_new` and linked with this; `fitted` to Sage."""
    stands = facts.rows.get(link.number)
    if stands is None:
        return Plan(held("row_missing", number=link.number))
    changed = {
        tag: text
        for tag, text in fitted.row.items()
        if text != stands.get(tag, "") and (text or link.content.get(tag))
    }
    # Locks that cannot be looked at stay, and it stays known whose they are.
    locks = None if is_new else facts.locks_of(link.number)
    still = {LOCK_TAG} & link.content.keys() if locks is None else set()
    content = dict(fitted.row) | {tag: link.content[tag] for tag in still}
    now = Link(link.key, link.number, content, fitted.uid)
    return Plan(
        applied(link.number, changed or None, fitted.warnings),
        update=changed or None,
        link=now if is_new or now != link else None,
        is_new_link=is_new,
        locks=_unlocked(link, locks or {}),
    )
