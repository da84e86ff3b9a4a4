"""Knows what there is to examine, as far as it can be reached, and what a finding about it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum

from sqlalchemy.engine import Connection

from relay.admin.read_only import YearLookedAt
from relay.base.errors import RelayError, SettingsError
from relay.base.values import Problem
from relay.database import schema, survey_of
from relay.database.connecting import cobra_engine, connect, year_engine
from relay.database.survey import Survey
from relay.settings import Settings

COBRA = "cobra"


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The relay cannot work like this, or would do harm."""
    WARNING = "warning"
    """It works, but something will go wrong or be missed."""
    INFO = "info"
    """Good to know; nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that was found; `code` names the text, which says what to do about it."""

    code: str
    severity: Severity
    values: Mapping[str, object] = field(default_factory=dict)
    database: str = ""
    """Where it was found: `cobra`, `Sage MUSTER2026`; empty: in the configuration."""

    @property
    def problem(self) -> Problem:
        """Return it as what the catalogue has a text for."""
        return Problem(self.code, self.values)

    @property
    def counts(self) -> bool:
        """Tell whether a check has to report it; information alone leaves all in order."""
        return self.severity is not Severity.INFO


def error(code: str, /, **values: object) -> Finding:
    """Return what keeps the relay from working, or would do harm."""
    return Finding(code, Severity.ERROR, values)


def warning(code: str, /, **values: object) -> Finding:
    """Return what will go wrong, or be missed."""
    return Finding(code, Severity.WARNING, values)


def info(code: str, /, **values: object) -> Finding:
    """Return what is good to know."""
    return Finding(code, Severity.INFO, values)


@dataclass(frozen=True, slots=True)
class Reached:
    """One database, with an open connection."""

    name: str
    connection: Connection
    section: schema.Section
    year: YearLookedAt | None = None
    """What it is, if it is a Sage year's."""

    @property
    def survey(self) -> Survey:
        """Return the way to examine it."""
        return survey_of(self.connection)

    def is_set_up(self) -> bool:
        """Tell whether the relay's own tables are there, in the version that we know."""
        return schema.current(self.connection, self.section) == schema.head(self.section)


@dataclass(slots=True)
class Site:
    """All that is examined together."""

    settings: Settings
    now: datetime
    cobra: Reached | None = None
    years: list[Reached] = field(default_factory=list)
    unreachable: list[Finding] = field(default_factory=list)

    @property
    def today(self) -> date:
        """Return the day on the clock of this machine."""
        return self.now.astimezone().date()


@contextmanager
def open_site(settings: Settings, now: datetime | None = None) -> Iterator[Site]:
    """Open what can be reached; what cannot be is a finding, and the rest is examined."""
    site = Site(settings, now or datetime.now(UTC))
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(connect(cobra_engine(settings), COBRA))
            site.cobra = Reached(COBRA, connection, "source")
        except RelayError as error:
            site.unreachable += _unreachable(COBRA, error)
        for year in settings.sage.year:
            name = f"Sage {year.name}"
            try:
                sage = YearLookedAt(year, year_engine(settings, year), settings.sage.profile)
            except RelayError as error:
                site.unreachable += _unreachable(name, error)
                continue
            stack.callback(sage.close)
            site.years.append(Reached(name, sage.connection, "target", sage))
        yield site


def _unreachable(database: str, error: RelayError) -> Iterator[Finding]:
    if not isinstance(error, SettingsError):
        yield Finding(error.code, Severity.ERROR, error.values, database)
        return
    own = database.removeprefix("Sage ")
    for key, code, values in error.problems:
        if own in key:  # each error about passwords tells those of the other databases too
            yield replace(Finding(code, Severity.ERROR, values | {"key": key}), database=database)
