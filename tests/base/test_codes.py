"""Each code that holds or lets wait says what can end it, and its text says the same."""

from __future__ import annotations

import ast
import re
from itertools import permutations
from pathlib import Path

import pytest

import relay
from relay.base import texts
from relay.base.codes import End, ends, is_for_admin, not_ended_by
from relay.base.values import Status
from relay.cobra.deliveries import LEAST_FINISHED_FIRST, least_finished
from tests.base.test_texts import constants

HOLDING = {"held", "waiting", "later", "_wrong", "_held"}
MENDED_IN_SAGE = re.compile(
    r"in Sage (?!von Hand)(\w+ )*(eröffnen|öffnen|wiederherstellen|korrigieren|klären)"
)
BY_A_COMMAND = re.compile(r"relay (adopt|reconcile|resend|resume)")


def _declared() -> list[str]:
    return sorted(code for code, told in texts.definitions().items() if "ends" in told)


def _holding() -> set[str]:
    """Find the codes with which the rules, both sides and the engine hold, put off or let wait."""
    found: set[str] = set()
    for path in Path(relay.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in HOLDING:
                    found |= {code for code in constants(first) if code in texts.catalogue()}
    return found


def test_every_hold_and_wait_declares_its_ends() -> None:
    """A code without an end would be stuck for ever, or be tried for ever."""
    assert len(_holding()) > 30, "the search itself must find the codes"
    assert _holding() - set(_declared()) == set()


@pytest.mark.parametrize("code", _declared())
def test_text_and_ends_agree(code: str) -> None:
    """What a text tells people to do is what the relay then notices."""
    told, ended_by = texts.catalogue()[code]["de"], ends(code)
    assert ended_by
    if "relay.toml" in told:
        assert End.CONFIGURATION in ended_by
    if MENDED_IN_SAGE.search(told):
        assert End.SAGE in ended_by
    if re.search(r"in cobra [^.;]*(ergänzen|korrigieren|wählen|prüfen|zurücksetzen)", told):
        assert End.RECORD in ended_by
    if BY_A_COMMAND.search(told):
        assert End.PERSON in ended_by


@pytest.mark.parametrize("code", sorted(set(_declared())))
def test_what_cobras_data_can_mend_another_mapping_can(code: str) -> None:
    """The right value may stand in another column: what a change ends, a restart tries."""
    assert (End.RECORD not in ends(code)) or (End.CONFIGURATION in ends(code))


def test_code_that_declares_nothing_is_tried_on_every_occasion() -> None:
    """One of an older or newer version, say, is never stuck."""
    assert ends("never_heard_of") == frozenset(End)
    for end in End:
        assert "never_heard_of" not in not_ended_by(end)
        assert all(end not in ends(code) for code in not_ended_by(end))


def test_admin_is_told_of_faults_and_of_the_configuration() -> None:
    """The bookkeeper can do nothing about them."""
    assert is_for_admin("internal")
    assert is_for_admin("year_missing")
    assert not is_for_admin("account_missing")
    assert not is_for_admin(None)


def test_entry_tells_its_least_finished_delivery() -> None:
    """A hold, about which somebody has to do something, is told before a wait."""
    assert LEAST_FINISHED_FIRST.index(Status.HELD) < LEAST_FINISHED_FIRST.index(Status.WAITING)
    for one, other in permutations(Status, 2):
        told = least_finished([one, other])
        assert told == least_finished([other, one])
    assert least_finished([Status.WAITING, Status.APPLIED, Status.HELD]) is Status.HELD
    assert least_finished([Status.APPLIED, Status.WAITING]) is Status.WAITING
    assert least_finished([Status.HELD, Status.RETRYING]) is Status.RETRYING
