"""`relay.toml` is read with all that is wrong with it at once, each problem in words."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from relay.base import texts
from relay.base.errors import SettingsError
from relay.cli.init import example
from relay.settings import Condition, Settings, read_settings
from relay.settings.profile import Profile
from relay.settings.sage import Sage
from tests.world.databases import EXAMPLE, INVOICES, merged
from tests.world.desk import toml

YEAR = {
    "name": "A2026",
    "mandant": "A",
    "first_day": "2026-01-01",
    "last_day": "2026-12-31",
    "url": "sqlite:///a2026.db",
}
Change = Callable[[dict[str, Any]], object]


def told() -> dict[str, Any]:
    """Return a configuration that is right."""
    right = deepcopy(EXAMPLE)
    right["cobra"]["url"] = "sqlite:///cobra.db"
    right["sage"]["year"] = [dict(YEAR)]
    return right


def read(folder: Path, content: dict[str, Any]) -> Settings:
    """Write a configuration and read it."""
    file = folder / "relay.toml"
    file.write_text("\n".join(f"{k} = {toml(v)}" for k, v in content.items()), encoding="utf-8")
    return read_settings(file)


def problems(folder: Path, change: Change) -> list[tuple[str, str]]:
    """Return key and code of what is wrong after a change; each has a text without gaps."""
    content = told()
    change(content)
    with pytest.raises(SettingsError) as caught:
        read(folder, content)
    for language in texts.LANGUAGES:
        for line in texts.of_error(caught.value, language).splitlines()[1:]:
            assert "{" not in line.replace("{ ", "")
            assert " - " not in line.removeprefix("  - ")
    return [(key, code) for key, code, _ in caught.value.problems]


def test_what_is_right_is_read(tmp_path: Path) -> None:
    """A right configuration has no problems, and gives every mapped column."""
    settings = read(tmp_path, told())
    captured = settings.cobra.address.captured()
    assert (captured["key"], captured["parent"], captured["deleted"]) == (
        "ID",
        "MAINID",
        "DELETED0",
    )
    assert captured["city"] == "CITY0"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda s: s["cobra"].pop("url"), ("cobra.url", "config_missing")),
        (lambda s: s["cobra"].update(url="x"), ("cobra.url", "config_url")),
        (lambda s: s["cobra"].update(url="mssql+pyodbc://s:x/d"), ("cobra.url", "config_url")),
        (lambda s: s["cobra"].update(url="mssql+pyodbc://u:p@x@s/d"), ("cobra.url", "config_url")),
        (lambda s: s["cobra"].update(url="mysql://u@s/d"), ("cobra.url", "config_dialect")),
        (
            lambda s: s["cobra"].update(url="mssql://u@s/d?applicationIntent=readonly"),
            ("cobra.url", "config_reads_only"),
        ),
        (lambda s: s["cobra"].update(url="mssql+pymssql://s/d"), ("cobra.url", "config_dialect")),
        (
            lambda s: s["cobra"].update(password="gEheim-7"),
            ("cobra.password", "config_password_itself"),
        ),
        (
            lambda s: s["cobra"].update(password={"env": "gEheim-7"}),
            ("cobra.password.env", "config_string_pattern_mismatch"),
        ),
        (lambda s: s.update(languages="de"), ("languages", "config_extra_near")),
        (lambda s: s.update(language="rm"), ("language", "config_literal_error")),
        (lambda s: s["relay"].update(poll_ms=0), ("relay.poll_ms", "config_greater_than")),
        (lambda s: s["relay"].update(poll_ms="x"), ("relay.poll_ms", "config_int_parsing")),
        (lambda s: s["relay"].update(poll_ms=0.5), ("relay.poll_ms", "config_int_from_float")),
        (lambda s: s["relay"].update(poll_ms=[]), ("relay.poll_ms", "config_int_type")),
        (
            lambda s: s["relay"].update(batch_size=0),
            ("relay.batch_size", "config_greater_than_equal"),
        ),
        (
            lambda s: s["relay"].update(batch_size=9999),
            ("relay.batch_size", "config_less_than_equal"),
        ),
        (lambda s: s.update(relay=5), ("relay", "config_model_type")),
        (lambda s: s.update(map=5), ("map", "config_model_type")),
        (lambda s: s.update(retention={"ledger": 5}), ("retention", "config_ledger_too_short")),
        (
            lambda s: s["cobra"].update(password={"env": "A", "file": "b"}),
            ("cobra.password", "config_password_source"),
        ),
        (
            lambda s: s["cobra"]["address"].update(key=5),
            ("cobra.address.key", "config_string_type"),
        ),
        (
            lambda s: s["cobra"]["address"]["fields"].update(town="X"),
            ("cobra.address.fields", "config_unknown_field"),
        ),
        (
            lambda s: s["cobra"]["address"]["fields"].pop("sage_address_number"),
            ("cobra.address.fields", "config_number_not_mapped"),
        ),
        (
            lambda s: s["cobra"]["address"].update(required=["email"]),
            ("cobra.address", "config_field_not_mapped"),
        ),
        (
            lambda s: s["cobra"]["address"].update(required="zip"),
            ("cobra.address.required", "config_list_type"),
        ),
        (lambda s: s["cobra"]["address"].pop("selection"), ("", "config_selection_missing")),
        (lambda s: s["sage"].update(year=[]), ("sage.year", "config_too_short")),
        (lambda s: s["sage"].update(year=[YEAR, YEAR]), ("sage.year", "config_year_twice")),
        (
            lambda s: s["sage"].update(year=[YEAR, YEAR | {"name": "B"}]),
            ("sage.year", "config_year_overlap"),
        ),
        (
            lambda s: s["sage"]["year"][0].update(last_day="2025-01-01"),
            ("sage.year.A2026", "config_year_backwards"),
        ),
        (
            lambda s: s["sage"]["year"][0].update(last_day="soon"),
            ("sage.year.A2026.last_day", "config_date_from_datetime_parsing"),
        ),
        (
            lambda s: s["sage"]["year"][0].update(name="A 2026"),
            ("sage.year.A 2026.name", "config_string_pattern_mismatch"),
        ),
        (
            lambda s: s["sage"]["year"][0].update(mandant=""),
            ("sage.year.A2026.mandant", "config_string_too_short"),
        ),
        (
            lambda s: s["sage"]["year"][0].update(mandant="A" * 51),
            ("sage.year.A2026.mandant", "config_string_too_long"),
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: Change, expected: tuple[str, str]) -> None:
    """Each mistake is reported with its key and a text of the catalogue."""
    assert problems(tmp_path, change) == [expected]
    assert expected[1] in texts.catalogue()


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Nobody corrects one mistake only to be told the next."""

    def two(content: dict[str, Any]) -> None:
        content["language"] = "rm"
        content["sage"]["year"][0].pop("url")

    assert {key for key, _ in problems(tmp_path, two)} == {"language", "sage.year.A2026.url"}


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"a = \n", "config_syntax_empty"), ("ä = 'ü'".encode("latin-1"), "config_not_utf8")],
)
def test_file_that_is_no_toml(tmp_path: Path, content: bytes, code: str) -> None:
    """A file that cannot be parsed says why, a syntax error with its line."""
    file = tmp_path / "relay.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert [found for _, found, _ in caught.value.problems] == [code]


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file and one that the system does not give are told apart."""
    for place, code in ((tmp_path / "none", "config_not_found"), (tmp_path, "config_not_read")):
        with pytest.raises(SettingsError) as caught:
            read_settings(place)
        assert [found for _, found, _ in caught.value.problems] == [code]


def test_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    """An editor on Windows may put one in front."""
    file = tmp_path / "relay.toml"
    file.write_text(example("de"), encoding="utf-8-sig")
    assert read_settings(file).language == "de"


def test_environment_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable goes before the file, down to a single value."""
    monkeypatch.setenv("RELAY_RELAY__POLL_MS", "123")
    monkeypatch.setenv("RELAY_LANGUAGE", "en")
    settings = read(tmp_path, told())
    assert (settings.relay.poll_ms, settings.language) == (123, "en")


def test_environment_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A section in the environment that is not JSON is a problem of the configuration."""
    monkeypatch.setenv("RELAY_COBRA", "not json")
    assert problems(tmp_path, lambda _: None) == [("", "config_environment")]
    monkeypatch.delenv("RELAY_COBRA")
    monkeypatch.setenv("RELAY_RELAY__POLL_MS", "abc")
    (wrong,) = problems(tmp_path, lambda _: None)
    assert wrong[0] == "RELAY_RELAY__POLL_MS"  # not a line of the file


def test_sqlite_files_are_found_beside_the_configuration(tmp_path: Path) -> None:
    """A relative file counts from the configuration's folder, wherever the relay is started."""
    settings = read(tmp_path, told())
    assert settings.cobra_url().database == str(tmp_path / "cobra.db")
    assert settings.year_url(settings.sage.year[0]).database == str(tmp_path / "a2026.db")


def test_password_comes_from_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environment and file give the password; a place without one is named."""
    content = told()
    content["cobra"] |= {"url": "mssql+pyodbc://u@s/d", "password": {"env": "COBRA_TEST_PASSWORD"}}
    settings = read(tmp_path, content)
    with pytest.raises(SettingsError) as caught:
        settings.cobra_url()
    assert "COBRA_TEST_PASSWORD" in texts.of_error(caught.value, "de")
    monkeypatch.setenv("COBRA_TEST_PASSWORD", "p@ss")
    assert settings.cobra_url().password == "p@ss"
    (tmp_path / "secret").write_text("from file\n", encoding="utf-8")
    content["cobra"]["password"] = {"file": str(tmp_path / "secret")}
    assert read(tmp_path, content).cobra_url().password == "from file"


def test_all_passwords_that_are_missing_at_once(tmp_path: Path) -> None:
    """Who starts the relay without its environment is told every password that it lacks."""
    content = told()
    content["cobra"] |= {"url": "mssql+pyodbc://u@s/d", "password": {"env": "RELAY_NONE_A"}}
    content["sage"]["year"][0]["password"] = {"env": "RELAY_NONE_B"}
    settings = read(tmp_path, content)
    for ask in (settings.cobra_url, lambda: settings.year_url(settings.sage.year[0])):
        with pytest.raises(SettingsError) as caught:
            ask()
        found = [(key, values["place"]) for key, _, values in caught.value.problems]
        assert found == [
            ("cobra.password", "RELAY_NONE_A"),
            ("sage.year.A2026.password", "RELAY_NONE_B"),
        ]


def test_password_file(tmp_path: Path) -> None:
    """It counts from the configuration's folder, whatever editor wrote it; else it says why."""
    content = told()
    content["cobra"] |= {"url": "mssql+pyodbc://u@s/d", "password": {"file": "secret"}}
    settings = read(tmp_path, content)
    for written, code in ((b"\xff\xfeg", "config_not_utf8"), (None, "config_password")):
        (tmp_path / "secret").write_bytes(written) if written else (tmp_path / "secret").unlink()
        with pytest.raises(SettingsError) as caught:
            settings.cobra_url()
        assert [found for _, found, _ in caught.value.problems] == [code]
    (tmp_path / "secret").write_text("gEheim-7\r\n", encoding="utf-8-sig")
    assert settings.cobra_url().password == "gEheim-7"


def test_keyring_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key store that is locked or not there is a problem of the configuration, no bug."""
    import keyring
    from keyring.errors import KeyringLocked

    def locked(_service: str, _user: str) -> str:
        raise KeyringLocked

    monkeypatch.setattr(keyring, "get_password", locked)
    content = told()
    content["cobra"] |= {"url": "mssql+pyodbc://u@s/d", "password": {"keyring": "relay"}}
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, content).cobra_url()
    assert [found for _, found, _ in caught.value.problems] == ["config_keyring_failed"]


def test_settings_do_not_show_their_urls() -> None:
    """A URL may hold a password, so a log or a debugger that prints the settings shows none."""
    content = told()
    content["cobra"]["url"] = content["sage"]["year"][0]["url"] = "mssql+pyodbc://u:gEheim-7@s/d"
    assert "gEheim-7" not in repr(Settings(**content))


def test_fingerprint_tells_mappings_apart(tmp_path: Path) -> None:
    """Timing does not count for a standby; the mapping does."""
    first = read(tmp_path, told()).fingerprint()
    slower = told()
    slower["relay"]["poll_ms"] = 999
    assert read(tmp_path, slower).fingerprint() == first
    other = told()
    other["cobra"]["address"]["fields"]["city"] = "OTHER"
    assert read(tmp_path, other).fingerprint() != first


OF_SAGE: dict[str, object] = {
    "mode": "invoices",
    "collective_account": {"Muster AG": "1100"},
    "rounding_account": "6960",
    "own_numbers": ["1-9"],
    "document_numbers": "7-9",
    "iban": {"Muster AG": ["CH9300762011623852957"]},
    "on_foreign_change": "overwrite",
    "profile": Profile(totals="sage"),
    "year": [],
}
"""Another value for each setting of `[sage]`."""


@pytest.mark.parametrize("name", Sage.model_fields)
def test_each_setting_of_sage_tells_relays_apart(tmp_path: Path, name: str) -> None:
    """Each decides what is written, or what is held: with another one nobody may stand by."""
    one = read(tmp_path, told())
    sage = one.sage.model_copy(update={name: OF_SAGE[name]})
    other = one.model_copy(update={"sage": sage})
    assert other.fingerprint() != one.fingerprint()


def test_preceding_year_is_of_the_same_mandant(tmp_path: Path) -> None:
    """The year before is found by date within its mandant; the first one has none."""
    content = told()
    before = YEAR | {"name": "A2025", "first_day": "2025-01-01", "last_day": "2025-12-31"}
    content["sage"]["year"] = [YEAR, before, before | {"name": "B2025", "mandant": "B"}]
    sage = read(tmp_path, content).sage
    found = {year.name: getattr(sage.before(year), "name", None) for year in sage.year}
    assert found == {"A2026": "A2025", "A2025": None, "B2025": None}


def test_mandant_is_read_as_people_see_it(tmp_path: Path) -> None:
    """Also one that was pasted with a mark that nobody sees: cobra's values are read likewise."""
    content = merged(told(), INVOICES)
    odd = "MUSTER\u200b"
    content["sage"]["year"] = [YEAR | {"mandant": odd}]
    content["sage"]["iban"] = {" MUSTER": ["CH93 0076 2011 6238 5295 7"]}
    content["map"]["mandant"] = {"1": "MUSTER\u00ad"}
    settings = read(tmp_path, content)
    day = settings.sage.year[0].first_day
    counterpart = (settings.map.of("mandant") or {})["1"]
    assert settings.sage.covering(counterpart, day) == settings.sage.year[0]
    assert list(settings.sage.iban) == [counterpart] == ["MUSTER"]


@pytest.mark.parametrize(
    ("condition", "value", "holds"),
    [
        (1, 1, True),
        (1, True, True),
        (1, 0, False),
        (1, None, False),
        (1, "1", True),
        ("null", None, True),
        ("not null", "x", True),
        ("not null", None, False),
        ("gelöscht", "gelöscht ", True),
        ("gelöscht", None, False),
    ],
)
def test_condition(condition: int | str, value: object, *, holds: bool) -> None:
    """A flag column says yes with the configured value only; NULL is no value."""
    assert Condition(column="X", **{"is": condition}).holds(value) is holds
