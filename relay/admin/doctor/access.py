"""Knows which rights the relay's login needs, and that nobody else should have them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from relay.admin import rights
from relay.admin.doctor.finding import Finding, error, info, warning
from relay.admin.doctor.site import Reached, Site
from relay.database.surface import views_of_parts
from relay.database.survey import LoginFacts, Permission


def examine(site: Site, place: Reached) -> Iterator[Finding]:
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
