"""Knows the morning letter's chore: once a day, at a local time, also when all is well.

What was sent is noted as the digest notes it. A relay that was not at work at that time sends the
day's letter when it starts.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.engine import Engine

from relay.admin.status import asking
from relay.cobra.lock import Lock
from relay.database import utcnow
from relay.extras.mail.letter import recipients
from relay.extras.mail.memory import LastMorning, last_mornings, remember_mornings
from relay.extras.mail.morning import morning
from relay.extras.mail.morning_letter import morning_letter
from relay.extras.mail.post import Send
from relay.extras.mail.sending import Sending
from relay.extras.mail.trouble import Role
from relay.settings import Settings
from relay.settings.parts import Mail

log = structlog.get_logger()
FIRST = timedelta(hours=24)
"""What the very first letter looks back on."""
AGAIN = timedelta(minutes=5)
"""After a letter that could not be sent."""


def due_day(at: time, now: datetime, last: date | None) -> date | None:
    """Return the day whose letter is due, by this machine's time zone. Pure.

    Summer time: an hour that the clock leaves out has passed when it goes on; one that it shows
    twice has come once.
    """
    here = now.astimezone()
    today = here.date()
    return today if here.time() >= at and (last is None or last < today) else None


class Daily:
    """The morning letters of one relay while it has the lock."""

    def __init__(
        self,
        settings: Settings,
        mail: Mail,
        engine: Engine,
        post: Send,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take how cobra is read beside the loop, how letters are sent, and a clock."""
        self._settings = settings
        self._mail = mail
        self._engine = engine
        self._post = post
        self._now = now
        self._not_before = now()
        self._last: dict[Role, LastMorning] | None = None
        self._sending: Sending[dict[Role, LastMorning]] | None = None

    @property
    def is_sending(self) -> bool:
        """Tell whether letters are under way."""
        return self._sending is not None and self._sending.is_alive()

    def chore(self, lock: Lock) -> bool:
        """Note what was sent, and start the day's letters when they are due; never waits."""
        if self.is_sending:
            return False
        if self._last is None:
            with lock.reading() as connection:
                self._last = last_mornings(connection)
        if self._sending is not None:
            self._note(lock, self._last, self._sending.sent or {})
            self._sending = None  # not before: a locked table is tried again
        due = self._due(self._last)
        if due and self._now() >= self._not_before:
            self._not_before = self._now() + AGAIN
            last = dict(self._last)
            self._sending = Sending(lambda: self._send(due, last))
            self._sending.start()
        return False

    def _note(
        self, lock: Lock, last: dict[Role, LastMorning], sent: Mapping[Role, LastMorning]
    ) -> None:
        if sent:
            with lock.writing() as connection:
                remember_mornings(connection, lock.tables, sent)
            last |= sent

    def _due(self, last: Mapping[Role, LastMorning]) -> dict[Role, date]:
        at = self._mail.daily_at
        if at is None:
            return {}
        now, found = self._now(), dict[Role, date]()
        for role in Role:
            day = due_day(at, now, last[role].day if role in last else None)
            if day is not None and recipients(self._mail, role):
                found[role] = day
        return found

    def _send(
        self, due: Mapping[Role, date], last: Mapping[Role, LastMorning]
    ) -> dict[Role, LastMorning]:
        letters, sent = {}, dict[Role, LastMorning]()
        with asking(self._engine) as connection:
            until = connection.execute(select(utcnow())).scalar_one()
            for role, day in due.items():
                since = last[role].until if role in last else until - FIRST
                news = morning(connection, self._settings, since, until)
                host = socket.gethostname()
                letters[role] = morning_letter(
                    self._mail, role, news, self._settings.language, host
                )
                sent[role] = LastMorning(day, until)
        refused = self._post(letters)
        for role, what in refused.items():
            log.warning("mail_refused", role=str(role), text=what)
        log.info("mailed", letters=len(letters) - len(refused))
        return {role: one for role, one in sent.items() if role not in refused}
