"""A mail server inside a test: with and without encryption, a login, and moods."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "relay@muster.ch", "geheim-4711"


class Mailbox:
    """What a server has taken, and what it refuses."""

    def __init__(self) -> None:
        """Begin empty, and in a good mood."""
        self.letters: list[EmailMessage] = []
        self.logins: list[tuple[str, str]] = []
        self.refuses: set[str] = set()
        """Recipients that are refused."""

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        """Take a recipient, or refuse it."""
        if address in self.refuses:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Keep a letter."""
        content = envelope.content
        assert isinstance(content, bytes)
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"

    def login(self, _server: Any, _session: Any, _envelope: Any, _way: str, data: Any) -> Any:
        """Let the one user in."""
        assert isinstance(data, LoginPassword)
        told = (data.login.decode(), data.password.decode())
        self.logins.append(told)
        # What is not handled is answered by the library: that the password is wrong.
        return AuthResult(success=told == (USER, PASSWORD), handled=False)

    def to(self, address: str) -> list[EmailMessage]:
        """Return the letters to an address."""
        return [letter for letter in self.letters if letter["To"] == address]


def text_of(letter: EmailMessage) -> str:
    """Return what a letter says."""
    content: str = letter.get_content()
    return content


@contextmanager
def serving(mailbox: Mailbox, port: int = 0, **more: Any) -> Iterator[int]:
    """Serve on a port, by default a free one, which is yielded."""
    if not port:
        with socket.create_server(("localhost", 0)) as free:
            port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="localhost", port=port, **more)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server's side of encryption, and the file of who signed it."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return context, file
