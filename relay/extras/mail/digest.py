"""Knows the digest: a chore that lets a thread look, write and send, and notes what was sent.

The mail server is never waited for. What was sent is noted by the chore, on the lock's own
connection, so a relay that lost the lock notes nothing. When the relay dies between the two, the
letter is sent once more: rather twice than never.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy.engine import Engine

from relay.admin.status import asking
from relay.cobra.lock import Lock
from relay.engine.chores import Duty, Housework
from relay.engine.years import Years
from relay.extras.mail.daily import Daily
from relay.extras.mail.letter import letter, recipients
from relay.extras.mail.memory import News, mailed_before, news, remember
from relay.extras.mail.outcome import settled
from relay.extras.mail.post import Send, send
from relay.extras.mail.sending import Sending
from relay.extras.mail.trouble import Role, troubles
from relay.settings import Settings
from relay.settings.parts import Mail

log = structlog.get_logger()
LOOK_S = 5
"""How often the chore looks whether a digest is due, or has been sent."""


class Digest:
    """The letters of one relay while it has the lock."""

    def __init__(
        self,
        settings: Settings,
        mail: Mail,
        engine: Engine,
        post: Send,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take how cobra is read beside the loop, and how letters are sent."""
        self._settings = settings
        self._mail = mail
        self._engine = engine
        self._post = post
        self._clock = clock
        self._due = clock()
        self._sending: Sending[dict[Role, News]] | None = None

    @property
    def is_sending(self) -> bool:
        """Tell whether a digest is under way."""
        return self._sending is not None and self._sending.is_alive()

    def chore(self, lock: Lock) -> bool:
        """Note what was sent, and start the next digest when it is due; never waits."""
        if self.is_sending:
            return False
        if self._sending is not None:
            if self._sending.sent:
                with lock.writing() as connection:
                    for role_news in self._sending.sent.values():
                        remember(connection, lock.tables, role_news)
            self._sending = None  # not before: a locked table is tried again
        elif self._clock() >= self._due:
            self._due = self._clock() + 60 * self._mail.every_minutes
            self._sending = Sending(self._send)
            self._sending.start()
        return False

    def _send(self) -> dict[Role, News]:
        found = {role: role_news for role, role_news in self._look().items() if role_news}
        wanted = {
            role: role_news for role, role_news in found.items() if recipients(self._mail, role)
        }
        if not wanted:
            return {}
        language = self._settings.language
        letters = {r: letter(self._mail, r, role_news, language) for r, role_news in wanted.items()}
        refused = self._post(letters)
        for role, what in refused.items():
            log.warning("mail_refused", role=str(role), text=what)
        sent = {role: role_news for role, role_news in wanted.items() if role not in refused}
        log.info("mailed", letters=len(sent))
        return sent

    def _look(self) -> dict[Role, News]:
        with asking(self._engine) as connection:
            after = timedelta(minutes=self._mail.after_minutes)
            here = troubles(connection, self._settings, after)
            known, now = mailed_before(connection)
            found = news(now, known, here, timedelta(days=self._mail.repeat_days))
            language = self._settings.language
            return {
                role: settled(connection, role_news, language) for role, role_news in found.items()
            }


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
