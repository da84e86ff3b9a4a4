"""Knows by which road each configured year is reached; today there is one: its SQL database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeVar

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from relay.database import schema
from relay.sage.adapter import SqlYear
from relay.sage.layout import needed_tables
from relay.sage.port import TROUBLE, Opener
from relay.settings import Settings, Year

Y = TypeVar("Y", bound=SqlYear)


def openers(settings: Settings, engines: Mapping[str, Engine]) -> dict[str, Opener]:
    """Return how each configured year is opened."""
    needed = needed_tables(settings)
    return {
        year.name: partial(open_year, SqlYear, settings, year, engines[year.name], needed)
        for year in settings.sage.year
    }


def open_year(
    kind: type[Y], settings: Settings, year: Year, engine: Engine, tables: Sequence[str] = ()
) -> Y:
    """Connect, and read the layout of the tables of Sage's that are needed.

    Raises:
        Unavailable: the database cannot be reached, or has trouble.
        Refused: the relay's own tables, one of Sage's or a column is missing.
    """
    opened = kind(year, engine, settings.sage.profile)
    try:
        schema.require(opened.connection, "target")
        opened.connection.rollback()
        for table in tables:
            opened.sage_table(table)
    except BaseException as error:
        opened.close()
        if isinstance(error, DBAPIError) and opened.failure(error) in TROUBLE:
            raise opened.unavailable(error) from error
        raise
    return opened
