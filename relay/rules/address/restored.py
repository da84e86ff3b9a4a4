"""Knows what of a linked address is held after cobra was restored from a backup. Pure."""

from __future__ import annotations

from dataclasses import replace

from relay.base.values import Status, held
from relay.rules.address.facts import (
    GONE_TAG,
    LOCK_TAG,
    LOST_TAG,
    Facts,
)
from relay.rules.address.foreign import differing
from relay.rules.address.plan import LOCKED, UNLOCKED, Plan


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
    differences = differing(list(changes), stands, changes)
    return Plan(held("cobra_older", number=link.number, differences=differences))
