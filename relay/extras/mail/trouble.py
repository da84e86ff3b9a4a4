"""Knows what is not in order now, and whom it concerns: the bookkeeper or the admin.

An entry that is held or waits concerns the bookkeeper, unless only the admin can do something
about it: a fault of the program, a year that is not set up. Where the configuration could allow it,
the bookkeeper is told what to correct, and the admin of the configuration. Years, triggers, lag and
pauses concern the admin. What has just begun is left out: much of it is put right at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, not_, or_, select
from sqlalchemy.engine import Connection

from relay.admin import status as inquiry
from relay.admin.monitoring import findings
from relay.admin.stuck import StuckRecord, stuck_records, with_texts
from relay.base import texts
from relay.base.codes import ended_by_time, is_for_admin
from relay.base.values import Status, year_wait
from relay.cobra.capture import verify
from relay.cobra.tables import source_tables
from relay.database import utcnow
from relay.settings import Settings

LONGEST_LAG_S = 600.0
_PIECES = re.compile(r"(?<=[.;]) ")
_THE_ADMINS = "relay.toml"
_TOLD_APART = {"check_held", "check_waiting", "check_not_running"}
"""Findings of the status that need no line: each record has its own, and who writes runs."""


class Role(StrEnum):
    """Who is told."""

    BOOKKEEPER = "bookkeeper"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not in order."""

    role: Role
    subject: str
    """What it is about, the same each time: a record, a year, a trigger."""
    sameness: str
    """What makes it the same trouble as before; a number that grows is no news."""
    text: str

    @property
    def id(self) -> str:
        """Return what tells it from all others, short enough for a key."""
        return hashed(f"{self.role} {self.subject}")

    @property
    def mark(self) -> str:
        """Return what changes when it is another trouble of the same subject."""
        return hashed(self.sameness)


def hashed(text: str) -> str:
    """Return a fingerprint of a text, short enough for a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def troubles(connection: Connection, settings: Settings, after: timedelta) -> list[Trouble]:
    """Return all that is not in order and has been so for a while, oldest first.

    Raises:
        NotCapturable: a captured table or column is not there.
    """
    before = connection.execute(select(utcnow())).scalar_one() - after
    return [*_of_entries(connection, before), *technical(connection, settings, before)]


def technical(connection: Connection, settings: Settings, before: datetime) -> list[Trouble]:
    """Return what is not in order but no record's; years only if they are so since `before`.

    Raises:
        NotCapturable: a captured table or column is not there.
    """
    return [*_of_years(connection, settings, before), *_of_triggers(connection, settings)]


def role_of(one: StuckRecord) -> Role:
    """Return who can do something about a record."""
    return Role.ADMIN if is_for_admin(one.code) else Role.BOOKKEEPER


def stuck(connection: Connection) -> list[StuckRecord]:
    """Return the records that are held or wait for a person; those of a year that is away do not.

    The year itself is told.
    """
    o = source_tables(connection.dialect.name).outbox
    for_year = and_(o.c.waiting_on.is_not(None), o.c.waiting_on.like(year_wait("%")))
    for_person = and_(o.c.status == Status.WAITING, o.c.error_code.not_in(ended_by_time()))
    only = (
        or_(o.c.status == Status.HELD, for_person),
        or_(o.c.waiting_on.is_(None), not_(for_year)),
    )
    return with_texts(connection, stuck_records(connection, *only))


def _of_entries(connection: Connection, before: datetime) -> Iterator[Trouble]:
    """Return the trouble of each record that is stuck.

    What relay.toml could allow instead of a correction is the admin's, beside the bookkeeper's.
    """
    for one in stuck(connection):
        if one.since > before:
            continue
        subject, sameness = f"{one.record.entity}:{one.record.key}", f"{one.code} {one.text}"
        if role_of(one) is Role.ADMIN or is_also_for_admin(one.text):
            yield Trouble(Role.ADMIN, subject, sameness, one.text)
        if role_of(one) is Role.BOOKKEEPER:
            yield Trouble(Role.BOOKKEEPER, subject, sameness, for_bookkeeper(one.text))


def _of_years(connection: Connection, settings: Settings, before: datetime) -> Iterator[Trouble]:
    state = inquiry.state(connection, settings.sage.names)
    recent = {year.name for year in state.years if year.since is None or year.since > before}
    for problem in findings(state, LONGEST_LAG_S):
        about = str(problem.values.get("year") or problem.values.get("scope") or "")
        if problem.code in _TOLD_APART or about in recent:
            continue
        text = texts.of_problem(problem, settings.language)
        code = next((y.code for y in state.years if y.name == about), None)
        yield Trouble(Role.ADMIN, f"{problem.code} {about}".strip(), str(code), text)


def _of_triggers(connection: Connection, settings: Settings) -> Iterator[Trouble]:
    for finding in verify(connection, settings):
        text = texts.of_problem(finding, settings.language)
        yield Trouble(Role.ADMIN, f"trigger {finding.values['trigger']}", finding.code, text)


def is_also_for_admin(text: str) -> bool:
    """Tell whether a sentence names a way out by the configuration."""
    return _THE_ADMINS in text


def for_bookkeeper(text: str) -> str:
    """Return a sentence without the ways out that only an admin has.

    >>> for_bookkeeper("Choose a known code in cobra; or add it to [map] in relay.toml.")
    'Choose a known code in cobra.'
    """
    kept = [piece for piece in _PIECES.split(text) if _THE_ADMINS not in piece]
    if not kept:
        return text
    return re.sub(";$", ".", " ".join(kept))
