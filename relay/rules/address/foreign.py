"""Knows what is held that somebody changed in Sage, where only a comparison asks. Pure.

A change in cobra carries the record's whole state over; a comparison is nobody's wish, so it
overwrites what a person did in Sage only if the configuration says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from relay.base.values import Status, held
from relay.rules.address.facts import Facts, Row
from relay.rules.address.plan import Plan


def kept(key: str, plan: Plan, facts: Facts) -> Plan:
    """Hold what would overwrite a field that was changed in Sage since it was sent."""
    link = facts.links.get(key)
    if link is None or plan.outcome.status is not Status.APPLIED or not plan.update:
        return plan
    stands = facts.rows.get(link.number, {})
    changed = [tag for tag in plan.update if stands.get(tag, "") != link.content.get(tag, "")]
    if not changed:
        return plan
    differences = differing(changed, stands, plan.update)
    return Plan(held("changed_in_sage", number=link.number, differences=differences))


def differing(tags: list[str], stands: Row, wanted: Mapping[str, str]) -> str:
    """Tell both values of fields."""
    return "; ".join(f"{t}: Sage «{stands.get(t, '')}», cobra «{wanted[t]}»" for t in tags)
