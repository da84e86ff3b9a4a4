"""What a person answers, and what they ask for that is not there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from relay.base.errors import Exit
from relay.cli import recovery as recovering
from relay.cli import relay
from relay.cli.frame import Caller
from tests.world.databases import INVOICES, YEARS, Databases
from tests.world.desk import GERMAN, Desk
from tests.world.office import Office, position


@pytest.mark.parametrize(
    ("answer", "goes_on"),
    [("j", True), ("Ja ", True), ("yes", True), ("", False), ("n", False), ("weiss nicht", False)],
)
def test_a_yes_is_understood_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, answer: str, *, goes_on: bool
) -> None:
    """Whatever is no yes changes nothing, and says so."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(click, "prompt", lambda *_about, **_how: answer)
    who = Caller(Path())
    if goes_on:
        recovering.confirm(who, "Wirklich?", yes=False)
        return
    with pytest.raises(click.exceptions.Exit) as ended:
        recovering.confirm(who, "Wirklich?", yes=False)
    assert ended.value.exit_code == Exit.REFUSED


def test_interrupted(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    """Ctrl-C is no bug: it has a status of its own and says what stays."""

    def interrupted(*_about: Any, **_how: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("relay.cli.status.inquiry.asking", interrupted)
    ended = desk.relay("show", "1")
    assert (ended.exit_code, "Abgebrochen" in ended.output) == (Exit.INTERRUPTED, True)


def test_what_is_not_there_is_said(databases: Databases, tmp_path: Path) -> None:
    """A misspelt mandant or code does not sound like "all is well"; a missing year is named."""
    office = Office(databases)
    desk = Desk(databases, tmp_path, **INVOICES)
    key = office.invoice(office.add(SAGENR0="1"), position("10.00", "9999"), number="20260077")
    office.drain()
    assert office.state(key)[0] == "held"
    wrong = desk.relay("journal", "--month", "2026-01", "--mandant", "FALSCH")
    assert (wrong.exit_code, "MUSTER" in wrong.output) == (Exit.USAGE, True)
    none = desk.relay("list", "--code", "falsch")
    assert "Nichts Offenes passt" in none.output
    entry = str(office.entries(key)[-1].id)
    assert "Rechnung 20260077" in desk.relay("show", "20260077").output
    assert f"Rechnung {entry}" not in desk.relay("show", entry).output.splitlines()[0]
    (last, this) = desk.json("status")["years"]
    assert (last["name"], last["depth"], set(this["depth"])) == (YEARS[0], {}, {"held"})
    away = desk.file.read_text(encoding="utf-8").replace(f"{YEARS[0]}_", "weg_")
    desk.file.write_text(away, encoding="utf-8")
    told = desk.relay("adopt", "propose", "--csv", str(tmp_path / "x.csv"))
    assert (told.exit_code, "Problem(" in told.output) == (Exit.REFUSED, False)


def test_sage_alone_proposes_nothing(tmp_path: Path) -> None:
    """`init --sage` without cobra's database is a wrong call, and writes nothing."""
    file = tmp_path / "relay.toml"
    told = CliRunner().invoke(relay, ["-c", str(file), "init", "--sage", "sqlite://"], env=GERMAN)
    assert (told.exit_code, file.exists()) == (Exit.USAGE, False)
