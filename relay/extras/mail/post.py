"""Knows how a letter is sent: SMTP with encryption, and what a refusal means."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage

from relay.base.errors import Unavailable
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
