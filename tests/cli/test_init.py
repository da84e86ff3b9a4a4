"""`relay init` writes a configuration that can be read and explains itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from relay.cli import relay
from relay.cli.init import example
from relay.settings import read_settings
from tests.world.desk import ENGLISH, GERMAN


def init(folder: Path, environment: dict[str, str]) -> Result:
    """Call `relay init`."""
    return CliRunner().invoke(relay, ["init", "--folder", str(folder)], env=environment)


@pytest.mark.parametrize(("environment", "language"), [(GERMAN, "de"), (ENGLISH, "en")])
def test_what_it_writes_can_be_read(
    tmp_path: Path, environment: dict[str, str], language: str
) -> None:
    """The file loads as it is written, in the language of the environment."""
    assert init(tmp_path, environment).exit_code == 0
    assert read_settings(tmp_path / "relay.toml").language == language


def test_never_overwrites(tmp_path: Path) -> None:
    """A configuration that is there stays, and the exit status says so."""
    (tmp_path / "relay.toml").write_text("mine", encoding="utf-8")
    result = init(tmp_path, GERMAN)
    assert (result.exit_code, "gibt es schon" in result.stderr) == (4, True)
    assert (tmp_path / "relay.toml").read_text(encoding="utf-8") == "mine"


def test_folder_must_exist(tmp_path: Path) -> None:
    """A mistyped folder is not made."""
    assert init(tmp_path / "nowhere", GERMAN).exit_code == 4


def test_both_languages_say_the_same() -> None:
    """The two examples have the same settings; only comments and the language differ."""
    german, english = (tomllib.loads(example(language)) for language in ("de", "en"))
    assert german.pop("language") == "de"
    assert english.pop("language") == "en"
    assert german == english


@pytest.mark.parametrize("language", ["de", "en"])
def test_commented_defaults_are_the_defaults(tmp_path: Path, language: str) -> None:
    """What a comment shows as a number is the default: taking the # away changes nothing."""
    plain = tmp_path / "plain.toml"
    plain.write_text(example(language), encoding="utf-8")
    lines, in_comment = [], False
    for line in example(language).splitlines():
        in_comment = line.startswith("# [") or (in_comment and line.startswith("#"))
        lines.append(line if in_comment else re.sub(r"^# (\w+ = \d+ )", r"\1", line))
    assert any(line.startswith("poll_ms") for line in lines)
    shown = tmp_path / "shown.toml"
    shown.write_text("\n".join(lines), encoding="utf-8")
    assert read_settings(shown) == read_settings(plain)
