"""Knows which servers the relay can work with."""

from __future__ import annotations

from collections.abc import Iterator

from relay.admin.doctor.finding import Finding, Severity
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
        yield Finding(
            "server_too_old", Severity.ERROR, {"version": facts.version, "edition": facts.edition}
        )
    if facts.is_stand_in:
        yield Finding("server_is_stand_in", Severity.WARNING, {"version": facts.version})


def edition(facts: ServerFacts) -> Iterator[Finding]:
    """Tell the limits of the smaller editions."""
    if facts.is_personal:
        yield Finding("edition_local_db", Severity.ERROR, {"edition": facts.edition})
    elif facts.is_express:
        yield Finding("edition_express", Severity.INFO, {"edition": facts.edition})


def nested_triggers(facts: ServerFacts) -> Iterator[Finding]:
    """Notice a server on which what other triggers change would not be captured."""
    if not facts.fires_nested:
        yield Finding("nested_triggers_off", Severity.WARNING)
