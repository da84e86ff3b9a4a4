"""`relay init --from` proposes what the database shows, and never guesses silently."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.engine import URL, make_url

from relay.admin.doctor import Severity, examine, open_site
from relay.base.errors import SettingsError
from relay.cli import relay
from relay.cli.init import place_of
from relay.database.names import split_name, written_name
from relay.settings import Settings, read_settings
from tests.world.databases import YEARS, Databases
from tests.world.desk import ENGLISH, GERMAN
from tests.world.office import MASTERS
from tests.world.patient import JUNE
from tests.world.servers import Server

CHOOSE = re.compile(r'^# (\w+) = .*# CHOOSE: ((?:\{.*?\}|"(?:[^"\\]|\\.)*"))(?: .*)?$')
COBRA = (
    '"Kunden-Nr." int NOT NULL PRIMARY KEY, "Firma (neu)" nvarchar(80) NULL,'
    ' "Nachname" nvarchar(60) NULL, "Straße" nvarchar(60) NULL, "PLZ" nvarchar(10) NULL,'
    ' "Ort" nvarchar(40) NULL, "Adressart ""alt""" nvarchar(20) NULL, "Bild" int NULL'
)


def propose(folder: Path, cobra: URL, *years: URL, environment: dict[str, str] = ENGLISH) -> Result:
    """Call `relay init --from`, with passwords where they belong."""
    password = cobra.password or ""
    urls = [
        url._replace(password=None).render_as_string(hide_password=False) for url in (cobra, *years)
    ]
    sage = [part for url in urls[1:] for part in ("--sage", url)]
    words = {"COBRA_PASSWORD": password, "SAGE_PASSWORD": password}
    args = ["init", "--folder", str(folder), "--from", urls[0], *sage]
    result = CliRunner().invoke(relay, args, env=environment | words)
    assert result.exit_code == 0, result.output
    assert password == "" or password not in (folder / "relay.toml").read_text(encoding="utf-8")
    return result


def read(folder: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Read what was proposed."""
    for name in ("COBRA_PASSWORD", "SAGE_PASSWORD"):
        monkeypatch.setenv(name, databases.cobra.password or "")
    return read_settings(folder / "relay.toml")


def run(server: Server, url: URL, *statements: str) -> None:
    """Let somebody run statements."""
    with server.engine(url).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def table(server: Server, name: str) -> str:
    """Return a table's name for SQL text."""
    return f'"{name}"' if server.dialect == "sqlite" else f'dbo."{name}"'


def test_known_names(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cobra with the known names is proposed so that it loads; the doctor has no objection."""
    server = databases.server
    addresses = table(server, "ADDRESSES")
    run(
        server, databases.cobra, f"INSERT INTO {addresses} (ADDRTYPE0) VALUES ('Kunde'), ('Presse')"
    )
    for year, url in zip(YEARS, databases.years, strict=True):
        days = f"'{year[-4:]}-01-01', '{year[-4:]}-12-31'"
        run(
            server,
            url,
            f"INSERT INTO {table(server, 'Client')} (Name, YearFrom, YearTo, CurId)"
            f" VALUES ('{year}', {days}, 'CHF')",
            *(
                f"INSERT INTO {table(server, 'Zab')} (ZabId, Days) VALUES ('{row['ZabId']}', 30)"
                for row in MASTERS["Zab"]
            ),
        )
    result = propose(tmp_path, databases.cobra, *databases.years)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "relay.toml").read_text(encoding="utf-8")
    for line, mark in (
        ('firm = "COMPANY1"', "# verified"),
        ('salutation = "SALUTATION0"', "# assumed"),
        ('key = "ID"', "# read"),
        ("# mobile = ", "# not found"),
        ("# terms = ", "# CHOOSE: 30T (30)"),
        ("first_day = 2025-01-01", "# read"),
    ):
        found = [each for each in text.splitlines() if each.lower().startswith(line.lower())]
        assert any(mark in each for each in found), (line, found)
    settings = read(tmp_path, databases, monkeypatch)
    assert settings.cobra.address.fields["city"].upper() == "CITY0"
    assert [(y.first_day, y.last_day) for y in settings.sage.year] == [
        (date(n, 1, 1), date(n, 12, 31)) for n in (2025, 2026)
    ]
    with open_site(settings, JUNE) as site:
        assert [f for f in examine(site) if f.severity is Severity.ERROR] == []


def test_odd_names(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that nobody published are offered; what must be and has one candidate is taken."""
    cobra = server.create("odd")
    odd = table(server, "Kunden.Adressen [2]" if server.dialect == "sqlite" else "Kunden.Adressen")
    run(
        server, cobra, f"CREATE TABLE {odd} ({COBRA})", f"CREATE TABLE {table(server, 'x')} (a int)"
    )
    column = '"Adressart ""alt"""'
    run(server, cobra, f"INSERT INTO {odd} (\"Kunden-Nr.\", {column}) VALUES (1, 'Händler')")
    assert propose(tmp_path, cobra).exit_code == 0
    file = tmp_path / "relay.toml"
    text = file.read_text(encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        read_settings(file)
    missing = {key for key, _, _ in refusal.value.problems}
    assert missing == {"sage.year"}
    chosen = _chosen(text)
    assert {"firm", "street", "zip", "city"} <= chosen.keys()
    assert {"table", "key", "sage_address_number"}.isdisjoint(chosen)  # they have one candidate
    file.write_text(_with_choices(text), encoding="utf-8")
    databases = Databases(server, cobra, [])
    settings = read(tmp_path, databases, monkeypatch)
    assert settings.cobra.address.fields["firm"].capitalize() == "Firma (neu)"
    assert settings.cobra.address.key.title() == "Kunden-Nr."
    with open_site(settings, JUNE) as site:
        found = {f.code for f in examine(site) if f.database == "cobra" and f.counts}
    assert found <= {"server_is_stand_in", "clock_differs"}


def _chosen(text: str) -> dict[str, str]:
    """Return the first candidate of each line that says CHOOSE, in the address' sections."""
    part = text[text.index("[cobra.address]") : text.index("# [cobra.invoice]")]
    matches = [match for line in part.splitlines() if (match := CHOOSE.match(line))]
    return {match[1]: match[2] for match in matches}


def _with_choices(text: str) -> str:
    """Do what a person does: take the first candidate of each choice, and describe a year."""
    chosen = _chosen(text)
    lines, in_address = [], False
    for line in text.splitlines():
        in_address = line.startswith("[cobra.address") or (in_address and "[cobra.inv" not in line)
        match = CHOOSE.match(line) if in_address else None
        lines.append(line if match is None else f"{match[1]} = {chosen[match[1]]}")
    told = "\n".join(lines)
    selection = '{ field = "address_type", in = ["Händler"] }'
    told = re.sub(r"^selection = .*$", f"selection = {selection}", told, flags=re.MULTILINE)
    at = told.index("# [[sage.year]]")
    return told[:at] + re.sub(
        r"^# (?=\[\[|[a-z_]+ = (?!2026-03))", "", told[at:], flags=re.MULTILINE
    )


def test_german_marks(databases: Databases, tmp_path: Path) -> None:
    """The words are German where the operator is."""
    assert propose(tmp_path, databases.cobra, environment=GERMAN).exit_code == 0
    text = (tmp_path / "relay.toml").read_text(encoding="utf-8")
    assert "# gesichert" in text
    assert "# WÄHLEN" in text


def test_two_tables_with_the_same_names(databases: Databases, tmp_path: Path) -> None:
    """Where two tables could be meant neither is taken."""
    server = databases.server
    source, copy = table(server, "ADDRESSES"), table(server, "ADDRESSES_ALT")
    if server.dialect == "sqlite":
        run(server, databases.cobra, f"CREATE TABLE {copy} AS SELECT * FROM {source}")
    else:
        run(server, databases.cobra, f"SELECT * INTO {copy} FROM {source}")
    assert propose(tmp_path, databases.cobra).exit_code == 0
    text = (tmp_path / "relay.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    assert "table" not in told["cobra"]["address"]
    assert told["cobra"]["address"]["fields"] == {}
    (line,) = (each for each in text.splitlines() if "ADDRESSES_ALT" in each.upper())
    assert line.startswith("# table = ")


@pytest.mark.parametrize(
    "query", ["", "?driver=ODBC+Driver+18+for+SQL+Server&Encrypt=yes", "?driver=%2Fopt%2Fdriver.so"]
)
def test_password_in_the_url_is_not_written(query: str) -> None:
    """A password that was given with the URL stays out of the configuration; all else stays."""
    place = place_of(make_url(f"mssql+pyodbc://relay:geheim@SRV/cobra{query}"))
    assert place.has_user
    assert make_url(place.url) == make_url(f"mssql+pyodbc://relay@SRV/cobra{query}")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("oracle://x/y", "keine URL"),
        ("mssql+pyodbc://?odbc_connect=Server%3DX%3BPWD%3Dgeheim", "Geheimnis"),
    ],
)
def test_urls_that_cannot_be_used(tmp_path: Path, url: str, words: str) -> None:
    """Another kind of database, or a secret in the URL, is refused without showing it."""
    args = ["init", "--folder", str(tmp_path), "--from", url]
    result = CliRunner().invoke(relay, args, env=GERMAN)
    assert (result.exit_code, words in result.stderr) == (4, True), result.output
    assert "geheim" not in result.output
    assert not (tmp_path / "relay.toml").exists()


@pytest.mark.parametrize(
    "where",
    [(None, "a b"), (None, "a.b"), ("dbo", "[x]"), ("my.schema", 'say "hi"'), ("dbo", "a]b.c")],
)
def test_written_names_are_read_back(where: tuple[Any, str]) -> None:
    """A name is written so that the configuration reads the same."""
    assert split_name(written_name(*where)) == [part for part in where if part is not None]


def test_only_candidates_and_short_names(server: Server, tmp_path: Path) -> None:
    """One table that sounds right, its primary key, a position's parent: nothing to choose."""
    cobra = server.create("kurz")
    run(
        server,
        cobra,
        f'CREATE TABLE {table(server, "Adressen")} ("ADR-ID" int NOT NULL PRIMARY KEY,'
        ' "Kürzel" nvarchar(40) NOT NULL UNIQUE, "Zahlungs-Ziel" nvarchar(20) NULL)',
        f'CREATE TABLE {table(server, "Rechnungen")} ("RG-ID" int NOT NULL PRIMARY KEY,'
        ' "ADR-ID" int NULL, "Druck am" datetime NULL, "Fäll. am" datetime NULL)',
        f'CREATE TABLE {table(server, "RG-Pos")} ("ID" int NOT NULL PRIMARY KEY,'
        ' "RG-ID" int NULL, "Kto" nvarchar(20) NULL)',
    )
    propose(tmp_path, cobra)
    told = (tmp_path / "relay.toml").read_text(encoding="utf-8").splitlines()
    # The stand-in for SQL Server keeps names in small letters.
    lines = [" ".join(line.split()).casefold() for line in told]
    for wanted in (
        'key = "ADR-ID"', 'address = "ADR-ID"', 'invoice = "RG-ID"',
        'final = { column = "Druck am", is = "not null" }',
    ):  # fmt: skip
        begun = wanted.casefold()
        assert any(line.removeprefix("# ").startswith(begun) for line in lines), wanted
    assert any(line.startswith("table = ") and "adressen" in line for line in lines)
    for name in ("Zahlungs-Ziel", "Fäll. am", "Kto"):
        assert any(name.casefold() in line for line in lines), name
