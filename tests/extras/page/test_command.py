"""`relay page` listens as its section says, and `relay page user` says who may sign in."""

from __future__ import annotations

import re
import signal
import socket
import ssl
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme
from pydantic import ValidationError
from sqlalchemy import select

from relay.base.errors import Refused
from relay.cobra.tables import source_tables
from relay.extras.page.serving import configured, listening, serve
from relay.settings.parts import PageSection
from tests.world.databases import Databases
from tests.world.desk import Desk
from tests.world.office import Office


def free_port() -> int:
    with closing(socket.socket()) as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "section",
    [
        {"address": "192.0.2.1"}, {"address": "relay.muster.ch"}, {"hosts": ["https://x"]},
        {"hosts": ["*"]}, {"certificate": "a.pem"}, {"key": "a.key"}, {"port": 0},
        {"trusted_proxies": ["nginx"]}, {"session_hours": 25}, {"unknown": 1},
    ],
)  # fmt: skip
def test_section_that_would_not_be_safe(section: dict[str, Any]) -> None:
    """Nobody opens the page to others without TLS, or to any name."""
    with pytest.raises(ValidationError):
        PageSection(**section)


def test_section_that_is() -> None:
    """By default of this machine alone; else with TLS of its own or a proxy's."""
    assert PageSection().called == ["localhost", "127.0.0.1", "[::1]"]
    assert not PageSection().is_secure
    assert PageSection(address="::", certificate=Path("a"), key=Path("b")).is_secure
    assert PageSection(address="10.0.0.1", trusted_proxies=["10.0.0.2"]).is_secure


def test_proxies_count_by_name_alone() -> None:
    """Without one nobody's word on an address counts."""

    async def nothing(*_: object) -> None:
        """Answer nobody."""

    assert configured(nothing, PageSection()).proxy_headers is False
    behind = configured(nothing, PageSection(trusted_proxies=["10.0.0.2"]))
    assert (behind.proxy_headers, behind.forwarded_allow_ips) == (True, ["10.0.0.2"])


def test_port_that_is_taken() -> None:
    """It is said which, and the way out."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Refused) as refused:
            listening(PageSection(port=other.getsockname()[1]))
    assert refused.value.code == "page_port_taken"


def test_answer_is_sent_at_once() -> None:
    """No answer waits for the browser's word that the one before has come: that takes 40 ms."""
    with closing(listening(PageSection(port=free_port()))) as here:
        assert here.proto == socket.IPPROTO_TCP  # by which asyncio tells where to switch that off


def test_certificate_that_is_none(tmp_path: Path) -> None:
    """It is named."""

    async def nothing(*_: object) -> None:
        """Answer nobody."""

    with pytest.raises(Refused) as refused:
        serve(nothing, PageSection(certificate=tmp_path / "a", key=tmp_path / "b"), print)
    assert refused.value.code == "page_certificate_wrong"


@pytest.fixture
def opened_desk(office: Office, tmp_path: Path) -> Desk:
    """Return an admin's desk whose relay.toml has the page, with TLS of its own."""
    made = trustme.CA().issue_cert("localhost")
    made.cert_chain_pems[0].write_to_path(tmp_path / "page.pem")
    made.private_key_pem.write_to_path(tmp_path / "page.key")
    desk = Desk(office.databases, tmp_path)
    section = {"port": free_port(), "certificate": "page.pem", "key": "page.key"}
    desk.write(office.settings.model_copy(update={"page": PageSection.model_validate(section)}))
    return desk


def test_people_are_let_in_and_out(opened_desk: Desk, office: Office) -> None:
    """The token is shown once; who may, by whom and until when is told and audited."""
    desk = opened_desk
    assert "niemand" in desk.relay("page", "user", "list").output
    added = desk.relay("page", "user", "add", "Anna Müller", "--role", "operator", "--days", "30")
    assert added.exit_code == 0, added.output
    token = added.output.splitlines()[-1]
    assert re.fullmatch(r"[\w-]{43}", token)
    assert token not in desk.relay("page", "user", "list").output
    again = desk.relay("page", "user", "add", "anna müller", "--role", "viewer")
    assert again.exit_code == 4
    assert "schon zugelassen" in again.output
    (told,) = desk.json("page", "user", "list")
    assert (told["name"], told["role"], told["counts"]) == ("Anna Müller", "operator", 1)
    assert "hash" not in str(told)
    assert desk.relay("page", "user", "revoke", "Anna Müller").exit_code == 0
    assert desk.relay("page", "user", "revoke", "Anna Müller").exit_code == 4
    assert "gilt nicht mehr" in desk.relay("page", "user", "list").output
    assert desk.relay("page", "user", "add", "Anna Müller", "--role", "viewer").exit_code == 0
    assert desk.relay("page", "user", "add", "  ", "--role", "viewer").exit_code == 4
    assert desk.relay("page", "user", "add", "x", "--role", "king").exit_code == 2
    a = source_tables(office.dialect.name).audit
    with office.cobra.begin() as connection:
        actions = connection.execute(select(a.c.action, a.c.detail).order_by(a.c.id)).all()
    assert [action for action, _ in actions] == [
        "page_user_add", "page_user_revoke", "page_user_add",
    ]  # fmt: skip
    assert all(token not in detail for _, detail in actions)


def test_without_a_section_it_says_so(databases: Databases, tmp_path: Path) -> None:
    """The part is off unless it is asked for."""
    answer = Desk(databases, tmp_path).relay("page")
    assert answer.exit_code == 4
    assert "[page]" in answer.output


@pytest.mark.skipif("sys.platform == 'win32'", reason="is told to end by a signal of POSIX")
def test_page_is_served_until_it_is_told_to_end(opened_desk: Desk) -> None:
    """By TLS, with a secure cookie, and without naming the server."""
    added = opened_desk.relay("page", "user", "add", "Anna", "--role", "viewer")
    token = added.output.splitlines()[-1]
    process = opened_desk.start("page")
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        assert url.startswith("https://localhost:")
        trust = ssl.create_default_context(cafile=None)
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE  # made by the test itself
        with httpx2.Client(base_url=url, verify=trust, timeout=60) as client:
            form = client.get("/sign-in")
            found = re.search(r'name="csrf" value="([^"]+)"', form.text)
            assert found is not None
            signed = client.post("/sign-in", data={"csrf": found[1], "token": token})
            assert signed.status_code == 303
            assert "Secure" in form.headers["Set-Cookie"] or "secure" in form.headers["Set-Cookie"]
            page = client.get("/")
            assert page.status_code == 200
            assert "server" not in page.headers
            assert client.get("/static/page.css").status_code == 200
            assert client.get("/static/../site.py").status_code == 404
    finally:
        process.send_signal(signal.SIGTERM)
        output = _ended(process)
    assert token not in output


def _ended(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=60)
    assert process.returncode in {0, -signal.SIGTERM}
    return output + errors
