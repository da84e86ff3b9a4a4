"""Knows how an installation is examined, also before anything is installed: nothing is written.

Each subject has a file of its own, and each check is a function that yields findings; a new one is
added to the lists below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from sqlalchemy.exc import DBAPIError

from relay.admin.doctor import captured, masters, own, routing, sage_counters, sage_tables, server
from relay.admin.doctor.site import Finding, Reached, Severity, Site, open_site, warning
from relay.base.errors import RelayError
from relay.database import dialect_of
from relay.database.secrets import hidden

__all__ = ["Finding", "Severity", "Site", "examine", "open_site"]

Check = Callable[[Site, Reached], Iterator[Finding]]

EVERYWHERE: tuple[Check, ...] = (
    server.server, server.database, server.group, server.link, server.space,
    own.own_schema, own.login, own.others,
)  # fmt: skip
IN_COBRA: tuple[Check, ...] = (
    captured.tables, captured.conditions, captured.rivals, captured.statements, captured.triggers,
    own.cobra,
)  # fmt: skip
IN_A_YEAR: tuple[Check, ...] = (
    masters.layout, sage_tables.examine, sage_counters.examine, masters.examine, own.year,
    own.rehearsal,
)  # fmt: skip


def examine(site: Site) -> Iterator[Finding]:
    """Yield all findings: first what cannot be reached, then by database, last the years' days."""
    yield from site.unreachable
    if site.cobra is not None:
        yield from _examine(site, site.cobra, (*EVERYWHERE, *IN_COBRA))
    for place in site.years:
        yield from _examine(site, place, (*EVERYWHERE, *IN_A_YEAR))
    yield from routing.examine(site)


def _examine(site: Site, place: Reached, checks: tuple[Check, ...]) -> Iterator[Finding]:
    for check in checks:
        for finding in _safely(site, place, check):
            yield replace(finding, database=place.name)


def _safely(site: Site, place: Reached, check: Check) -> list[Finding]:
    """Run a check, whose transaction is rolled back; one that fails leaves the others alone."""
    connection = place.connection
    try:
        return list(check(site, place))
    except (DBAPIError, RelayError) as error:
        what: object = error
        if isinstance(error, DBAPIError):
            _, words = dialect_of(connection).explain(error)
            what = hidden(words, connection.engine.url)
        name = f"{check.__module__}.{check.__name__}".removeprefix("relay.admin.doctor.")
        return [warning("check_failed", check=name, what=str(what))]
    finally:
        with suppress(DBAPIError):  # it broke: the next check gets another one
            connection.rollback()
