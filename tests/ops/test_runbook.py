"""The runbook has a line for each state and alert, and names only commands that there are."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from relay.base import texts
from relay.base.values import Status
from relay.cli import relay
from tests.world.commands import commands_of

OPS = Path(__file__).parents[2] / "ops"
ROOT = OPS.parent
TEXTS = ROOT / "relay" / "base" / "texts"
STATES = ("records.toml", "invoices.toml", "rules.toml", "refusals.toml")
NOT_A_STATE = {
    "gone", "not_selected", "processing_restricted",
    "no_invoice_yet",  # why an entry is not for Sage
    "text_cut", "selection_removed", "deleted_kept", "deleted_locked",
    "restricted_kept", "restricted_locked",  # warnings
    "document_adopted", "posted_later", "taken_back",  # the same, of invoices
    "posted_next_year", "corrected_unknown",
    "invoice_gone", "invoice_draft", "invoice_cancelled", "before_start",
    "invoice_twice", "invoice_moved",  # why an invoice is taken back
    "address_gone", "debtor_number_unusable", "debtor_number_taken", "debtor_unlinked",
    "lock_lost", "fence_lost",  # tell themselves what happens
}  # fmt: skip


def _codes() -> set[str]:
    """Return the codes of holds, waits and refusals: those of three files."""
    found = {
        code
        for name in STATES
        for code in tomllib.loads((TEXTS / name).read_text(encoding="utf-8"))
    }
    return (found - NOT_A_STATE) | {"cobra_older", "cobra_lacks"}


def _events() -> set[str]:
    """Return what the relay logs as a warning or an error."""
    sources = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "relay").rglob("*.py"))
    return set(re.findall(r"log\.(?:warning|error)\(\s*\"(\w+)\"", sources))


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_state_and_alert_has_a_line(language: str) -> None:
    """Whatever the relay says, holds or refuses is found in the runbook by its code."""
    runbook = (OPS / f"runbook.{language}.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| `(\w+)`", runbook, flags=re.MULTILINE)
    assert len(lines) == len(set(lines))
    assert (set(Status) | _codes() | _events()) - set(lines) == set()


@pytest.mark.parametrize(
    "document", ["README*.md", "ops/runbook.de.md", "ops/runbook.en.md", "relay/base/texts/*.toml"]
)
def test_every_command_named_exists(document: str) -> None:
    """A command that a document or an error names can be typed as it stands, with its options."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(document)))
    named = re.findall(r"[`«\"\\]relay (?:-c \S+ )?([a-z]+)((?: [^`»\"\n]*)?)[`»\"\\]", text)
    assert named
    for name, rest in named:
        command = commands_of(relay).get(name)
        assert command is not None, name
        known = _options(command)
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in known, f"relay {name} {option}"


def _options(command: click.Command) -> set[str]:
    commands = [command, *commands_of(command).values()]
    return {name for one in commands for parameter in one.params for name in parameter.opts}
