"""Knows whether what is the relay's own is in order: its tables, its rights, and where they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import select

from relay.admin import rights
from relay.admin.doctor.site import Finding, Reached, Severity, Site, error, info, warning
from relay.base.errors import Refused
from relay.cobra.identity import judge_place, read_identity
from relay.database import schema
from relay.database.surface import views_of_parts
from relay.database.survey import LoginFacts, Permission
from relay.engine.handshake import judge, meet

_NOT_YET = "schema_missing"


def own_schema(_site: Site, place: Reached) -> Iterator[Finding]:
    """Compare the version of the relay's own tables with the one that this relay works with."""
    try:
        schema.require(place.connection, place.section)
    except Refused as refusal:
        severity = Severity.INFO if refusal.code == _NOT_YET else Severity.ERROR
        yield Finding(refusal.code, severity, refusal.values)


def login(site: Site, place: Reached) -> Iterator[Finding]:
    """Examine the login with which the relay is connected."""
    facts = place.survey.login(place.connection)
    yield from owner(facts)
    for grant in _needed(site, place):
        if _lacks(place, grant):
            yield error("right_lacking", login=facts.name, right=grant.right, what=grant.what)


def _lacks(place: Reached, grant: rights.Grant) -> bool:
    """Tell whether a right is missing; who sees nothing of our tables, though they are there, too.

    A table of somebody else that we do not see is told where its columns are looked for.
    """
    may = place.survey.may(place.connection, grant.right, grant.what)
    if may is None:
        return grant.what.startswith("relay.") and place.is_set_up()
    return not may


def owner(facts: LoginFacts) -> Iterator[Finding]:
    """Tell where the relay may do more than it needs."""
    if facts.owns_database:
        yield info("login_owns_database", login=facts.name)


def others(_site: Site, place: Reached) -> Iterator[Finding]:
    """Find whoever else may change the relay's tables: no clerk needs that."""
    yield from strangers(place.survey.permissions(place.connection))


def strangers(found: Iterable[Permission]) -> Iterator[Finding]:
    """Tell each right that somebody was granted."""
    for each in found:
        yield warning("relay_tables_writable", who=each.who, right=each.right, what=each.what)


def _needed(site: Site, place: Reached) -> Iterator[rights.Grant]:
    if place.survey.name != "mssql":
        return
    if place.year is None:
        statements = rights.in_cobra(site.settings, "run")
    else:
        statements = rights.in_year(site.settings, place.year.settings, "run")
    # The command that asks them says what is missing; the relay runs without them.
    views = set(views_of_parts(place.survey.name))
    yield from (grant for grant in rights.grants(statements) if grant.what not in views)


def cobra(_site: Site, place: Reached) -> Iterator[Finding]:
    """Ask whether cobra's database is where it was when it got its identity."""
    if not place.is_set_up() or (identity := read_identity(place.connection)) is None:
        return
    problem = judge_place(identity)
    if problem is not None:
        yield error(problem.code, **problem.values)


def year(site: Site, place: Reached) -> Iterator[Finding]:
    """Ask whether a year is the one that cobra knows; both must be set up."""
    if site.cobra is None or place.year is None or not place.is_set_up():
        return
    identity = read_identity(site.cobra.connection) if site.cobra.is_set_up() else None
    if identity is None:
        return
    place.connection.rollback()  # the handshake's questions have a transaction of their own
    problem = judge(identity, meet(site.cobra.connection, place.year))
    site.cobra.connection.rollback()
    if problem is not None:
        yield error(problem.code, **problem.values)


def rehearsal(_site: Site, place: Reached) -> Iterator[Finding]:
    """Propose a rehearsal of a year that is set up, and into which nothing has gone."""
    if place.year is None or not place.is_set_up():
        return
    tables = place.year.tables
    for table in (tables.applied, tables.link):
        column = next(iter(table.primary_key))
        if place.connection.execute(select(column).limit(1)).first() is not None:
            return
    yield info("rehearsal_proposed", year=place.year.name)
