"""What the catalogue of a Sage year says of the tables that are written, before any write."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, MetaData, Table, Unicode

from relay.admin.doctor import Finding, Severity
from relay.admin.doctor.sage_tables import Demands, collations, unnamed
from relay.database.catalogue import ColumnInfo, FilledBy
from relay.sage.layout import SageTable
from relay.settings.profile import Amount, Constant
from tests.admin.doctor.test_masters import Invoices
from tests.world.alterations import add_trigger, build
from tests.world.company import World
from tests.world.databases import YEARS, Databases, make_databases
from tests.world.examinations import cleared, said
from tests.world.odd_sages import REPLACED, OddSage
from tests.world.office import THIS
from tests.world.patient import Patient
from tests.world.servers import Server

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


@pytest.fixture
def patient(databases: Databases) -> Invoices:
    """An installation whose invoices go over."""
    return Invoices(databases)


def altered(patient: Invoices, table: str, line: str, instead_of: str | None = None) -> None:
    """Let Sage have one of its tables otherwise."""
    with patient.office.sage[THIS].begin() as connection:
        build(connection, table, line, instead_of)


def told(patient: Invoices, code: str) -> list[Finding]:
    """Return what is found of a kind."""
    return [finding for finding in patient.findings() if finding.code == code]


@cleared("sage_column_demanded")
def test_column_that_demands_a_value(patient: Invoices) -> None:
    """A column without tag, default and NULL is an error with the line that fills it."""
    altered(patient, "Bk", "Waehrung nvarchar(3) NOT NULL")
    altered(patient, "Bk", '"Wer genau" nvarchar(3) NOT NULL')
    (finding,) = told(patient, "sage_column_demanded")
    assert (finding.severity, finding.database) == (ERROR, f"Sage {THIS}")
    lines = str(finding.values["lines"]).lower().split(", ")
    assert (finding.values["table"], sorted(lines)) == (
        "Bk", ['"wer genau" = "…"', 'waehrung = "…"'],
    )  # fmt: skip
    constants = {"Bk": {"Waehrung": Constant("CHF"), "Wer genau": Constant("x")}}
    profile = patient.settings.sage.profile.model_copy(update={"constants": constants})
    with patient.office.sage[YEARS[0]].begin() as connection:
        build(connection, "Bk", "Waehrung nvarchar(3) NOT NULL")
        build(connection, "Bk", '"Wer genau" nvarchar(3) NOT NULL')
    patient.other("sage", profile=profile)
    assert told(patient, "sage_column_demanded") == []


@cleared("sage_column_filled")
def test_column_that_the_database_fills(patient: Invoices) -> None:
    """Where the relay would write into a computed column it says so, until it is left out."""
    is_mssql = patient.dialect == "mssql"
    line = (
        "[Text] AS (CAST(N'x' AS nvarchar(31)))"
        if is_mssql
        else ("Text NVARCHAR(31) GENERATED ALWAYS AS (OpId)")
    )
    altered(patient, "OPd", line, "[Text]" if is_mssql else "Text")
    (finding,) = told(patient, "sage_column_filled")
    assert (finding.severity, finding.values["tag"]) == (ERROR, "Text")
    profile = patient.settings.sage.profile.model_copy(update={"columns": {"OPd": {"Text": ""}}})
    patient.other("sage", profile=profile)
    assert told(patient, "sage_column_filled") == []


@cleared("sage_amount_whole")
@pytest.mark.parametrize("kind", ["bigint", "decimal(18, 0)"])
def test_amounts_in_whole_numbers(patient: Invoices, kind: str) -> None:
    """A column that would cut an amount is an error, until the profile says: in centimes."""
    for name in ("MCdt", "FCdt"):
        altered(patient, "Acc", f"{name} {kind} NULL", name)
    (finding,) = told(patient, "sage_amount_whole")
    assert (finding.severity, finding.values["lines"]) == (ERROR, 'MCdt = "minor", FCdt = "minor"')
    amounts = {"Acc": dict.fromkeys(("MCdt", "FCdt"), Amount(minor=True))}
    profile = patient.settings.sage.profile.model_copy(update={"amounts": amounts})
    patient.other("sage", profile=profile)
    assert told(patient, "sage_amount_whole") == []


@cleared("sage_column_narrow")
def test_narrow_column(patient: Invoices) -> None:
    """A column that takes less than the import format allows is told, until it is as wide."""
    is_mssql = patient.dialect == "mssql"
    name = "[Text]" if is_mssql else "Text"
    altered(patient, "OPd", f"{name} NVARCHAR(20) NULL", name)
    (finding,) = told(patient, "sage_column_narrow")
    values = finding.values
    assert (finding.severity, values["table"], values["takes"], values["length"]) == (
        WARNING, "OPd", 20, 31,
    )  # fmt: skip
    altered(patient, "OPd", f"{name} NVARCHAR(31) NULL", name)
    assert told(patient, "sage_column_narrow") == []


@cleared("sage_foreign_key", "sage_unique", "sage_check", "sage_triggers")
def test_rules_and_triggers(patient: Invoices) -> None:
    """Each rule on a value that is written is told with the value, and each trigger."""
    codes = ("sage_foreign_key", "sage_unique", "sage_check", "sage_triggers")
    before = {code: len(told(patient, code)) for code in codes}
    for line in (
        "CONSTRAINT FK_Konto FOREIGN KEY (AccId) REFERENCES Acc (AccId)",
        "CONSTRAINT UQ_Posten UNIQUE (PkKey, OpId, BkIdx, BlgNr, TIdx)",
        "CONSTRAINT UQ_Text UNIQUE (OpId)",
        "CONSTRAINT CK_Netto CHECK (ValNt <> '1.00')",
    ):
        altered(patient, "Bk", line)
    with patient.office.sage[THIS].begin() as connection:
        add_trigger(connection, "Bk", "UPDATE Blg SET GFNr = 1")
    findings = {code: [f.values for f in told(patient, code)] for code in codes}
    assert {code: len(found) - before[code] for code, found in findings.items()} == {
        "sage_foreign_key": 1, "sage_unique": 1, "sage_check": 1, "sage_triggers": 1,
    }  # fmt: skip
    (foreign,) = findings["sage_foreign_key"]
    assert (foreign["tags"], str(foreign["demands"]).lower()) == ("AccId", "acc")
    assert "OpId" in [found["tags"] for found in findings["sage_unique"]]
    assert "ValNt" in [found["tags"] for found in findings["sage_check"]]
    for year in (0, 1):
        patient.in_year(year, "DROP TABLE Bk", "CREATE TABLE Bk (BlgNr INT)")
    assert not {finding.code for finding in patient.findings()} & set(codes)


@cleared("rehearsal_proposed")
def test_before_anything_was_written(databases: Databases) -> None:
    """A rehearsal is proposed until something has gone over."""
    patient, world = Patient(databases), World(databases)
    found = [finding for finding in patient.findings() if finding.code == "rehearsal_proposed"]
    assert [finding.values["year"] for finding in found] == list(YEARS)
    assert {finding.severity for finding in found} == {INFO}
    world.add(SAGENR0="1")
    world.drain()
    assert "rehearsal_proposed" not in patient.found()


@cleared("sage_collation_differs")
def test_collation() -> None:
    """A column that compares otherwise than its database is told; SQLite has no such thing."""
    table = Table("Adr", MetaData(), Column("AdrId", Unicode(13)))
    for collation, expected in (
        ("Latin1_General_BIN2", {"sage_collation_differs": INFO}),
        ("latin1_general_ci_as", {}),
        (None, {}),
    ):
        facts = ColumnInfo("AdrId", "AdrId", "nvarchar", "nvarchar(13)", collation=collation)
        demands = Demands(
            "Adr", SageTable(table, {"AdrId": table.c.AdrId}), {"adrid": facts}, [], [],
            frozenset(), "Latin1_General_CI_AS",
        )  # fmt: skip
        assert said(collations(demands)) == expected


@cleared("sage_tags_unnamed", "sage_tags_unsent")
def test_tags_without_a_column() -> None:
    """A tag that goes nowhere is told, with the columns it may belong to, until it is decided."""
    table = Table("Konten", MetaData(), Column("Konto", Unicode(13)), Column("Haben", Unicode(9)))
    columns = {"AccId": table.c.Konto, "MCdt": table.c.Haben}
    for tags, unsent, filled, expected in (
        (["AccId"], ("MCdt",), None, {"sage_tags_unnamed": WARNING}),
        (["AccId"], ("MCdt",), FilledBy.IDENTITY, {"sage_tags_unsent": WARNING}),
        (["AccId", "MCdt"], ("MDbt",), None, {"sage_tags_unsent": WARNING}),
        (["AccId", "MCdt"], (), None, {}),
    ):
        facts = {
            name.casefold(): ColumnInfo(name, name, "nvarchar", "nvarchar(9)", filled=filled)
            for name in ("Konto", "Haben")
        }
        of_tags = {tag: columns[tag] for tag in tags}
        demands = Demands(
            "Acc", SageTable(table, of_tags, unsent=unsent), facts, [], [], frozenset(), None
        )
        assert said(unnamed(demands)) == expected


def test_tag_that_the_profile_leaves_out(patient: Invoices) -> None:
    """A column that this Sage lacks is told until the profile says that there is none."""
    for year in (0, 1):
        patient.in_year(year, "ALTER TABLE Adr DROP COLUMN TelF")
    found = told(patient, "sage_tags_unsent") + told(patient, "sage_tags_unnamed")
    assert {f.values["tags"] for f in found} == {"TelF"}
    profile = patient.settings.sage.profile.model_copy(update={"columns": {"Adr": {"TelF": ""}}})
    patient.other("sage", profile=profile)
    assert told(patient, "sage_tags_unsent") + told(patient, "sage_tags_unnamed") == []


@cleared("sage_view_unchanging")
def test_view_that_takes_no_change(server: Server) -> None:
    """A view whose trigger writes new rows alone is an error until it has one for changes."""
    patient = Patient(make_databases(server, OddSage("views")))
    assert "sage_view_unchanging" not in patient.found()
    for year in (0, 1):
        patient.in_year(year, "DROP TRIGGER SageAdr_update")
    assert patient.found()["sage_view_unchanging"] is ERROR
    for year in (0, 1):
        patient.in_year(year, REPLACED[server.dialect]["lost"])
    assert "sage_view_unchanging" not in patient.found()
