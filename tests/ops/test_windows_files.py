"""The installer for Windows agrees with the program; it has not run on Windows."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from relay.cli import relay
from relay.cli.service import ACCOUNT
from tests.world.commands import commands_of

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "ops" / "windows" / "install.ps1"


@pytest.fixture
def script() -> str:
    """The installer's text."""
    return SCRIPT.read_text(encoding="utf-8-sig")


def test_windows_powershell_reads_its_umlauts() -> None:
    """PowerShell 5.1 takes a script without a byte order mark for the machine's old code page."""
    assert SCRIPT.read_bytes().startswith(b"\xef\xbb\xbf")


def test_calls_of_relay_exist(script: str) -> None:
    """Each call of relay in it is a command with these options."""
    calls = re.findall(r"\$Relay @\('--config', \$Config, ([^)]*)\)", script)
    assert calls
    for call in calls:
        words = re.findall(r"'([^']+)'", call)
        command: click.Command = relay
        while isinstance(command, click.Group):
            command = commands_of(command)[words.pop(0)]
        known = {name for parameter in command.params for name in parameter.opts}
        assert set(words) <= known


def test_names_the_service_and_its_account(script: str) -> None:
    """Service and account are called as the program registers them."""
    place, _, name = ACCOUNT.rpartition("\\")
    assert f"[string] $Name = '{name}'," in script
    assert f'[string] $Account = "{place}\\$Name"' in script
    assert "[string] $Data = (Join-Path $env:ProgramData $Name)," in script  # a folder for each


def test_each_relay_is_registered_under_its_own_name(script: str) -> None:
    """Another relay gets a service and a configuration, and takes nothing from the first."""
    (call,) = re.findall(r"\$Relay @\(([^)]*'install'[^)]*)\)", script)
    assert "'--config', $Config" in call
    assert "'--name', $Name" in call
    assert "service start --name $Name" in script
    assert script.index("if ($Name -eq 'cobra-sage-relay')") < script.index("'RELAY_CONFIG'")


def test_every_function_is_defined_and_used(script: str) -> None:
    """No step of the installer is forgotten."""
    defined = set(re.findall(r"^function ([\w-]+)", script, flags=re.MULTILINE))
    used = set(re.findall(r"^    +([A-Z]\w+-\w+)", script, flags=re.MULTILINE))
    assert defined
    assert defined <= used | {"Invoke-Checked"}
    assert script.count("{") == script.count("}")
    assert script.count("(") == script.count(")")


def test_bundle_has_what_the_installer_asks_for(script: str) -> None:
    """What the installer reads beside itself is what `make bundle` puts there."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in re.findall(r"\$PSScriptRoot '([^']+)'", script):
        assert f"$(BUNDLE)/{name}" in makefile or f"> {name}" in makefile, name
