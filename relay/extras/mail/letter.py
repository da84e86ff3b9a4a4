"""Knows how news becomes a letter: plain text, in the configured language."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from relay.base import texts
from relay.extras.mail.memory import News
from relay.extras.mail.trouble import Role
from relay.settings.parts import Mail

SHOWN = 50
"""Troubles of a kind that a letter lists; the rest is counted."""


def recipients(mail: Mail, role: Role) -> list[str]:
    """Return the addresses of a role."""
    return mail.bookkeeper if role is Role.BOOKKEEPER else mail.admin


def letter(mail: Mail, role: Role, news: News, language: str) -> EmailMessage:
    """Return the letter to a role."""
    counts = {"new": len(news.new), "still": len(news.still), "ended": len(news.ended)}
    subject = texts.text("mail_subject", language, **counts)
    return _envelope(mail, role, subject, "\n".join(_body(news, role, language)))


def trial_letter(mail: Mail, role: Role, language: str) -> EmailMessage:
    """Return a letter that says nothing but that it arrived."""
    body = texts.text(f"mail_trial_{role}", language)
    return _envelope(mail, role, texts.text("mail_trial_subject", language), body)


def enveloped(mail: Mail, role: Role, subject: str) -> EmailMessage:
    """Return an empty letter to a role."""
    message = EmailMessage()
    message["From"] = mail.sender
    message["To"] = ", ".join(recipients(mail, role))
    message["Subject"] = subject
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers
    return message


def _envelope(mail: Mail, role: Role, subject: str, body: str) -> EmailMessage:
    message = enveloped(mail, role, subject)
    message.set_content(f"{body}\n")
    return message


def _body(news: News, role: Role, language: str) -> Iterator[str]:
    codes = (("mail_new", news.new), ("mail_still", news.still), ("mail_ended", news.ended))
    for code, troubles in codes:
        if troubles:
            head = texts.text(code, language, count=len(troubles))
            yield from (head, "", *(f"* {one.text}" for one in troubles[:SHOWN]))
            if len(troubles) > SHOWN:
                yield texts.text("mail_more", language, count=len(troubles) - SHOWN)
            yield ""
    yield texts.text(f"mail_end_{role}", language, host=socket.gethostname())
