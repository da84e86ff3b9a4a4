"""Knows which servers the relay can work with, and how a database and its connection should be.

Source, of groups: Microsoft, Always On availability groups: listeners, client connectivity and
failover.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from relay.admin.doctor.site import Finding, Reached, Severity, Site, error, info, warning
from relay.database import utcnow
from relay.database.survey import DatabaseFacts, FileFacts, GroupFacts, LinkFacts, ServerFacts

TESTED_LEVEL = 130
"""Compatibility level of SQL Server 2016, for which everything is written."""
ENQUIRY_LEVEL = 110
"""What TRY_CONVERT needs, which the views of the document enquiry use (Microsoft: TRY_CONVERT)."""
_TELLS_CASE = re.compile(r"_(CS|BIN2?)(_|$)", re.IGNORECASE)
CLOCK_LIMIT_S = 60
EXPRESS_MB = 10 * 1024
"""What SQL Server Express lets a database's data grow to."""
PERCENT_EARLY, PERCENT_LATE = 80, 95
DISK_EARLY_MB, DISK_LATE_MB = 2048, 256


def server(_site: Site, place: Reached) -> Iterator[Finding]:
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


def database(site: Site, place: Reached) -> Iterator[Finding]:
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


def group(_site: Site, place: Reached) -> Iterator[Finding]:
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


def link(site: Site, place: Reached) -> Iterator[Finding]:
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


def space(_site: Site, place: Reached) -> Iterator[Finding]:
    """Examine the database's files."""
    files = place.survey.files(place.connection)
    yield from limits(files)
    yield from disks(files)
    if place.survey.server(place.connection).is_express:
        yield from express(files)


def limits(files: Sequence[FileFacts]) -> Iterator[Finding]:
    """Find files that have nearly reached the size that was allowed to them."""
    for file in files:
        if file.used is None or file.longest is None:
            continue
        used, longest, percent = file.used, file.longest, _percent(file.used, file.longest)
        if percent >= PERCENT_EARLY:
            yield Finding(
                "file_nearly_full",
                _severity(percent),
                {"file": file.name, "used": used, "longest": longest, "percent": percent},
            )


def express(files: Sequence[FileFacts]) -> Iterator[Finding]:
    """Compare the data, without the log, with the limit of the edition."""
    used = sum(file.size if file.used is None else file.used for file in files if not file.is_log)
    percent = _percent(used, EXPRESS_MB)
    if percent >= PERCENT_EARLY:
        yield Finding(
            "express_nearly_full",
            _severity(percent),
            {"used": used, "longest": EXPRESS_MB, "percent": percent},
        )


def disks(files: Sequence[FileFacts]) -> Iterator[Finding]:
    """Find files whose disk has little room left; the fullest disk is told once."""
    free = min(((f.disk_free, f.name) for f in files if f.disk_free is not None), default=None)
    if free is not None and free[0] < DISK_EARLY_MB:
        severity = Severity.ERROR if free[0] < DISK_LATE_MB else Severity.WARNING
        yield Finding("disk_nearly_full", severity, {"free": free[0], "file": free[1]})


def _severity(percent: int) -> Severity:
    return Severity.ERROR if percent >= PERCENT_LATE else Severity.WARNING


def _percent(used: int, longest: int) -> int:
    return 100 * used // max(longest, 1)
