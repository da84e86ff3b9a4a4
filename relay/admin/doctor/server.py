"""Knows which servers the relay can work with."""

from __future__ import annotations

from collections.abc import Iterator

from relay.admin.doctor.finding import Finding, error, info, warning
from relay.admin.doctor.site import Reached, Site
from relay.database.survey import ServerFacts


def examine(_site: Site, place: Reached) -> Iterator[Finding]:
    """Examine the server of a database; its version comes first."""
    facts = place.survey.server(place.connection)
    for check in (version, edition, nested_triggers):
        yield from check(facts)


def version(facts: ServerFacts) -> Iterator[Finding]:
    """Ask for SQL Server 2016 or later; what only speaks its language is let pass."""
    if facts.is_old:
        yield error("server_too_old", version=facts.version, edition=facts.edition)
    if facts.is_stand_in:
        yield warning("server_is_stand_in", version=facts.version)


def edition(facts: ServerFacts) -> Iterator[Finding]:
    """Tell the limits of the smaller editions."""
    if facts.is_personal:
        yield error("edition_local_db", edition=facts.edition)
    elif facts.is_express:
        yield info("edition_express", edition=facts.edition)


def nested_triggers(facts: ServerFacts) -> Iterator[Finding]:
    """Notice a server on which what other triggers change would not be captured."""
    if not facts.fires_nested:
        yield warning("nested_triggers_off")
