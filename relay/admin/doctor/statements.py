"""Knows which statements of cobra fail once a table has a trigger: error 334 of SQL Server.

INSERT, UPDATE, DELETE and MERGE with OUTPUT but without INTO may not address a table that has an
enabled trigger. What cobra sends is seen in the server's memory of compiled statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from relay.admin.doctor.finding import Finding, error, info
from relay.admin.doctor.site import Reached, Site
from relay.cobra.capture.tables import captured_tables

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


def examine(site: Site, place: Reached) -> Iterator[Finding]:
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
