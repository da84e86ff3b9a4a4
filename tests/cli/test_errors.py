"""Errors are told as text in the operator's language, with their exit status, without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from relay.cli import relay
from tests.world.desk import ENGLISH, GERMAN, Desk

WRONG = """
language = "fr"
[cobra]
url = "cobra"
[cobra.address]
key = "ID"
fields = { town = "CITY0" }
[sage]
mod = "addresses"
year = []
"""


def test_all_problems_of_the_configuration(tmp_path: Path) -> None:
    """Each problem is a line with its key, all at once."""
    file = tmp_path / "relay.toml"
    file.write_text(WRONG, encoding="utf-8")
    result = CliRunner().invoke(relay, ["-c", str(file), "status"], env=GERMAN)
    assert result.exit_code == 3
    places = [line.strip(" -").split(": ")[0] for line in result.stderr.splitlines()[1:]]
    assert all(place.startswith("Zeile ") for place in places)
    assert {place.split(", ")[1] for place in places} == {
        "language",
        "cobra.url",
        "cobra.address.table",
        "cobra.address.fields",
        "sage.mod",
        "sage.year",
    }


@pytest.mark.parametrize(
    ("environment", "told"), [(GERMAN, "gibt es nicht"), (ENGLISH, "There is no file")]
)
def test_language_before_the_configuration_is_read(
    tmp_path: Path, environment: dict[str, str], told: str
) -> None:
    """Without a configuration the environment's language is spoken."""
    arguments = ["-c", str(tmp_path / "none.toml"), "drain"]
    result = CliRunner().invoke(relay, arguments, env=environment)
    assert (result.exit_code, told in result.stderr) == (3, True)


def test_configuration_from_the_environment(desk: Desk) -> None:
    """RELAY_CONFIG names the file as --config does."""
    environment = GERMAN | {"RELAY_CONFIG": str(desk.file)}
    assert CliRunner().invoke(relay, ["status"], env=environment).exit_code == 0


def test_unknown_name_in_the_profile(desk: Desk) -> None:
    """A renamed table that the profile does not know is a problem of the configuration."""
    desk.write(desk.databases.settings(sage={"profile": {"tables": {"Adresse": "x"}}}))
    result = desk.relay("status")
    assert (result.exit_code, "sage.profile.tables.Adresse" in result.stderr) == (3, True)


@pytest.mark.parametrize("command", [["status"], ["show", "1"], ["drain"], ["triggers", "verify"]])
def test_database_that_is_not_there(desk: Desk, command: list[str]) -> None:
    """A database that cannot be opened is named, with 5, without a traceback or a password."""
    gone = desk.databases.cobra.set(database=f"{desk.databases.cobra.database}_gone")
    url = gone.render_as_string(hide_password=False)
    desk.write(desk.databases.settings(cobra={"url": url}))
    result = desk.relay(*command)
    assert result.exit_code == 5, result.output
    assert str(gone.database) in result.stderr
    assert gone.password is None or gone.password not in result.output


def test_database_without_the_relay(desk: Desk) -> None:
    """Before `relay migrate` each command says what to run."""
    empty = desk.databases.server.create("empty").render_as_string(hide_password=False)
    desk.write(desk.databases.settings(cobra={"url": empty}))
    for command in ("status", "drain", "run"):
        result = desk.relay(command)
        assert (result.exit_code, "`relay migrate`" in result.stderr) == (4, True), command


def test_exit_statuses_are_in_the_help() -> None:
    """`relay --help` tells each exit status."""
    told = " ".join(CliRunner().invoke(relay, ["--help"], env=GERMAN).stdout.split())
    assert all(f"{status} " in told for status in range(7))
