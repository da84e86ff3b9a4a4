"""The section `[mail]`, and the command with which an admin tries it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relay.base import texts
from relay.base.errors import Exit, SettingsError
from relay.settings import read_settings
from tests.world.databases import Databases
from tests.world.desk import Desk
from tests.world.mail_server import PASSWORD, USER, Mailbox, certificate, serving

RIGHT: dict[str, Any] = {"server": "localhost", "sender": USER, "admin": ["it@muster.ch"]}


@pytest.mark.parametrize(
    ("change", "key", "code"),
    [
        ({"sender": "Relay <relay@muster.ch>"}, "mail.sender", "config_mail_address"),
        ({"bookkeeper": ["books"]}, "mail.bookkeeper.1", "config_mail_address"),
        ({"admin": []}, "mail", "config_mail_to_nobody"),
        ({"daily_at": "7"}, "mail.daily_at", "config_time_of_day"),
        ({"daily_at": "24:00"}, "mail.daily_at", "config_time_of_day"),
        ({"password": {"env": "X"}}, "mail", "config_mail_without_user"),
        ({"user": USER, "password": {"env": "X"}, "tls": "none"}, "mail", "config_mail_in_clear"),
        ({"user": USER, "password": PASSWORD}, "mail.password", "config_password_itself"),
    ],
)
def test_what_is_wrong_is_told(
    databases: Databases, tmp_path: Path, change: dict[str, Any], key: str, code: str
) -> None:
    """Each mistake is told with its key, in both languages, without the password."""
    desk = Desk(databases, tmp_path)
    mail = ", ".join(f"{name} = {_toml(value)}" for name, value in {**RIGHT, **change}.items())
    desk.file.write_text(
        f"{desk.file.read_text(encoding='utf-8')}\nmail = {{ {mail} }}\n", encoding="utf-8"
    )
    with pytest.raises(SettingsError) as caught:
        read_settings(desk.file)
    assert [(k, c) for k, c, _ in caught.value.problems] == [(key, code)]
    for language in texts.LANGUAGES:
        assert PASSWORD not in texts.of_error(caught.value, language)


def test_trial_letter(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`relay mail` reads the password where the others are, relative to the file, and says who."""
    box, (context, authority) = Mailbox(), certificate(tmp_path)
    (tmp_path / "secret").write_text(f"{PASSWORD}\n", encoding="utf-8")
    told = {"user": USER, "password": {"file": "secret"}, "ca_file": authority.name}
    with serving(box, tls_context=context, require_starttls=True, authenticator=box.login) as port:
        desk = Desk(databases, tmp_path, mail={**RIGHT, **told, "port": port})
        monkeypatch.chdir("/")
        result = desk.relay("mail")
    assert result.exit_code == Exit.OK, result.output
    assert "it@muster.ch" in result.output
    assert box.logins == [(USER, PASSWORD)]
    result = desk.relay("mail")
    assert result.exit_code == Exit.UNAVAILABLE
    assert PASSWORD not in result.output


def test_without_the_section(databases: Databases, tmp_path: Path) -> None:
    """`relay mail` says that nothing is configured."""
    result = Desk(databases, tmp_path).relay("mail")
    assert result.exit_code == Exit.REFUSED
    assert "[mail]" in result.output


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"'
