"""What `[sage.profile]` may say beyond names; what is wrong is named, with the way out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from relay.base.errors import SettingsError
from relay.base.texts import catalogue
from relay.sage.profile import problems_of
from relay.settings import Profile, read_settings
from relay.settings.profile import Amount, Constant, Counter, Expression

BEGIN = """
[cobra]
url = "sqlite:///cobra.db"
[cobra.address]
table = "ADDRESSES"
key = "ID"
required = ["city"]
selection = { field = "address_type", in = ["Kunde"] }
fields = { sage_address_number = "NR", city = "CITY", address_type = "ART" }
[[sage.year]]
name = "MUSTER2026"
mandant = "1"
first_day = 2026-01-01
last_day = 2026-12-31
url = "sqlite:///sage.db"
"""

WHOLE = """
[sage.profile.constants.Bk]
Waehrung = "CHF"
Jahr = "$year"
Kurs = 1.5
Aktiv = true
Geaendert = { value = "$now", on = "both" }
[sage.profile.only.Bk]
Mandant = "$mandant"
[sage.profile.keys.Bk]
ID = { counter = "dbo.Nummern.Wert", where = { Name = "BK" }, holds = "next" }
Zeile = "identity"
[sage.profile.codes.Bk]
Type = { debit = "S", credit = "H" }
[sage.profile.amounts.Bk]
ValNt = { minor = true, sign = "by_side" }
ValTx = "minor"
[sage.profile.dates.Blg]
Date = "%Y%m%d"
"""


def read(tmp_path: Path, profile: str) -> Profile:
    file = tmp_path / "relay.toml"
    file.write_text(BEGIN + profile, encoding="utf-8")
    return read_settings(file).sage.profile


def test_all_that_a_profile_says(tmp_path: Path) -> None:
    """Short and long forms mean the same; a number with a point is exact."""
    profile = read(tmp_path, WHOLE)
    assert profile.constants["Bk"] == {
        "Waehrung": Constant("CHF"),
        "Jahr": Constant(Expression.YEAR),
        "Kurs": Constant(Decimal("1.5")),
        "Aktiv": Constant(value=True),
        "Geaendert": Constant(Expression.NOW, "both"),
    }
    assert profile.only["Bk"] == {"Mandant": Expression.MANDANT}
    counter = Counter("dbo.Nummern.Wert", {"Name": "BK"}, "next")
    assert profile.keys["Bk"] == {"ID": counter, "Zeile": "identity"}
    assert profile.amounts["Bk"] == {
        "ValNt": Amount(minor=True, by_side=True),
        "ValTx": Amount(minor=True),
    }
    assert problems_of(profile) == []


def test_fingerprint_of_a_profile_without_more(tmp_path: Path) -> None:
    """Two relays of different versions stand by for each other; another code is another one."""
    plain = read(tmp_path, "[sage.profile.tables]\nAdr = 'Kunden'\n")
    assert plain.differences() == {"tables": {"Adr": "Kunden"}, "columns": {}}
    whole = read(tmp_path, WHOLE).differences()
    assert whole != read(tmp_path, WHOLE.replace('"S"', '"D"')).differences()
    assert whole["constants"]["Bk"]["Kurs"] == {"value": "1.5", "on": "insert"}


@pytest.mark.parametrize(
    ("line", "key", "code", "near"),
    [
        ('constants.Bk.A = "$usr"', "constants.Bk.A", "config_expression_near", "$user"),
        ('constants.Bk.A = "$x"', "constants.Bk.A", "config_expression", None),
        ('constants.Bk.A = { value = 1, on = "x" }', "constants.Bk.A", "config_constant", None),
        ("constants.Bk.A = [1]", "constants.Bk.A", "config_constant", None),
        ('keys.Bk.A = "serial"', "keys.Bk.A", "config_key", None),
        ('keys.Bk.A = { counter = "Nummer" }', "keys.Bk.A", "config_key", None),
        ('keys.Bk.A = { counter = "a.b", wo = 1 }', "keys.Bk.A", "config_key", None),
        ('amounts.Bk.ValNt = "cents"', "amounts.Bk.ValNt", "config_amount", None),
        ('amounts.Bk.ValNt = { sign = "x" }', "amounts.Bk.ValNt", "config_amount", None),
        ('dates.Blg.Date = "%d.%m.%y"', "dates.Blg.Date", "config_day_format", None),
        ('dates.Blg.Date = "TT%Y%m%d"', "dates.Blg.Date", "config_day_format", None),
        ('totals = "me"', "totals", "config_literal_error", None),
    ],
)
def test_form_that_cannot_be_meant(
    tmp_path: Path, line: str, key: str, code: str, near: str | None
) -> None:
    """The key is named as it stands in the file, with what is possible there."""
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, f"[sage.profile]\n{line}\n")
    ((place, found, values),) = raised.value.problems
    assert (place, found, values.get("near")) == (f"sage.profile.{key}", code, near)
    assert found in catalogue()


@pytest.mark.parametrize(
    ("profile", "key", "code"),
    [
        ({"tables": {"Bks": "x"}}, "tables.Bks", "config_profile_table_near"),
        ({"constants": {"Tax": {"A": 1}}}, "constants.Tax", "config_profile_table"),
        ({"columns": {"Bk": {"Valnt": "x"}}}, "columns.Bk.Valnt", "config_profile_tag_near"),
        ({"columns": {"Bk": {"ValNt": ""}}}, "columns.Bk.ValNt", "config_profile_needed"),
        ({"columns": {"Bk": {"Type": ""}}}, "columns.Bk.Type", "config_profile_needed"),
        ({"constants": {"Adr": {"A": "$document"}}}, "constants.Adr.A", "config_profile_row"),
        ({"constants": {"Blg": {"A": "$place"}}}, "constants.Blg.A", "config_profile_row"),
        (
            {"constants": {"Bk": {"A": {"value": "$place", "on": "both"}}}},
            "constants.Bk.A",
            "config_profile_row",
        ),
        ({"only": {"Bk": {"A": "$now"}}}, "only.Bk.A", "config_profile_only"),
        ({"keys": {"OPd": {"OpId": "identity"}}}, "keys.OPd.OpId", "config_profile_key_ours"),
        ({"keys": {"Blg": {"BlgNr": "identity"}}}, "keys.Blg.BlgNr", "config_profile_key_ours"),
        (
            {"keys": {"PKd": {"PkKey": {"counter": "a.b"}}}},
            "keys.PKd.PkKey",
            "config_profile_key_ours",
        ),
        ({"codes": {"Bk": {"Text": {"a": 1}}}}, "codes.Bk.Text", "config_profile_tag"),
        (
            {"codes": {"Bk": {"Type": {"debit": "S"}}}},
            "codes.Bk.Type",
            "config_profile_codes_missing",
        ),
        (
            {"codes": {"Bk": {"Type": {"debit": "S", "credit": "S"}}}},
            "codes.Bk.Type",
            "config_profile_codes_twice",
        ),
        ({"amounts": {"Tax": {"Rate": "minor"}}}, "amounts.Tax.Rate", "config_profile_tag"),
        (
            {"amounts": {"OPd": {"MVal": {"sign": "by_side"}}}},
            "amounts.OPd.MVal",
            "config_profile_sign",
        ),
        ({"dates": {"Bk": {"Text": "%Y%m%d"}}}, "dates.Bk.Text", "config_profile_tag"),
    ],
)
def test_what_does_not_go_together(profile: dict[str, Any], key: str, code: str) -> None:
    """A table, a tag or a pair of settings that cannot be is named before any database is open."""
    found = problems_of(Profile(**profile))
    assert [(place, told) for place, told, _ in found] == [(f"sage.profile.{key}", code)]
    assert code in catalogue()


def test_side_by_the_sign_needs_no_type() -> None:
    """Where net and tax amounts have the side's sign, Bk.Type may be missing."""
    by_side = {"sign": "by_side"}
    amounts = {"Bk": {"ValNt": by_side, "ValTx": by_side}}
    assert problems_of(Profile(columns={"Bk": {"Type": ""}}, amounts=amounts)) == []  # type: ignore[arg-type] # as TOML has it


def test_one_who_numbers_documents(tmp_path: Path) -> None:
    """A range and a counter of Sage's exclude each other."""
    keys = (
        '[sage]\ndocument_numbers = "1-9"\n[sage.profile.keys.Blg]\nBlgNr = { counter = "N.B" }\n'
    )
    with pytest.raises(SettingsError) as raised:
        read(tmp_path, keys)
    assert [code for _, code, _ in raised.value.problems] == ["config_document_numbers_counted"]
