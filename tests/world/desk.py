"""Lets a test call `relay` as an admin does, with a configuration file and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

import orjson
from click.testing import CliRunner, Result
from sqlalchemy import insert, make_url
from sqlalchemy.engine import URL

from relay.cli import relay
from relay.cobra.tables import source_tables
from relay.settings import Settings
from tests.world.company import World
from tests.world.databases import Databases

GERMAN = {"LC_ALL": "de_CH.UTF-8", "LANG": "de_CH.UTF-8"}
ENGLISH = {"LC_ALL": "en_GB.UTF-8", "LANG": "en_GB.UTF-8"}


class Desk:
    """A folder with relay.toml, and the command line."""

    def __init__(self, databases: Databases, folder: Path, **overrides: Any) -> None:
        """Write the configuration of these databases."""
        self.databases = databases
        self.file = folder / "relay.toml"
        self.write(databases.settings(**overrides))

    def write(self, settings: Settings, profile: Mapping[str, Any] | None = None) -> None:
        """Replace the configuration; a `profile` stands there as a person writes it."""
        left_out = None if profile is None else {"sage": {"profile", "document_numbers"}}
        told = settings.model_dump(mode="json", by_alias=True, exclude_none=True, exclude=left_out)
        told["sage"] |= {} if profile is None else {"profile": profile}
        for section in (told["cobra"], *told["sage"]["year"]):
            section.update(kept_apart(section["url"], self.file.parent))
        lines = [f"{name} = {toml(value)}" for name, value in told.items()]
        self.file.write_text("\n".join(lines), encoding="utf-8")

    def relay(self, *args: str) -> Result:
        """Call `relay` in this process; its output is no terminal."""
        return CliRunner().invoke(relay, ["--config", str(self.file), *args], env=GERMAN)

    def json(self, *args: str) -> Any:
        """Call `relay … --json` and read what it prints."""
        result = self.relay(*args, "--json")
        assert result.exit_code == 0, result.output
        return orjson.loads(result.stdout_bytes)

    def start(self, *args: str, stderr: int | TextIO = subprocess.PIPE) -> subprocess.Popen[str]:
        """Start `relay` as a process of its own; `stderr`: where it logs."""
        return subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "relay", "--config", str(self.file), *args],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
            env=os.environ | GERMAN | {"PYTHONUTF8": "1"},
        )

    def pause(self, world: World, scope: str) -> None:
        """Pause a year, as an operator does in SQL."""
        pause = source_tables(world.dialect.name).pause
        with world.cobra.begin() as connection:
            row = {"scope": scope, "reason": "Jahresabschluss", "created_by": "Rosa Muster"}
            connection.execute(insert(pause).values(**row))


def without_password(url: URL) -> str:
    """Return a URL as `relay.toml` may have it."""
    return url._replace(password=None).render_as_string()


def kept_apart(url: str, folder: Path) -> dict[str, Any]:
    """Return a URL as `relay.toml` may have it: its password in a file of this folder."""
    parsed = make_url(url)
    if parsed.password is None:
        return {"url": url}
    file = (
        folder / f"{sha256(parsed.password.encode()).hexdigest()[:8]}.txt"
    )  # one for each password
    file.write_text(parsed.password, encoding="utf-8")
    shown = without_password(parsed)
    return {"url": shown, "password": {"file": str(file)}}


def toml(value: Any) -> str:
    """Write a value as TOML, sections as inline tables."""
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(name)} = {toml(part)}" for name, part in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
