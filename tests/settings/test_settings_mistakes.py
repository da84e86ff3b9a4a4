"""What people get wrong in `relay.toml` is told with its line and what is right instead."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from relay.base import texts
from relay.base.errors import SettingsError
from relay.cli.init import example
from relay.settings import Settings, read_settings
from relay.settings.mistakes import homes_of, keys_at
from tests.world.databases import EXAMPLE
from tests.world.desk import toml


def said(file: Path) -> tuple[list[tuple[str, str]], str, str]:
    """Return places and codes of what is wrong, and the whole of it in both languages."""
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    german, english = (texts.of_error(caught.value, language) for language in ("de", "en"))
    return [(place, code) for place, code, _ in caught.value.problems], german, english


@pytest.mark.parametrize(
    ("line", "code", "way_out"),
    [
        ("name = “Muster”", "quotes", '"text"'),
        ("name = «Muster»", "quotes", '"text"'),
        ("name = „Muster“", "quotes", '"text"'),
        ('name = ["a", “b”]', "quotes", '"text"'),
        (r'name = "C:\Daten\x"', "backslash", r"'C:\Da"),
        (r'name = "C:\Users\x"', "backslash", r"\\"),
        (r'name = "SERVER\SQLEXPRESS"', "backslash", "'"),
        ("book_from = 1.1.2026", "date", "2026-01-31"),
        ("book_from = 01.01.2026", "date", "2026-01-31"),
        ("book_from = 1. 1. 26", "date", "2026-01-31"),
        ("book_from = 2026-1-1", "date", "2026-01-31"),
        ("tolerance = 0,01", "comma", '"0.01"'),
        ("batch = 1'000", "apostrophe", "10000"),
        ("batch = 1\u2019000", "apostrophe", "10000"),
        ("account = 0100", "zero", '"0100"'),
        ("flag = Ja", "truth", "true"),
        ("flag = True # so", "truth", "true"),
        ("mode: invoices", "colon", "name = "),
        ("Straße = 1", "key", '"M'),
        ("Mein Feld = 1", "key", '"M'),
        ("name = ", "empty", "#"),
        ("name = # later", "empty", "#"),
        ("mode = invoices", "text", '"text"'),
        ('name = "Muster', "open_text", ""),
        ("name = 'Muster", "open_text", ""),
        ('name = ["a", "b"', "open_list", '["a", "b"]'),
        ("name = { a = 1", "open_table", ""),
        ("a = 1\n\na = 2\n", "again", ""),
        ("[x]\na = 1\n[x]\nb = 2", "twice", ""),
        ("[x", "header", "[name]"),
        ("[sage.year]\na = 1\n[sage.year]\na = 2", "year", "[[sage.year]]"),
        ("[[sage.year]]\na = 1\n[sage.year]\na = 2", "year", "[[sage.year]]"),
    ],
)
def test_what_is_no_toml_says_line_and_way_out(
    tmp_path: Path, line: str, code: str, way_out: str
) -> None:
    """The parser's English words alone help nobody."""
    file = tmp_path / "relay.toml"
    file.write_text(f'# one\nlanguage = "de"\n{line}', encoding="utf-8")
    found, german, english = said(file)
    assert found == [("", f"config_syntax_{code}")]
    number = 5 if "\n" in line and code != "header" else 3
    assert f"Zeile {number}:" in german
    assert f"Line {number}:" in english
    for text in (german, english):
        assert way_out in text
        assert "at line" not in text


def test_a_line_that_nobody_foresaw_keeps_the_parsers_words(tmp_path: Path) -> None:
    """What is not recognised still has its line."""
    file = tmp_path / "relay.toml"
    file.write_text("a = 5 5", encoding="utf-8")
    found, german, _ = said(file)
    assert found == [("", "config_syntax")]
    assert "Zeile 1:" in german
    assert "Expected newline" in german


def test_a_password_in_a_bad_line_is_not_shown(tmp_path: Path) -> None:
    """The line is named, never quoted."""
    file = tmp_path / "relay.toml"
    file.write_text('[cobra]\npassword = gEheim-7\nurl = "mssql://u:gEheim-7@s/d', encoding="utf-8")
    _, german, english = said(file)
    assert "gEheim" not in german + english


Change = Callable[[dict[str, Any]], object]
YEAR = {
    "name": "A2026",
    "mandant": "A",
    "first_day": "2026-01-01",
    "last_day": "2026-12-31",
    "url": "sqlite:///a2026.db",
}


@pytest.mark.parametrize(
    ("change", "expected", "named"),
    [
        (lambda s: s.update(languages="de"), ("languages", "extra_near"), "language"),
        (lambda s: s["relay"].update(pol_ms=5), ("relay.pol_ms", "extra_near"), "poll_ms"),
        (lambda s: s["cobra"].update(adress={}), ("cobra.adress", "extra_near"), "address"),
        (
            lambda s: s["sage"]["year"][0].update(URI="x"),
            ("sage.year.A2026.URI", "extra_near"),
            "url",
        ),
        (
            lambda s: s["cobra"].update(book_from="2026-01-01"),
            ("cobra.book_from", "extra_elsewhere"),
            "[cobra.invoice]",
        ),
        (lambda s: s.update(xyzzy=1), ("xyzzy", "extra_forbidden"), ""),
        (
            lambda s: s["cobra"]["address"]["fields"].update(strasse="X", stret="Y"),
            ("cobra.address.fields", "unknown_field_near"),
            "street",
        ),
        (
            lambda s: s["sage"]["year"][0].update(last_day="soon"),
            ("sage.year.A2026.last_day", "date_from_datetime_parsing"),
            "2026-01-01",
        ),
        (
            lambda s: s["cobra"].update(url="mssql+pyodbc://u:gEheim-7@s/d"),
            ("cobra.url", "password_in_url"),
            "env",
        ),
        (
            lambda s: s["cobra"].update(url="mssql+pyodbc://u@s/d?PWD=gEheim-7"),
            ("cobra.url", "password_in_url"),
            "env",
        ),
        (
            lambda s: s["sage"]["year"][0].update(url="mssql+pyodbc://u:gEheim-7@s/d"),
            ("sage.year.A2026.url", "password_in_url"),
            "keyring",
        ),
        (lambda s: s["relay"].update(poll_ms=True), ("relay.poll_ms", "bool"), ""),
        (lambda s: s["retention"].update(outbox=False), ("retention.outbox", "bool"), ""),
        (lambda s: s["sage"].update(year=dict(YEAR)), ("sage.year", "year_list"), "[[sage.year]]"),
    ],
)
def test_what_is_wrong_is_told_with_what_is_right(
    tmp_path: Path, change: Change, expected: tuple[str, str], named: str
) -> None:
    """A typing error names what was meant, a setting in the wrong place its section."""
    content = deepcopy(EXAMPLE)
    content["cobra"]["url"] = "sqlite:///cobra.db"
    content["sage"]["year"] = [dict(YEAR)]
    content.setdefault("retention", {})
    change(content)
    file = tmp_path / "relay.toml"
    file.write_text("\n".join(f"{k} = {toml(v)}" for k, v in content.items()), encoding="utf-8")
    found, german, english = said(file)
    place, code = expected
    assert found == [(place, f"config_{code}")]
    for text in (german, english):
        assert named in text
        assert "gEheim" not in text


@pytest.mark.parametrize(
    ("line", "place"),
    [("[sage]", "sage"), ("[cobra.address]", "cobra.address"), ("url =", "cobra.url")],
)
def test_what_is_commented_out_is_said_as_that(tmp_path: Path, line: str, place: str) -> None:
    """Nobody looks for a mistake in a section that a # has taken away."""
    lines = example("de").splitlines()
    number = next(n for n, each in enumerate(lines) if each.startswith(line))
    lines[number] = f"# {lines[number]}"
    file = tmp_path / "relay.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    told = {(code, values.get("line")) for where, code, values in caught.value.problems}
    alone, others = "config_commented_out", "config_section_commented_out"
    lines_told = {line for code, line in told if code in (alone, others)}
    assert number + 1 in lines_told, place


def test_keys_are_known_by_their_place() -> None:
    """What may stand in a section is read from the settings themselves."""
    assert "poll_ms" in keys_at(Settings, ["relay"])
    assert {"name", "mandant", "url"} <= set(keys_at(Settings, ["sage", "year", 0]))
    assert "is" in keys_at(Settings, ["cobra", "invoice", "final"])
    assert list(homes_of(Settings, "poll_ms")) == ["relay"]


WITH_MISTAKES = """\
language = "fr"

[ relay ]
poll_ms = 0   # too often

[cobra]
url = "sqlite:///cobra.db"
[cobra.address]
table = "A"
key = "ID"
note = '''
poll_ms = 5
'''
[cobra.address.fields]
sage_address_number = "N"
"strasse" = "S"
[sage]
mode = "addresses"
[[sage.year]]
name = "A2025"
mandant = "A"
first_day = 2025-01-01
last_day = 2025-12-31
url = "sqlite:///a.db"
[[sage.year]]
name = "A2026"
mandant = "A"
first_day = 2026-01-01
last_day = "soon"
url = "sqlite:///b.db"
[retention]
[sage.profile.tables]
"""


def test_each_mistake_has_its_line(tmp_path: Path) -> None:
    """Of a setting that is missing, the line of its section; in the order of the file."""
    file = tmp_path / "relay.toml"
    file.write_text(WITH_MISTAKES, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    lines = {place: values.get("at") for place, _, values in caught.value.problems}
    assert lines["language"] == 1
    assert lines["relay.poll_ms"] == 4
    assert lines["cobra.address.note"] == 11
    assert lines["cobra.address.fields"] == 14
    assert lines["sage.year.A2026.last_day"] == 29
    numbers = [int(str(line)) for line in lines.values()]
    assert numbers == sorted(numbers)
    assert "Zeile 4, relay.poll_ms: " in texts.of_error(caught.value, "de")
    assert "line 29, sage.year.A2026.last_day: " in texts.of_error(caught.value, "en")


def test_variable_of_the_environment_has_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands in no file."""
    file = tmp_path / "relay.toml"
    file.write_text(toml_of(EXAMPLE), encoding="utf-8")
    monkeypatch.setenv("RELAY_RELAY__POLL_MS", "often")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    ats = {place: "at" in values for place, _, values in caught.value.problems}
    assert ats["RELAY_RELAY__POLL_MS"] is False


def toml_of(content: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {toml(value)}" for name, value in content.items())
