"""Knows which settings of a database the relay has to be told about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from relay.admin.doctor.finding import Finding, error, info
from relay.admin.doctor.site import Reached, Site
from relay.database.survey import DatabaseFacts

TESTED_LEVEL = 130
"""Compatibility level of SQL Server 2016, for which everything is written."""
ENQUIRY_LEVEL = 110
"""What TRY_CONVERT needs, which the views of the document enquiry use (Microsoft: TRY_CONVERT)."""
_TELLS_CASE = re.compile(r"_(CS|BIN2?)(_|$)", re.IGNORECASE)


def examine(site: Site, place: Reached) -> Iterator[Finding]:
    """Examine a database's options."""
    facts = place.survey.database(place.connection)
    is_stand_in = place.survey.server(place.connection).is_stand_in
    for check in (read_only, collation, row_versions, recursive_triggers):
        yield from check(facts)
    if not is_stand_in:
        yield from compatibility(facts)
        if site.settings.documents is not None and place is site.cobra:
            yield from enquiry(facts)


def read_only(facts: DatabaseFacts) -> Iterator[Finding]:
    """Notice a database into which nothing can be written."""
    if facts.is_read_only:
        yield error("database_is_read_only")


def compatibility(facts: DatabaseFacts) -> Iterator[Finding]:
    """Tell a database that behaves like one of an older server."""
    level = facts.compatibility_level
    if level is not None and level < TESTED_LEVEL:
        yield info("compatibility_low", level=level, tested=TESTED_LEVEL)


def enquiry(facts: DatabaseFacts) -> Iterator[Finding]:
    """Notice a database in which the views of the document enquiry cannot be created."""
    level = facts.compatibility_level
    if level is not None and level < ENQUIRY_LEVEL:
        yield error("compatibility_too_low", level=level, needed=ENQUIRY_LEVEL, tested=TESTED_LEVEL)


def collation(facts: DatabaseFacts) -> Iterator[Finding]:
    """Tell where names of tables and columns have to be written with the right capitals."""
    if facts.collation is not None and _TELLS_CASE.search(facts.collation):
        yield info("collation_tells_case", collation=facts.collation)


def row_versions(facts: DatabaseFacts) -> Iterator[Finding]:
    """Tell where whoever reads waits for whoever writes."""
    if facts.has_row_versions is False:
        yield info("row_versions_off")


def recursive_triggers(facts: DatabaseFacts) -> Iterator[Finding]:
    """Tell where a trigger that changes its own table fires once more."""
    if facts.has_recursive_triggers:
        yield info("recursive_triggers_on")
