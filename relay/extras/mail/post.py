"""Knows how letters are sent: SMTP with encryption, by a thread for which nobody waits."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from threading import Thread
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from relay.base import texts
from relay.base.errors import RelayError, Unavailable
from relay.extras.mail.trouble import Role
from relay.settings.parts import Mail

PATIENCE_S = 20.0
"""How long the server may take for each answer."""

Send = Callable[[Mapping[Role, EmailMessage]], dict[Role, str]]
"""Sends letters; returns which were refused, and why."""


def send(mail: Mail, password: str | None, letters: Mapping[Role, EmailMessage]) -> dict[Role, str]:
    """Send letters in one session; returns which were refused, each with the server's words.

    Raises:
        Unavailable: `mail_away`: no letter was sent.
    """
    refused: dict[Role, str] = {}
    try:
        with _session(mail) as session:
            if mail.user is not None:
                session.login(mail.user, password or "")
            for role, message in letters.items():
                try:
                    session.send_message(message)
                except (
                    smtplib.SMTPRecipientsRefused,
                    smtplib.SMTPSenderRefused,
                    smtplib.SMTPDataError,
                ) as error:
                    refused[role] = _in_words(error, password)
    except (smtplib.SMTPException, OSError) as error:
        values = {"server": f"{mail.server}:{mail.port}", "what": _in_words(error, password)}
        raise Unavailable("mail_away", **values) from None
    return refused


def _session(mail: Mail) -> smtplib.SMTP:
    if mail.tls == "implicit":
        return smtplib.SMTP_SSL(mail.server, mail.port, timeout=PATIENCE_S, context=_trust(mail))
    session = smtplib.SMTP(mail.server, mail.port, timeout=PATIENCE_S)
    if mail.tls == "starttls":
        try:
            session.starttls(context=_trust(mail))
        except BaseException:
            session.close()
            raise
    return session


def _trust(mail: Mail) -> ssl.SSLContext:
    """Return whom the server's certificate is to be signed by; its name is always checked."""
    return ssl.create_default_context(cafile=mail.ca_file)


def _in_words(error: Exception, password: str | None) -> str:
    words = f"{type(error).__name__}: {error}"
    return words.replace(password, "***") if password else words


T = TypeVar("T")
log = structlog.get_logger()


class Sending(Thread, Generic[T]):
    """Letters under way; a thread that the relay's end does not wait for."""

    def __init__(self, work: Callable[[], T]) -> None:
        """Take what looks, writes and sends; it returns what is to be noted as sent."""
        super().__init__(name="mail", daemon=True)
        self._work = work
        self.sent: T | None = None
        """None: it failed, or is not over yet."""

    def run(self) -> None:
        """Send; what goes wrong is logged, and tried again with the next letter."""
        try:
            self.sent = self._work()
        except RelayError as error:
            log.warning("mail_not_sent", code=error.code, text=texts.of_error(error, "en"))
        except DBAPIError as error:
            log.warning("mail_not_sent", code="cobra", text=str(error.orig))
