"""Knows whether cobra and the Sage years are those that were paired."""

from __future__ import annotations

from collections.abc import Iterator

from relay.admin.doctor.finding import Finding, error
from relay.admin.doctor.site import Reached, Site
from relay.cobra.identity import judge_place, read_identity
from relay.engine.handshake import judge, meet


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
