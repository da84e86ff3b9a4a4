"""Letters reach the server encrypted, and what goes wrong is told without the password."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relay.base.errors import Unavailable
from relay.extras.mail.letter import trial_letter
from relay.extras.mail.post import send
from relay.extras.mail.trouble import Role
from relay.settings.parts import Mail
from tests.world.mail_server import PASSWORD, USER, Mailbox, certificate, serving, text_of

BOOKS, IT = "buchhaltung@muster.ch", "it@muster.ch"


def told(port: int, **more: Any) -> Mail:
    fields = {"server": "localhost", "port": port, "sender": USER, "tls": "none"}
    return Mail(**{**fields, "bookkeeper": [BOOKS], "admin": [IT], **more})


def deliver(mail: Mail, password: str | None = None) -> dict[Role, str]:
    return send(mail, password, {role: trial_letter(mail, role, "de") for role in Role})


def test_each_role_has_its_letter() -> None:
    """Bookkeeper and admin each get their own, in the configured language."""
    box = Mailbox()
    with serving(box) as port:
        assert deliver(told(port)) == {}
    (books,), (admin,) = box.to(BOOKS), box.to(IT)
    assert "an Rechnungen und Adressen" in text_of(books)
    assert "technisch" in text_of(admin)
    assert books["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_login_is_encrypted(tmp_path: Path, tls: str) -> None:
    """The password goes over an encrypted connection to a server whose certificate was checked."""
    box, (context, authority) = Mailbox(), certificate(tmp_path)
    ways: dict[str, Any] = {
        "starttls": {"tls_context": context, "require_starttls": True},
        "implicit": {"ssl_context": context},
    }
    login: dict[str, Any] = {"authenticator": box.login, "auth_require_tls": tls == "starttls"}
    with serving(box, **ways[tls], **login) as port:
        mail = told(port, tls=tls, user=USER, password={"env": "X"}, ca_file=authority)
        assert deliver(mail, PASSWORD) == {}
        with pytest.raises(Unavailable) as stranger:
            deliver(mail.model_copy(update={"ca_file": None}), PASSWORD)
        with pytest.raises(Unavailable) as wrong:
            deliver(mail, "falsch-0815")
    assert box.logins[0] == (USER, PASSWORD)
    assert set(box.logins[1:]) == {(USER, "falsch-0815")}  # in each way that the server offers
    assert len(box.letters) == 2
    assert "CERTIFICATE_VERIFY_FAILED" in str(stranger.value.values["what"])
    assert "SMTPAuthenticationError: (535" in str(wrong.value.values["what"])
    assert "falsch-0815" not in str(wrong.value.values)


def test_server_that_is_away() -> None:
    """A server that does not answer is named; nothing was sent."""
    with serving(Mailbox()) as port:
        pass
    with pytest.raises(Unavailable) as away:
        deliver(told(port))
    assert away.value.code == "mail_away"
    assert f"localhost:{port}" in str(away.value.values)


def test_one_refused_letter_keeps_not_the_other() -> None:
    """A recipient that the server does not know costs the other role nothing."""
    box = Mailbox()
    box.refuses = {BOOKS}
    with serving(box) as port:
        refused = deliver(told(port))
    assert set(refused) == {Role.BOOKKEEPER}
    assert "no such mailbox" in refused[Role.BOOKKEEPER]
    assert len(box.to(IT)) == 1
