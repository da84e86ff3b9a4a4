"""`relay rehearse` writes to the real Sage, tells what it says, and leaves nothing behind."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from relay.base.errors import Exit
from relay.cobra.lock import hold
from tests.admin.learning.spelling import small
from tests.world import alterations
from tests.world.contents import contents
from tests.world.databases import INVOICES, Databases
from tests.world.desk import Desk
from tests.world.office import THIS, Office, position


@pytest.fixture
def office(databases: Databases) -> Office:
    """Cobra with invoices, and two Sage years with master data."""
    return Office(databases)


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's desk that books invoices."""
    return Desk(databases, tmp_path, **INVOICES)


def rehearsed(desk: Desk, *args: str, exit_code: int = 0) -> Any:
    """Rehearse, and return what JSON says."""
    result = desk.relay("rehearse", *args, "--json")
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


def everything(office: Office) -> list[dict[str, list[str]]]:
    """Return the contents of cobra and both years."""
    return contents(office.cobra, *office.sage.values())


def build(office: Office, table: str, line: str, instead_of: str | None = None) -> None:
    """Give one of Sage's tables another column or constraint."""
    with office.sage[THIS].begin() as connection:
        alterations.build(connection, table, line, instead_of)


def trigger(office: Office, table: str, statement: str, name: str = "SageOwn") -> None:
    """Let Sage do something of its own with each new row of a table."""
    with office.sage[THIS].begin() as connection:
        alterations.add_trigger(connection, table, statement, name)


def test_nothing_is_left(office: Office, desk: Desk) -> None:
    """Before the first run: new, changed, held and waiting records, and both sides as before."""
    customer, other = office.add(SAGENR0="1001"), office.add(SAGENR0="1002", CITY0=None)
    office.invoice(customer, number="20260001")
    office.invoice(customer, position("50.00"), position("7.00", vat="none"), number="20260002")
    office.invoice(customer, position("5.00", account="9999"), number="20260003")
    office.invoice(other, number="20260004")
    before = everything(office)
    told = rehearsed(desk, "--pending")
    assert everything(office) == before
    assert [one["status"] for one in told["records"] if one["entity"] == "invoice"] == [
        "applied", "applied", "held", "waiting",
    ]  # fmt: skip
    rows = told["rows"][THIS]
    assert {name: rows[name]["inserted"] for name in ("Adr", "PKd", "OPd", "Blg", "Bk")} == {
        "Adr": 2, "PKd": 2, "OPd": 2, "Blg": 2, "Bk": 7,
    }  # fmt: skip
    assert told["findings"] == []


def test_after_a_run_the_same(office: Office, desk: Desk) -> None:
    """With links, debtors and bookings there, a change and a credit note leave nothing either."""
    customer = office.add(SAGENR0="1001")
    office.invoice(customer, number="20260001")
    office.drain()
    office.change(customer, CITY0="Thun")
    office.invoice(customer, number="20260002", KIND="G", CORRECTS="20260001")
    before = everything(office)
    told = rehearsed(desk, "--pending")
    assert everything(office) == before
    assert {one["status"] for one in told["records"] if one["year"] == THIS} == {"applied"}
    assert told["rows"][THIS]["Adr"] == {"inserted": 0, "updated": 1}
    office.drain()
    assert len(office.bookings(THIS)) == 2


def test_many_together_leave_nothing(office: Office, desk: Desk) -> None:
    """More than a handful go in portions; the one that Sage refuses is told apart."""
    build(office, "OPd", "CONSTRAINT CK_Odd CHECK (OpId <> '20260013')")
    customer = office.add(SAGENR0="1001")
    keys = [office.invoice(customer, number=f"202600{n:02}") for n in range(1, 26)]
    before = everything(office)
    told = rehearsed(desk, "--pending", exit_code=Exit.FINDINGS)
    assert everything(office) == before
    refused = [one for one in told["records"] if one["refusal"]]
    assert [(one["key"], one["refusal"]["kind"]) for one in refused] == [(keys[12], "check")]
    assert told["rows"][THIS]["OPd"]["inserted"] == 24


def test_beside_a_relay(office: Office, desk: Desk) -> None:
    """While a relay works nothing is rehearsed."""
    office.invoice(office.add(SAGENR0="1001"))
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        result = desk.relay("rehearse", "--pending")
    assert result.exit_code == Exit.REFUSED
    assert "Ein Relay arbeitet" in result.output


REFUSALS: dict[str, tuple[str, str, str | None, str | None]] = {
    # table, line, kind's column, rule
    "not_null": ("Bk", "Waehrung nvarchar(3) NOT NULL", "Waehrung", None),
    "check": ("Bk", "CONSTRAINT CK_Klein CHECK (BkIdx < 2)", None, "CK_Klein"),
    "unique": ("Bk", "CONSTRAINT UQ_Konto UNIQUE (BlgNr)", None, None),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_refusal(office: Office, desk: Desk, kind: str) -> None:
    """What Sage has against rows is told once for all records, with table, column and rule."""
    table, line, column, rule = REFUSALS[kind]
    build(office, table, line)
    customer = office.add(SAGENR0="1001")
    for number in (1, 2):
        office.invoice(customer, number=f"2026000{number}")
    before = everything(office)
    told = rehearsed(desk, "--pending", exit_code=Exit.FINDINGS)
    assert everything(office) == before
    refusals = [one["refusal"] for one in told["records"] if one["refusal"]]
    assert {(one["kind"], one["table"]) for one in refusals} == {(kind, table)}
    assert column is None or refusals[0]["column"].lower() == column.lower()  # Babelfish: small
    assert rule is None or refusals[0]["rule"].lower() == rule.lower()
    (finding,) = told["findings"]
    assert (finding["code"], finding["severity"]) == (f"rehearsal_{kind}", "error")
    assert finding["values"]["records"] == 2
    line = f"[sage.profile.constants.{table}] {column} ="
    assert column is None or line.lower() in finding["text"].lower()


RULES: dict[str, tuple[tuple[str, ...], tuple[str, str, str], str]] = {
    # kind: lines of Bk; column, tag and value; what is told of them
    "foreign_key": (
        (
            "CONSTRAINT FK_Beleg FOREIGN KEY (BlgNr) REFERENCES Blg (BlgNr)",
            "CONSTRAINT FK_Gegen FOREIGN KEY (CAcc) REFERENCES Acc (AccId)",
        ),
        ("CAcc", "CAcc", "div"),
        "Bk.CAcc (CAcc) ist «div»",
    ),
    "check": (
        ("CONSTRAINT CK_Klein CHECK (BkIdx < 2 OR CAcc = '1')",),
        ("BkIdx, CAcc", "BkIdx, CAcc", "1 div, 2 1100, 3 3000, 4 1100"),
        "Bk.BkIdx, CAcc (BkIdx, CAcc) einen Wert von «1 div, ",
    ),
    "unique": (("CONSTRAINT UQ_Beleg UNIQUE (BlgNr)",), ("BlgNr", "BlgNr", "20260001"), "BlgNr"),
    "unique-of-two": (
        ("CONSTRAINT UQ_Konto UNIQUE (BlgNr, BType)",),
        ("BlgNr, BType", "BlgNr, BType", "20260001 0, 20260001 2"),
        "BlgNr, BType (BlgNr, BType)",
    ),
}


@pytest.fixture
def foreign_keys() -> Iterator[None]:
    """SQLite looks at foreign keys where it is told to, each connection by itself."""

    def look(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA foreign_keys = ON")

    event.listen(Engine, "connect", look)
    yield
    event.remove(Engine, "connect", look)


@pytest.mark.usefixtures("foreign_keys")
@pytest.mark.parametrize("kind", RULES)
def test_broken_rule_names_column_tag_and_value(office: Office, desk: Desk, kind: str) -> None:
    """Of the rules of a table it is the broken one, with its column, our tag and what was sent."""
    lines, expected, words = RULES[kind]
    for line in lines:
        build(office, "Bk", line)
    key = office.add(SAGENR0="1001")
    office.invoice(key, position("100.00"), position("7.00", vat="none", account="3200"))
    told = rehearsed(desk, "--pending", exit_code=Exit.FINDINGS)
    (refusal,) = (one["refusal"] for one in told["records"] if one["refusal"])
    found = (refusal["column"], refusal["tag"], refusal["value"])
    assert small((refusal["kind"], refusal["table"])) == (kind.partition("-")[0], "bk")
    assert small(found) == small(expected)
    assert small(words) in small(told["findings"][0]["text"])


def test_too_long(office: Office, desk: Desk) -> None:
    """What does not fit where a trigger writes it, or by a check, is told as that."""
    if office.dialect.name == "mssql":
        office.sage_execute(THIS, "CREATE TABLE dbo.Kurz (Subject nvarchar(4) NULL)")
        trigger(office, "OPd", "INSERT INTO dbo.Kurz SELECT [Text] FROM inserted")
    else:
        build(office, "OPd", "Text NVARCHAR(31) NULL CHECK (length(Text) <= 4)", "Text")
    office.invoice(office.add(SAGENR0="1001"), SUBJECT="Beratung im Januar")
    before = everything(office)
    told = rehearsed(desk, "--pending", exit_code=Exit.FINDINGS)
    assert everything(office) == before
    refusal = next(one["refusal"] for one in told["records"] if one["refusal"])
    assert refusal["kind"] == "too_long"
    if office.dialect.name == "sqlite":
        found = (refusal["table"], refusal["column"], refusal["value"])
        assert found == ("OPd", "Text", "Beratung im Januar")


def test_trigger_refuses(office: Office, desk: Desk) -> None:
    """The message of Sage's own trigger is told."""
    statement = (
        "THROW 50001, N'Periode gesperrt', 1"
        if office.dialect.name == "mssql"
        else "SELECT RAISE(ABORT, 'Periode gesperrt')"
    )
    trigger(office, "Blg", statement)
    office.invoice(office.add(SAGENR0="1001"))
    before = everything(office)
    told = rehearsed(desk, "--pending", exit_code=Exit.FINDINGS)
    assert everything(office) == before
    (finding,) = told["findings"]
    assert finding["code"] == "rehearsal_trigger"
    assert "Periode gesperrt" in finding["text"]


def test_what_is_not_sent(office: Office, desk: Desk) -> None:
    """A field without a column is told, since nothing else would say that it never arrives."""
    for year in office.sage:
        office.sage_execute(year, "ALTER TABLE OPd DROP COLUMN DateD")
    office.invoice(office.add(SAGENR0="1001"))
    told = rehearsed(desk, "--pending", exit_code=Exit.FINDINGS)
    (finding,) = told["findings"]
    assert (finding["code"], finding["severity"]) == ("rehearsal_unsent", "warning")
    assert (finding["values"]["table"], finding["values"]["tags"]) == ("OPd", "DateD")
    without = {"profile": {"columns": {"OPd": {"DateD": ""}}}}
    desk.write(desk.databases.settings(**INVOICES | {"sage": INVOICES["sage"] | without}))
    assert rehearsed(desk, "--pending")["findings"] == []


def test_trigger_changes(office: Office, desk: Desk) -> None:
    """What Sage's own triggers store otherwise, and write besides, is told."""
    trigger(
        office,
        "OPd",
        "UPDATE OPd SET Ref = 'geändert'"
        if office.dialect.name == "sqlite"
        else "UPDATE dbo.OPd SET Ref = N'geändert'",
        "SageOfOPd",
    )
    columns = "Blg (BlgNr, Date)" if office.dialect.name == "sqlite" else "dbo.Blg (BlgNr, [Date])"
    trigger(
        office,
        "Bk",
        f"INSERT INTO {columns} SELECT 7777, '2026-01-01' "
        "WHERE NOT EXISTS (SELECT 1 FROM Blg WHERE BlgNr = 7777)",
        "SageOfBk",
    )
    office.invoice(office.add(SAGENR0="1001"))
    before = everything(office)
    told = rehearsed(desk, "--pending", exit_code=Exit.FINDINGS)
    assert everything(office) == before
    found = {one["code"]: one["values"] for one in told["findings"]}
    assert found["rehearsal_stored_otherwise"]["column"].lower() == "ref"
    assert found["rehearsal_stored_otherwise"]["stored"] == "geändert"
    assert (found["rehearsal_rows_besides"]["table"], found["rehearsal_rows_besides"]["rows"]) == (
        "Blg", 1,
    )  # fmt: skip


def test_row_is_gone(office: Office, desk: Desk) -> None:
    """A row that Sage's own trigger gives another key is missed."""
    trigger(office, "OPd", "UPDATE OPd SET OpId = 'x'")
    office.invoice(office.add(SAGENR0="1001"))
    told = rehearsed(desk, "--pending", exit_code=Exit.FINDINGS)
    assert "rehearsal_row_gone" in [one["code"] for one in told["findings"]]


def test_sample_of_all(office: Office, desk: Desk) -> None:
    """Before the triggers there are no notices: a sample is taken of what cobra holds."""
    customer = office.add(SAGENR0="1001")
    for number in range(1, 6):
        office.invoice(customer, number=f"2026000{number}")
    with office.cobra.begin() as connection:
        connection.execute(office.outbox.outbox.delete())
    told = rehearsed(desk, "--sample", "3")
    kinds = [entity for entity, _ in {(one["entity"], one["key"]) for one in told["records"]}]
    assert (kinds.count("address"), kinds.count("invoice")) == (1, 2)


def test_told_to_people(office: Office, desk: Desk) -> None:
    """A table of rows, an outcome with an example, and that nothing has stayed."""
    office.invoice(office.add(SAGENR0="1001"))
    told = desk.relay("rehearse", "20260001")
    assert told.exit_code == 0, told.output
    lines = [" ".join(line.split()) for line in told.output.splitlines()]
    assert f"{THIS} Rechnung 1 von Sage angenommen 20260001, Käserei Müller AG, CHF 108.10" in lines
    assert f"{THIS} Bk 3 0" in lines
    assert "Sage hat alles angenommen, wie es gesendet wurde." in lines
    assert desk.relay("rehearse").exit_code == Exit.USAGE
