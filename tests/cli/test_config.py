"""`relay config check` tells an admin whether relay.toml is right, and opens no database."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.base.errors import Exit
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    return Desk(databases, tmp_path)


def test_right_file_is_told_with_what_is_switched_on(desk: Desk) -> None:
    result = desk.relay("config", "check")
    assert result.exit_code == Exit.OK, result.output
    for word in (*YEARS, "addresses", "kein freiwilliger Teil"):
        assert word in result.output


def test_optional_parts_are_named(desk: Desk) -> None:
    with desk.file.open("a", encoding="utf-8") as file:
        file.write("\nmetrics = { port = 9469 }\ndocuments = {}\n")
    assert "[documents], [metrics]" in desk.relay("config", "check").output


def test_each_wrong_line_is_told_with_what_is_right(desk: Desk) -> None:
    text = desk.file.read_text(encoding="utf-8")
    desk.file.write_text(f"{text}\nretentoin = {{}}\n", encoding="utf-8")
    result = desk.relay("config", "check")
    assert result.exit_code == Exit.SETTINGS
    line = text.count("\n") + 2
    assert f"Zeile {line}, retentoin: " in result.output
    assert "retention." in result.output


def test_password_that_is_not_where_it_should_be_is_told(desk: Desk) -> None:
    """What would stop `relay run` is found without a database."""
    with desk.file.open("a", encoding="utf-8") as file:
        file.write(
            "\nmail = { server = 'x', user = 'u', password = { env = 'NOT_THERE' }, "
            "sender = 'a@b.ch', admin = ['a@b.ch'] }\n"
        )
    result = desk.relay("config", "check")
    assert result.exit_code == Exit.SETTINGS
    assert "NOT_THERE" in result.output
