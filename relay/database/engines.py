"""Knows how the databases that `relay.toml` names are opened."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from relay.database import dialect_of
from relay.settings import Settings, Year


def cobra_engine(settings: Settings) -> Engine:
    """Build cobra's engine."""
    url = settings.cobra_url()
    return dialect_of(url).engine(url, lock_timeout_ms=settings.relay.lock_timeout_ms)


def year_engine(settings: Settings, year: Year) -> Engine:
    """Build the engine of a Sage year."""
    url = settings.year_url(year)
    return dialect_of(url).engine(url, lock_timeout_ms=settings.relay.lock_timeout_ms)


def year_engines(settings: Settings) -> dict[str, Engine]:
    """Build an engine for each Sage year."""
    return {year.name: year_engine(settings, year) for year in settings.sage.year}
