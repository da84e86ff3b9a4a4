"""Knows the letters' chores: a thread looks, writes and sends, and what was sent is noted.

The mail server is never waited for. What was sent is noted by the chore, on the lock's own
connection, so a relay that lost the lock notes nothing. When the relay dies between the two, the
letter is sent once more: rather twice than never. A digest tells what is new; the morning letter
comes once a day, also when all is well, and when a relay starts that was not at work at that time.
"""

from __future__ import annotations

import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from email.message import EmailMessage
from typing import Generic, TypeVar

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Connection, Engine

from relay.admin.status import asking
from relay.cobra.lock import Lock
from relay.cobra.tables import SourceTables
from relay.database import utcnow
from relay.engine.chores import Duty, Housework
from relay.engine.years import Years
from relay.extras.mail.letter import letter, recipients
from relay.extras.mail.memory import (
    LastMorning,
    News,
    last_mornings,
    mailed_before,
    news,
    remember,
    remember_mornings,
    settled,
)
from relay.extras.mail.morning import morning
from relay.extras.mail.morning_letter import morning_letter
from relay.extras.mail.post import Send, Sending, send
from relay.extras.mail.trouble import Role, troubles
from relay.settings import Settings
from relay.settings.parts import Mail

log = structlog.get_logger()
T = TypeVar("T")
LOOK_S = 5
"""How often the chores look whether letters are due, or have been sent."""
FIRST = timedelta(hours=24)
"""What the very first morning letter looks back on."""
AGAIN = timedelta(minutes=5)
"""After a morning letter that could not be sent."""


class _Letters(ABC, Generic[T]):
    """The letters of one relay while it has the lock; of each that was sent is noted a `T`."""

    def __init__(self, settings: Settings, mail: Mail, engine: Engine, post: Send) -> None:
        """Take how cobra is read beside the loop, and how letters are sent."""
        self._settings = settings
        self._mail = mail
        self._engine = engine
        self._post = post
        self._sending: Sending[dict[Role, T]] | None = None

    @property
    def is_sending(self) -> bool:
        """Tell whether letters are under way."""
        return self._sending is not None and self._sending.is_alive()

    def chore(self, lock: Lock) -> bool:
        """Note what was sent, and start the next letters when they are due; never waits."""
        if self.is_sending:
            return False
        if self._sending is not None:
            if self._sending.sent:
                with lock.writing() as connection:
                    self._note(connection, lock.tables, self._sending.sent)
            self._sending = None  # not before: a locked table is tried again
        work = self._due(lock)
        if work is not None:
            self._sending = Sending(work)
            self._sending.start()
        return False

    @abstractmethod
    def _due(self, lock: Lock) -> Callable[[], dict[Role, T]] | None:
        """Return what looks, writes and sends, if that is due."""

    @abstractmethod
    def _note(self, connection: Connection, tables: SourceTables, sent: Mapping[Role, T]) -> None:
        """Note what was sent."""

    def _posted(
        self, letters: Mapping[Role, EmailMessage], sent: Mapping[Role, T]
    ) -> dict[Role, T]:
        """Send letters; returns what is noted of those that were not refused."""
        refused = self._post(letters)
        for role, what in refused.items():
            log.warning("mail_refused", role=str(role), text=what)
        log.info("mailed", letters=len(letters) - len(refused))
        return {role: one for role, one in sent.items() if role not in refused}


class Digest(_Letters[News]):
    """Tells what is new, what is still so, and what has ended."""

    def __init__(
        self,
        settings: Settings,
        mail: Mail,
        engine: Engine,
        post: Send,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the same, and a clock in seconds."""
        super().__init__(settings, mail, engine, post)
        self._clock = clock
        self._next = clock()

    def _due(self, _lock: Lock) -> Callable[[], dict[Role, News]] | None:
        if self._clock() < self._next:
            return None
        self._next = self._clock() + 60 * self._mail.every_minutes
        return self._send

    def _note(
        self, connection: Connection, tables: SourceTables, sent: Mapping[Role, News]
    ) -> None:
        for role_news in sent.values():
            remember(connection, tables, role_news)

    def _send(self) -> dict[Role, News]:
        wanted = {r: found for r, found in self._look().items() if recipients(self._mail, r)}
        if not wanted:
            return {}
        language = self._settings.language
        letters = {r: letter(self._mail, r, found, language) for r, found in wanted.items()}
        return self._posted(letters, wanted)

    def _look(self) -> dict[Role, News]:
        with asking(self._engine) as connection:
            after = timedelta(minutes=self._mail.after_minutes)
            here = troubles(connection, self._settings, after)
            known, now = mailed_before(connection)
            found = news(now, known, here, timedelta(days=self._mail.repeat_days))
            language = self._settings.language
            with_ends = {role: settled(connection, one, language) for role, one in found.items()}
            return {role: one for role, one in with_ends.items() if one}


def due_day(at: time_of_day, now: datetime, last: date | None) -> date | None:
    """Return the day whose letter is due, by this machine's time zone. Pure.

    Summer time: an hour that the clock leaves out has passed when it goes on; one that it shows
    twice has come once.
    """
    here = now.astimezone()
    today = here.date()
    return today if here.time() >= at and (last is None or last < today) else None


class Daily(_Letters[LastMorning]):
    """Tells each morning what was booked, is open, or has ended."""

    def __init__(
        self,
        settings: Settings,
        mail: Mail,
        engine: Engine,
        post: Send,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take the same, and a clock."""
        super().__init__(settings, mail, engine, post)
        self._now = now
        self._not_before = now()
        self._last: dict[Role, LastMorning] = {}
        self._is_read = False

    def _due(self, lock: Lock) -> Callable[[], dict[Role, LastMorning]] | None:
        if not self._is_read:
            with lock.reading() as connection:
                self._last = last_mornings(connection)
            self._is_read = True
        at, now, last = self._mail.daily_at, self._now(), self._last
        if at is None or now < self._not_before:
            return None
        days = {r: due_day(at, now, last[r].day if r in last else None) for r in Role}
        due = {r: day for r, day in days.items() if day and recipients(self._mail, r)}
        if not due:
            return None
        self._not_before = now + AGAIN
        return lambda: self._send(due, dict(last))

    def _note(
        self, connection: Connection, tables: SourceTables, sent: Mapping[Role, LastMorning]
    ) -> None:
        remember_mornings(connection, tables, sent)
        self._last = {**self._last, **sent}

    def _send(
        self, due: Mapping[Role, date], last: Mapping[Role, LastMorning]
    ) -> dict[Role, LastMorning]:
        letters, sent = {}, dict[Role, LastMorning]()
        with asking(self._engine) as connection:
            until = connection.execute(select(utcnow())).scalar_one()
            for role, day in due.items():
                since = last[role].until if role in last else until - FIRST
                found = morning(connection, self._settings, since, until)
                language, host = self._settings.language, socket.gethostname()
                letters[role] = morning_letter(self._mail, role, found, language, host)
                sent[role] = LastMorning(day, until)
        return self._posted(letters, sent)


def housework(settings: Settings, engine: Callable[[Settings], Engine]) -> list[Housework]:
    """Return the chore of this part, if the part is switched on.

    Raises:
        SettingsError: the password is not where it should be.
    """
    mail = settings.mail
    if mail is None:
        return []
    password = settings.mail_password()

    def post(letters: Mapping[Role, EmailMessage]) -> dict[Role, str]:
        return send(mail, password, letters)

    def duty(lock: Lock, _years: Years) -> Duty:
        digest = Digest(settings, mail, engine(settings), post)
        return Duty("mail", LOOK_S, lambda: digest.chore(lock))

    def daily(lock: Lock, _years: Years) -> Duty:
        daily = Daily(settings, mail, engine(settings), post)
        return Duty("daily_mail", LOOK_S, lambda: daily.chore(lock))

    return [duty] if mail.daily_at is None else [duty, daily]
