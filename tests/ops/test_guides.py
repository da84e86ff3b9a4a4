"""The guides say the same in both languages, and what they name is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from relay.cli import relay
from tests.world.commands import commands_of

OPS = Path(__file__).parents[2] / "ops"
GUIDES = sorted(path.name.removesuffix(".de.md") for path in OPS.glob("*.de.md"))
LANGUAGES = ("de", "en")
both = pytest.mark.parametrize("language", LANGUAGES)
each = pytest.mark.parametrize("guide", GUIDES)


def read(guide: str, language: str) -> str:
    return (OPS / f"{guide}.{language}.md").read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """Return the calls of relay in a guide's blocks and sentences, in their order."""
    found = re.findall(r"^ *(?:\$ )?(relay .+)$|`(relay [a-z][^`]*)`", text, flags=re.MULTILINE)
    return [block or sentence for block, sentence in found]


def command_of(call: str) -> tuple[click.Command, list[str]]:
    """Return the command that a call names, and the words that are left for it."""
    _relay, *words = shlex.split(call)
    command: click.Command = relay
    while words and words[0] in ("-c", "--config"):
        words = words[2:]
    while isinstance(command, click.Group) and words:
        command = commands_of(command)[words.pop(0)]
    return command, words


@both
@each
def test_each_command_exists_with_its_options(guide: str, language: str) -> None:
    """What a guide has typed can be typed."""
    for call in commands(read(guide, language)):
        if "PFAD" in call or "PATH" in call:
            continue
        command, words = command_of(call)
        known = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, call


@both
@each
def test_each_link_leads_somewhere(guide: str, language: str) -> None:
    """A link leads to a file that is there, in the guide's own language where it has both."""
    for target in re.findall(r"\]\(([^)#]+)\)", read(guide, language)):
        assert (OPS / target).exists(), target
        other = {"de": ".en.md", "en": ".de.md"}[language]
        assert not target.endswith(other), target


@each
def test_both_languages_have_the_same_steps(guide: str) -> None:
    """Headings, steps, boxes to tick and commands correspond, in number and order."""
    german, english = (read(guide, language) for language in LANGUAGES)
    for mark in (r"^#+ ", r"^\d+\. ", r"^ *- \[ \] ", r"^```\w+$"):
        counts = [len(re.findall(mark, text, flags=re.MULTILINE)) for text in (german, english)]
        assert counts[0] == counts[1], mark
    called = [[command_of(c)[0].name for c in commands(t) if "PFAD" not in c and "PATH" not in c]
              for t in (german, english)]  # fmt: skip
    assert called[0] == called[1]


def test_emergency_page_has_five_questions_and_five_commands() -> None:
    """Who has never seen the relay before needs no more."""
    for language in LANGUAGES:
        text = read("emergency", language)
        assert len(re.findall(r"^## \d\. .*\?$", text, flags=re.MULTILINE)) == 5
        assert len(re.findall(r"^relay ", text, flags=re.MULTILINE)) == 5
