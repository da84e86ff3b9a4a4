"""Knows what matters of an availability group: its listener, and which replica answers.

Source: Microsoft, Always On availability groups: listeners, client connectivity and failover.
"""

from __future__ import annotations

from collections.abc import Iterator

from relay.admin.doctor.finding import Finding, error, info, warning
from relay.admin.doctor.site import Reached, Site
from relay.database.survey import GroupFacts


def examine(_site: Site, place: Reached) -> Iterator[Finding]:
    """Examine the group that a database belongs to, if it does."""
    facts = place.survey.group(place.connection)
    if facts is not None:
        for check in (secondary, listener, subnets):
            yield from check(facts)


def secondary(facts: GroupFacts) -> Iterator[Finding]:
    """Notice a replica into which nothing can be written."""
    if facts.is_secondary:
        yield error("replica_is_secondary", server=facts.instance, names=_names(facts))


def listener(facts: GroupFacts) -> Iterator[Finding]:
    """Tell the listener where the url names one replica, which is not always the primary one."""
    if facts.names_replica:
        yield warning("url_names_replica", server=facts.instance, names=_names(facts))


def subnets(facts: GroupFacts) -> Iterator[Finding]:
    """Tell where a failover is noticed late: each address of the listener is tried in turn."""
    if facts.names_listener and not facts.tries_all_addresses:
        yield info("multi_subnet_failover_off", names=_names(facts))


def _names(facts: GroupFacts) -> str:
    return ", ".join(facts.listeners) or "?"
