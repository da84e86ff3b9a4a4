"""Knows whether cobra's tables can be captured as configured, and what a trigger would break.

Once a table has an enabled trigger, error 334 of SQL Server ends each INSERT, UPDATE, DELETE and
MERGE that addresses it with OUTPUT but without INTO. What cobra sends is seen in the server's
memory of compiled statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy.engine import Connection

from relay.admin.doctor.site import Finding, Reached, Severity, Site, error, info, warning
from relay.cobra.capture import verify
from relay.cobra.capture.conditions import condition_problems
from relay.cobra.capture.tables import CapturedTable, NotCapturable, captured_tables, problems_of
from relay.cobra.identity import read_identity
from relay.database import capture_of
from relay.database.survey import RivalTrigger

_TO_INSTALL = "trigger_right_missing"
"""Only whoever installs needs this right."""
SHOWN = 300
"""Characters of a statement that a finding shows."""
_OUTPUT = re.compile(
    r"\bOUTPUT\b(?=\s+(?:\[?(?:inserted|deleted)\]?\s*\.|\$action))", re.IGNORECASE
)
_AFTER = re.compile(
    r"\b(?:OUTPUT|VALUES|SELECT|FROM|WHERE|DEFAULT|EXEC|EXECUTE)\b|;", re.IGNORECASE
)
_INTO = re.compile(r"\bINTO\b", re.IGNORECASE)
_QUOTES = re.compile(r'[\[\]"]')


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


def statements(site: Site, place: Reached) -> Iterator[Finding]:
    """Look for such statements on each captured table."""
    for table in captured_tables(place.connection, site.settings):
        found = place.survey.statements(place.connection, table.where.name)
        if found is None:
            yield info("plan_cache_unseen")
            return
        yield from dangers(table.where.name, found)


def dangers(table: str, statements: Iterable[str]) -> Iterator[Finding]:
    """Tell each statement that would fail."""
    for statement in statements:
        if _addresses(statement, table) and _answers_caller(statement):
            yield error(
                "output_statement", table=table, statement=" ".join(statement.split())[:SHOWN]
            )


def _answers_caller(statement: str) -> bool:
    """Tell whether an OUTPUT goes to the caller rather than into a table."""
    for match in _OUTPUT.finditer(statement):
        rest = statement[match.end() :]
        end = _AFTER.search(rest)
        if not _INTO.search(rest[: end.start()] if end else rest):
            return True
    return False


def _addresses(statement: str, table: str) -> bool:
    plain = _QUOTES.sub("", statement)
    name = re.escape(_QUOTES.sub("", table))
    return re.search(rf"(?<!\w){name}(?!\w)", plain, re.IGNORECASE) is not None
