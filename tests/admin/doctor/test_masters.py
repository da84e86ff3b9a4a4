"""What a Sage year lacks for the invoices that are configured."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from relay.admin.doctor import Severity
from relay.settings import Profile
from relay.settings.profile import Constant, Counter
from tests.world.databases import Databases
from tests.world.examinations import cleared
from tests.world.office import THIS, Office
from tests.world.patient import Patient

ERROR, WARNING = Severity.ERROR, Severity.WARNING
EXPECTED = {"server_is_stand_in", "clock_differs"}
"""What the stand-in says of itself, and what the made-up day leads to."""


class Invoices(Patient):
    """An installation whose invoices go over, with complete master data."""

    def __init__(self, databases: Databases) -> None:
        """Open the books."""
        super().__init__(databases)
        self.office = Office(databases, map={"mandant": None})
        self.settings = self.office.settings

    def other(self, part: str, **values: Any) -> None:
        """Replace values of a section of the configuration."""
        section = getattr(self.settings, part).model_copy(update=values)
        self.settings = self.settings.model_copy(update={part: section})


@pytest.fixture
def patient(databases: Databases) -> Invoices:
    """Such an installation."""
    return Invoices(databases)


def test_complete_year(patient: Invoices) -> None:
    """Where everything is there nothing is said of it."""
    assert [f for f in patient.findings() if f.counts and f.code not in EXPECTED] == []


@cleared(
    "account_not_in_sage", "tax_account_not_in_sage", "tax_key_not_in_sage", "terms_not_in_sage"
)
def test_accounts_and_keys(patient: Invoices) -> None:
    """What the configuration names and Sage has not is told, until somebody opens it in Sage."""
    sqlite = patient.dialect == "sqlite"
    texts = '"Text"' if sqlite else "[Text]"
    for where, again, code, severity in (
        ("Acc WHERE AccId = '1100'", "Acc (AccId) VALUES ('1100')", "account_not_in_sage", ERROR),
        ("Acc WHERE AccId = '6940'", "Acc (AccId) VALUES ('6940')", "account_not_in_sage", ERROR),
        (
            "Acc WHERE AccId = '2200'",
            "Acc (AccId) VALUES ('2200')",
            "tax_account_not_in_sage",
            ERROR,
        ),
        (
            "Tax WHERE TaxId = 'USt81'",
            f"Tax (TaxId, Rate, AccId, {texts}) VALUES ('USt81', '8.1', '2200', 'x')",
            "tax_key_not_in_sage",
            WARNING,
        ),
        ("Zab WHERE ZabId = '30T'", "Zab (ZabId) VALUES ('30T')", "terms_not_in_sage", WARNING),
    ):
        patient.in_year(1, f"DELETE FROM {where}")
        findings = [f for f in patient.findings() if f.code == code]
        assert {(f.severity, f.database) for f in findings} == {(severity, f"Sage {THIS}")}, code
        patient.in_year(1, f"INSERT INTO {again}")
        assert code not in patient.found(), code


@cleared("column_unsuitable")
def test_column_of_another_kind(patient: Invoices) -> None:
    """A text's tag on a column of days is told, until the profile names another one, or none."""
    name = "Adr" if patient.dialect == "sqlite" else "dbo.Adr"
    for number in (0, 1):
        patient.in_year(number, f"ALTER TABLE {name} ADD GEBOREN date NULL")
    for column, codes in (("GEBOREN", {"column_unsuitable"}), ("", set())):
        profile = Profile(columns={"Adr": {"Title": column}})
        patient.other("sage", profile=profile)
        assert patient.errors() == codes


@cleared("constant_unsuitable", "column_mapped_twice", "counter_unsuitable")
def test_profile_that_does_not_fit(patient: Invoices) -> None:
    """A constant, a column that is taken and a counter without its row are told, until right."""
    name = "Adr" if patient.dialect == "sqlite" else "dbo.Adr"
    counters = "Nummern" if patient.dialect == "sqlite" else "dbo.Nummern"
    for number in (0, 1):
        patient.in_year(number, f"ALTER TABLE {name} ADD LAND nvarchar(2) NULL")
        patient.in_year(number, f"CREATE TABLE {counters} (Art nvarchar(9), Wert int)")
        patient.in_year(number, f"INSERT INTO {counters} (Art, Wert) VALUES ('ADR', 5)")
    counter = "dbo.Nummern.Wert"
    wrong = Counter(counter, {"Art": "BLG"})
    for part, code in (
        ({"constants": {"Adr": {"LAND": Constant("CHE")}}}, {"constant_unsuitable"}),
        ({"constants": {"Adr": {"LAND": Constant("CH")}}}, set()),
        ({"constants": {"Adr": {"corp": Constant("x")}}}, {"column_mapped_twice"}),
        ({"constants": {"Adr": {"Code": Constant("x")}}}, set()),
        ({"keys": {"Adr": {"PCode": wrong}}}, {"counter_unsuitable"}),
        ({"keys": {"Adr": {"PCode": Counter(counter, {"Art": "ADR"})}}}, set()),
    ):
        patient.other("sage", profile=Profile.model_construct(**part))
        assert patient.errors() == code, part


@cleared("account_not_in_sage", "tax_key_not_in_sage", "terms_not_in_sage")
def test_names_corrected_in_the_configuration(patient: Invoices) -> None:
    """What is only misspelt in relay.toml is told until it is right there."""
    good = patient.settings
    rules = [rule.model_copy(update={"key": "USt99"}) for rule in good.map.vat]
    patient.other("map", vat=rules, terms={"30": "99T"})
    patient.other("sage", rounding_account="6949")
    found = patient.found()
    told = {"account_not_in_sage": ERROR, "tax_key_not_in_sage": WARNING}
    assert found.items() >= (told | {"terms_not_in_sage": WARNING}).items()
    patient.settings = good
    assert (told.keys() | {"terms_not_in_sage"}) & patient.found().keys() == set()


@cleared("fiscal_year_differs")
def test_fiscal_year(patient: Invoices) -> None:
    """Days that differ from Sage's are an error, until first_day and last_day are right."""
    patient.in_year(1, "UPDATE Client SET YearFrom = '2025-12-01'")
    assert patient.found()["fiscal_year_differs"] is ERROR
    years = [
        y.model_copy(update={"first_day": date(2025, 12, 1)}) if y.name == THIS else y
        for y in patient.settings.sage.year
    ]
    patient.other("sage", year=years)
    assert "fiscal_year_differs" not in patient.found()


@cleared("period_without_today")
def test_period(patient: Invoices) -> None:
    """A period that today lies outside of is told until it is opened in Sage."""
    patient.in_year(1, "UPDATE Client SET PeriodFrom = '2026-01-01', PeriodTo = '2026-05-31'")
    assert patient.found()["period_without_today"] is WARNING
    patient.in_year(1, "UPDATE Client SET PeriodTo = '2026-06-30'")
    assert "period_without_today" not in patient.found()


@cleared("lead_currency_unmapped", "client_missing")
def test_client_settings(patient: Invoices) -> None:
    """A year without settings of its own, or in another currency, is an error until put right."""
    patient.in_year(1, "UPDATE Client SET CurId = 'EUR'")
    assert patient.found()["lead_currency_unmapped"] is ERROR
    patient.other("sage", collective_account={"CHF": "1100", "EUR": "1100"})
    assert "lead_currency_unmapped" not in patient.found()
    patient.in_year(1, "DELETE FROM Client")
    assert patient.found()["client_missing"] is ERROR
    patient.in_year(
        1,
        "INSERT INTO Client (Name, YearFrom, YearTo, CurId)"
        " VALUES ('x', '2026-01-01', '2026-12-31', 'CHF')",
    )
    assert "client_missing" not in patient.found()


@cleared("sage_table_missing")
def test_layout(patient: Invoices) -> None:
    """A table that is called otherwise is told, until [sage.profile] renames it."""
    table = "Zab" if patient.dialect == "sqlite" else "dbo.Zab"
    other = table.replace("Zab", "Konditionen")
    for number in (0, 1):
        patient.in_year(
            number,
            f"CREATE TABLE {other} (ZabId nvarchar(5) NOT NULL PRIMARY KEY)",
            f"INSERT INTO {other} (ZabId) SELECT ZabId FROM {table}",
            f"DROP TABLE {table}",
        )
    assert patient.found()["sage_table_missing"] is ERROR
    profile = patient.settings.sage.profile
    patient.other("sage", profile=profile.model_copy(update={"tables": {"Zab": "dbo.Konditionen"}}))
    assert patient.errors() == set()


@cleared("sage_columns_missing")
def test_all_missing_columns_at_once(patient: Invoices) -> None:
    """What a table lacks is told in one finding, with the line of the profile for each column."""
    table = "Acc" if patient.dialect == "sqlite" else "dbo.Acc"
    statements = (
        f"DROP TABLE {table}",
        f"CREATE TABLE {table} (Konto nvarchar(13) NOT NULL PRIMARY KEY, Soll decimal(18, 2))",
        f"INSERT INTO {table} (Konto) VALUES ('1100')",
        f"INSERT INTO {table} (Konto) VALUES ('6940')",
    )
    for number in (0, 1):
        patient.in_year(number, *statements)
    profile = patient.settings.sage.profile
    patient.other("sage", profile=profile.model_copy(update={"columns": {"Acc": {"MDbt": "Sol"}}}))
    found = [one for one in patient.findings() if one.code == "sage_columns_missing"]
    assert [one.values["lines"] for one in found] == ['AccId = "…", MDbt = "Sol"'] * 2
    right = {"Acc": {"AccId": "Konto", "MDbt": "Soll"}}
    patient.other("sage", profile=profile.model_copy(update={"columns": right}))
    assert "sage_columns_missing" not in patient.found()
