"""Knows how a connection should be: driver, encryption, and two clocks that agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from relay.admin.doctor.finding import Finding, info, warning
from relay.admin.doctor.site import Reached, Site
from relay.database import utcnow
from relay.database.survey import LinkFacts

CLOCK_LIMIT_S = 60


def examine(site: Site, place: Reached) -> Iterator[Finding]:
    """Examine a connection."""
    facts = place.survey.link(place.connection)
    for check in (driver, encryption, certificate):
        yield from check(facts)
    yield from clock(site.now, place.connection.execute(select(utcnow())).scalar_one())


def driver(facts: LinkFacts) -> Iterator[Finding]:
    """Ask for Microsoft's driver 18 or 17."""
    if not facts.is_known_driver:
        yield warning("driver_unknown", driver=facts.driver)


def encryption(facts: LinkFacts) -> Iterator[Finding]:
    """Notice a connection over the network that others can read."""
    if facts.is_encrypted is False and not facts.is_local:
        yield warning("link_not_encrypted")


def certificate(facts: LinkFacts) -> Iterator[Finding]:
    """Tell where the server need not prove who it is."""
    if facts.is_encrypted and not facts.checks_certificate and not facts.is_local:
        yield info("certificate_unchecked")


def clock(ours: datetime, theirs: datetime) -> Iterator[Finding]:
    """Compare two clocks; the day of an invoice and the age of an entry depend on them."""
    seconds = round((theirs - ours).total_seconds())
    if abs(seconds) > CLOCK_LIMIT_S:
        yield warning("clock_differs", seconds=seconds, limit=CLOCK_LIMIT_S)
