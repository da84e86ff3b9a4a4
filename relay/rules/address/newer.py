"""Knows what of a linked address is held because Sage may hold the newer state. Pure.

A change in cobra carries the record's whole state over. A comparison is nobody's wish, so it
overwrites what a person did in Sage only if the configuration says so; and after cobra was restored
from a backup what Sage holds may be younger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from relay.base.values import Status, held
from relay.rules.address.facts import GONE_TAG, LOCK_TAG, LOST_TAG, Facts, Row
from relay.rules.address.plan import LOCKED, UNLOCKED, Plan


def kept(key: str, plan: Plan, facts: Facts) -> Plan:
    """Hold what would overwrite a field that was changed in Sage since it was sent."""
    link = facts.links.get(key)
    if link is None or plan.outcome.status is not Status.APPLIED or not plan.update:
        return plan
    stands = facts.rows.get(link.number, {})
    changed = [tag for tag in plan.update if stands.get(tag, "") != link.content.get(tag, "")]
    if not changed:
        return plan
    differences = _differing(changed, stands, plan.update)
    return Plan(held("changed_in_sage", number=link.number, differences=differences))


def compared(key: str, plan: Plan, facts: Facts, *, is_gone: bool) -> Plan:
    """Hold what would change a linked record, after cobra was restored from a backup.

    What Sage holds and the restored cobra lacks, or shows otherwise, may be the newer state. A
    key that cobra lacked and gives once more is compared for ever, until `resend`: it may well be
    another customer's.
    """
    link = facts.links.get(key)
    if link is None or plan.outcome.status is not Status.APPLIED:
        return plan
    new = set() if plan.link is None else set(plan.link.content) - set(link.content)
    if is_gone and {GONE_TAG, LOCK_TAG} & new:
        lost = replace(link, content={**link.content, LOST_TAG: "1"})
        return Plan(held("cobra_lacks", number=link.number), link=lost)
    stands, changes = dict(facts.rows.get(link.number, {})), dict(plan.update or {})
    if LOCK_TAG in new:
        stands[LOCK_TAG], changes[LOCK_TAG] = str(UNLOCKED), str(LOCKED)
    elif LOCK_TAG in link.content and plan.link is not None and LOCK_TAG not in plan.link.content:
        stands[LOCK_TAG], changes[LOCK_TAG] = str(LOCKED), str(UNLOCKED)
    if not changes:
        return plan
    differences = _differing(list(changes), stands, changes)
    return Plan(held("cobra_older", number=link.number, differences=differences))


def _differing(tags: list[str], stands: Row, wanted: Mapping[str, str]) -> str:
    """Tell both values of fields."""
    return "; ".join(f"{t}: Sage «{stands.get(t, '')}», cobra «{wanted[t]}»" for t in tags)
