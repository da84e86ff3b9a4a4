"""Knows whether cobra's tables can be captured as configured, and whether they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy.engine import Connection

from relay.admin.doctor.finding import Finding, Severity, error, info, warning
from relay.admin.doctor.site import Reached, Site
from relay.base.errors import Refused
from relay.cobra.capture import verify
from relay.cobra.capture.conditions import condition_problems
from relay.cobra.capture.tables import CapturedTable, NotCapturable, captured_tables, problems_of
from relay.cobra.identity import read_identity
from relay.database import capture_of, schema
from relay.database.survey import RivalTrigger

_NOT_YET = "schema_missing"
_TO_INSTALL = "trigger_right_missing"
"""Only whoever installs needs this right."""


def own_schema(_site: Site, place: Reached) -> Iterator[Finding]:
    """Compare the relay's own tables with what this relay works with."""
    try:
        schema.require(place.connection, place.section)
    except Refused as refusal:
        severity = Severity.INFO if refusal.code == _NOT_YET else Severity.ERROR
        yield Finding(refusal.code, severity, refusal.values)


def tables(site: Site, place: Reached) -> Iterator[Finding]:
    """Examine the configured tables: columns, types, key, owners."""
    installed = not any(triggers(site, place))
    for table in captured_tables(place.connection, site.settings):
        for problem in problems_of(place.connection, table):
            if problem.code == _TO_INSTALL:
                if installed:
                    continue
                yield warning(problem.code, **problem.values)
            else:
                yield error(problem.code, **problem.values)


def conditions(site: Site, place: Reached) -> Iterator[Finding]:
    """Find conditions of the configuration that the columns can never or always fulfil."""
    for problem in condition_problems(place.connection, site.settings):
        yield error(problem.code, **problem.values)


def triggers(site: Site, place: Reached) -> Iterator[Finding]:
    """Compare the installed triggers with the mapping; before the first start they may be missing.

    What keeps a table from being captured at all is told by `tables`.
    """
    try:
        faults = verify(place.connection, site.settings)
    except NotCapturable:
        return
    first = not capture_of(place.connection).triggers(place.connection)
    if faults and first and not _has_run(place):
        names = ", ".join(dict.fromkeys(str(fault.values["table"]) for fault in faults))
        yield info("triggers_not_installed", tables=names)
        return
    for fault in faults:
        yield error(fault.code, **fault.values)


def rivals(site: Site, place: Reached) -> Iterator[Finding]:
    """Find triggers of others on the captured tables."""
    for table in captured_tables(place.connection, site.settings):
        if _is_there(place.connection, table):
            found = place.survey.rivals(place.connection, table.where)
            yield from rivals_of(table.section.table, found)


def rivals_of(table: str, found: Sequence[RivalTrigger]) -> Iterator[Finding]:
    """Tell what a table's other triggers mean for ours."""
    for rival in found:
        code = "rival_instead" if rival.is_instead else "rival_trigger"
        severity = Severity.WARNING if rival.is_instead else Severity.INFO
        yield Finding(code, severity, {"trigger": rival.name, "table": table})


def _is_there(connection: Connection, table: CapturedTable) -> bool:
    return capture_of(connection).table(connection, table.where) is not None


def _has_run(place: Reached) -> bool:
    return place.is_set_up() and read_identity(place.connection) is not None
