"""The command line's own words are German where the operator's language is."""

from __future__ import annotations

import ast
from io import StringIO
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from relay.base import texts
from relay.cli import relay
from relay.cli.frame import Caller
from relay.cli.words import OF_CLICK
from tests.world.desk import ENGLISH, GERMAN

NOT_FOR_US = (
    "Deprecat", "deprecated", "Could not determine", "No options defined", "Name '{name}'",
    "Arguments take exactly", "Boolean option", "Value must be an iterable", "(dynamic)",
    "Do you want to continue", "Confirm the action", "Press any key", "Repeat for", "Choice(",
    "The two entered", "Unknown color", "boolean", "UUID", "executable", "start character",
    "formats {formats}", "format {format}", "{len_type} values",
)  # fmt: skip
"""What our commands cannot make click say: how they are declared, kinds that none has."""


def _said_by_click() -> set[str]:
    return {
        part.value
        for module in OF_CLICK
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in {"_", "ngettext"}
        for part in node.args
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }


def test_every_text_of_click_is_there() -> None:
    """A newer click that says something else is noticed here."""
    known = {of["en"] for code, of in texts.catalogue().items() if code.startswith("click_")}
    said = {told for told in _said_by_click() if not any(part in told for part in NOT_FOR_US)}
    assert said - known == set()


@pytest.mark.parametrize(
    ("args", "german", "english"),
    [
        (["list", "--help"], "Aufruf:", "Usage:"),
        (["list", "--help"], "Optionen:", "Options:"),
        (["skip", "1"], "Es fehlt die Option '--reason'", "Missing option '--reason'"),
        (["weg"], "Den Befehl 'weg' gibt es nicht.", "No such command 'weg'"),
        (["list", "--weg"], "Die Option '--weg' gibt es nicht.", "No such option '--weg'"),
        (["list", "--since", "gestern"], "kein Zeitpunkt", "is no time"),
        (["journal", "--month", "Mai"], "kein Monat", "no month"),
    ],
)  # fmt: skip
def test_german_where_the_operator_is(args: list[str], german: str, english: str) -> None:
    """Usage, options and errors, in one language."""
    told = {
        name: CliRunner().invoke(relay, args, env=env).output
        for name, env in (("de", GERMAN), ("en", ENGLISH))
    }
    assert german in told["de"]
    assert english not in told["de"]
    assert english in told["en"]


@pytest.mark.parametrize(
    "said", ["29.11.2026", "29.11.2026 14:05", "2026-11-29", "2026-11-29T14:05:00"]
)
def test_days_as_the_swiss_write_them(said: str) -> None:
    """Beside ISO, wherever a day or a time is asked for."""
    for command, option in (("list", "--since"), ("list", "--until")):
        told = CliRunner().invoke(relay, ["-c", "fehlt.toml", command, option, said], env=GERMAN)
        assert (told.exit_code, "fehlt.toml" in told.output) == (3, True), told.output
    day = said[:10]
    for command, option in (("check", "--since"), ("journal", "--day"), ("documents", "--until")):
        told = CliRunner().invoke(relay, ["-c", "fehlt.toml", command, option, day], env=GERMAN)
        assert "fehlt.toml" in told.output


def test_status_by_its_german_name() -> None:
    """As `status` shows it, beside the code."""
    for name in ("angehalten", "Offen", "held"):
        told = CliRunner().invoke(relay, ["-c", "fehlt.toml", "list", "--status", name], env=GERMAN)
        assert "fehlt.toml" in told.output
    assert isinstance(relay, click.Group)


LONG = " Das Konto 9999 gibt es in Sage nicht. Bitte in cobra korrigieren oder in Sage eröffnen."


@pytest.mark.parametrize("width", [70, 80, 120])
def test_tables_wrap_at_the_ends_of_words(width: int) -> None:
    """On a terminal no word is broken in two while all of them fit."""
    who = Caller(Path("relay.toml"))
    printed = StringIO()
    who.console = Console(force_terminal=True, width=width, file=printed, color_system=None)
    table = who.table("head_entry", "head_record", "head_status", "head_since", "head_text")
    row = (
        "739 (+1)",
        "Rechnung 20260001, Käserei Müller AG",
        "angehalten",
        "29.11.2026",
        LONG * 10,
    )
    table.add_row(*row)
    who.put_table(table)
    shown = printed.getvalue().replace("│", " ").split()
    assert {word for cell in row for word in cell.split()} <= set(shown)


def test_tables_in_a_pipe_have_a_line_for_each_row() -> None:
    """However long it is, and without blanks at its end."""
    who = Caller(Path("relay.toml"))
    printed = StringIO()
    who.console = Console(width=200, file=printed)
    table = who.table("head_record", "head_text")
    table.add_row("Adresse 1", LONG * 5)
    table.add_row("Adresse 2", "")
    who.put_table(table)
    head, first, second = printed.getvalue().splitlines()
    assert (LONG * 5 in first, second) == (True, "Adresse 2")
    assert head == head.rstrip()
