"""Knows by which road each configured year is reached; today there is one: its SQL database."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from relay.database import schema
from relay.sage.adapter import SqlYear
from relay.sage.layout import needed_tables
from relay.sage.port import TROUBLE, Opener, YearPort
from relay.settings import Settings, Year


def openers(settings: Settings, engines: Mapping[str, Engine]) -> dict[str, Opener]:
    """Return how each configured year is opened."""
    years = settings.sage.year
    return {year.name: partial(_open, settings, year, engines[year.name]) for year in years}


def _open(settings: Settings, year: Year, engine: Engine) -> YearPort:
    """Connect, and read the layout of all tables that are needed.

    Raises:
        Unavailable: the database cannot be reached, or has trouble.
        Refused: the relay's own tables, one of Sage's or a column is missing.
    """
    opened = SqlYear(year, engine, settings.sage.profile)
    try:
        schema.require(opened.connection, "target")
        opened.connection.rollback()
        for table in needed_tables(settings):
            opened.sage_table(table)
    except BaseException as error:
        opened.close()
        if isinstance(error, DBAPIError) and opened.failure(error) in TROUBLE:
            raise opened.unavailable(error) from error
        raise
    return opened
