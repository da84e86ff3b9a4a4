"""Knows whether anything was ever written to a Sage year: before that, it should be rehearsed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from relay.admin.doctor.finding import Finding, info
from relay.admin.doctor.site import Reached, Site


def examine(_site: Site, place: Reached) -> Iterator[Finding]:
    """Propose a rehearsal of a year that is set up, and into which nothing has gone."""
    if place.year is None or not place.is_set_up():
        return
    tables = place.year.tables
    for table in (tables.applied, tables.link):
        column = next(iter(table.primary_key))
        if place.connection.execute(select(column).limit(1)).first() is not None:
            return
    yield info("rehearsal_proposed", year=place.year.name)
