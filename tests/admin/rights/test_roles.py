"""Under the relay's roles everything works that shall work, and nothing else does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL

from relay.admin import rights
from relay.admin.doctor import Severity
from relay.database import schema
from relay.extras.page.users import PageRole
from relay.settings.parts import PageSection
from tests.admin.rights.logins import PROCEDURES_WRITE, Logins
from tests.extras.page.browsing import Visitors
from tests.world.databases import INVOICES, YEARS
from tests.world.desk import Desk
from tests.world.examinations import cleared
from tests.world.office import Office, position
from tests.world.patient import Patient

VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")
WHY = ("--reason", "test")


@pytest.mark.timeout(600)  # every command, and each right tried by a login of its own
@cleared("right_lacking", "login_owns_database", "trigger_right_missing")
def test_run_role(office: Office, logins: Logins, tmp_path: Path) -> None:
    """The run role carries out addresses, invoices and every command, and may do no more."""
    who = logins.with_role("run")
    patient = Patient(logins.databases_of(who), **INVOICES)
    desk = Desk(patient.databases, tmp_path, **INVOICES)
    customer = office.add()
    office.invoice(customer, position("100.00"), number="20260001")
    office.invoice(customer, position("50.00", account="9999"), number="20260002")
    drained = desk.relay("drain")
    assert drained.exit_code == 0, drained.output
    assert office.items(YEARS[1]).keys() == {"20260001"}
    for command in (
        ("triggers", "verify"), ("skip", "--key", "invoice:2", *WHY),
        ("resend", "--key", "invoice:1", *WHY), ("pause", YEARS[0], *WHY),
        ("resume", YEARS[0], *WHY), ("backfill", *WHY), ("purge", "--days", "1", *WHY),
        ("drain",), ("status",),
    ):  # fmt: skip
        result = desk.relay(*command)
        assert result.exit_code == 0, result.output
    office.assert_books_right()
    _assert_exact(logins, who)
    _assert_refused(logins, who)
    _assert_doctor_tells(logins, who, patient)


def test_readers_and_operators(office: Office, logins: Logins) -> None:
    """A reader sees the views and nothing behind them; an operator acts by procedures alone."""
    cobra = office.databases.cobra
    office.invoice(office.add(), position("50.00", account="9999"))
    office.drain()
    reader = logins.with_role("reader")
    schema.upgrade(office.relay_engine(), "source")  # makes the views anew: the rights must stay
    with office.databases.server.engine(logins.url(reader, cobra)).connect() as connection:
        for view in ("v_lag", "v_status", "v_open", "v_held", "v_waiting", "v_history", "v_year"):
            connection.exec_driver_sql(f"SELECT COUNT(*) FROM relay.{view}").scalar_one()
    for statement in (
        "SELECT COUNT(*) FROM relay.outbox",
        "SELECT COUNT(*) FROM dbo.ADDRESSES",
        "EXEC relay.pause @reason = N'x', @all = 1",
    ):
        assert logins.objection(reader, cobra, statement) is not None, statement

    operator = logins.with_role("operator")
    assert logins.objection(operator, cobra, "DELETE FROM relay.delivery") is not None
    if logins.is_babelfish:  # where a procedure's rights are its caller's
        logins.run(cobra, *(grant.format(who=operator) for grant in PROCEDURES_WRITE))
    engine = office.databases.server.engine(logins.url(operator, cobra))
    for call in ("pause @reason = N'x', @all = 1", "resume @reason = N'x', @all = 1"):
        with engine.begin() as connection:
            connection.exec_driver_sql(f"EXEC relay.{call}").all()
    with engine.begin() as connection:
        connection.exec_driver_sql("EXEC relay.skip @reason = N'x', @all = 1").all()
    assert {entry.status for entry in office.entries() if entry.entity == "invoice"} == {"skipped"}


def _assert_exact(logins: Logins, who: str) -> None:
    """Compare what the server lets the login do, table by table, with what the scripts say."""
    settings = logins.settings
    sides: list[tuple[URL, list[str]]] = [
        (logins.databases.cobra, rights.in_cobra(settings, "run"))
    ]
    for year, url in zip(settings.sage.year, logins.databases.years, strict=True):
        sides.append((url, rights.in_year(settings, year, "run")))
    for url, statements in sides:
        wanted = {(g.right, _plain(g.what)) for g in rights.grants(statements) if g.right in VERBS}
        assert _may(logins, who, url) == {pair for pair in wanted if not pair[1].endswith("_id")}


def _may(logins: Logins, who: str, url: URL) -> set[tuple[str, str]]:
    tables = text("SELECT SCHEMA_NAME(schema_id) + N'.' + name FROM sys.tables")
    with logins.databases.server.engine(url).connect() as connection:
        names = [str(name).lower() for name in connection.execute(tables).scalars()]
    ask = f"""
        SELECT v.verb, t.name
        FROM (VALUES {_rows((verb,) for verb in VERBS)}) AS v (verb)
        CROSS JOIN (VALUES {_rows((name, _bracketed(name)) for name in names)}) AS t (name, place)
        WHERE HAS_PERMS_BY_NAME(t.place, N'OBJECT', v.verb) = 1
    """
    with logins.databases.server.engine(logins.url(who, url)).connect() as connection:
        return {(verb, name) for verb, name in connection.exec_driver_sql(ask)}


def _rows(told: Iterable[tuple[str, ...]]) -> str:
    return ", ".join("(" + ", ".join(f"N'{each}'" for each in row) + ")" for row in told)


def _assert_refused(logins: Logins, who: str) -> None:
    for statement in (
        "UPDATE dbo.ADDRESSES SET CITY0 = 'x'",
        "INSERT INTO dbo.INVOICES (NUMBER) VALUES ('1')",
        "DELETE FROM dbo.POSITIONS",
        "DELETE FROM relay.audit",
        "DROP TRIGGER dbo.relay_address_update",
        "CREATE TABLE relay.mine (id int)",
    ):
        assert logins.objection(who, logins.databases.cobra, statement) is not None, statement
    year = logins.databases.years[0]
    assert logins.objection(who, year, "DELETE FROM dbo.Adr") is not None


def _assert_doctor_tells(logins: Logins, who: str, patient: Patient) -> None:
    """A right that is taken away is told until it is granted again; an owner is told as such."""
    cobra = logins.databases.cobra
    found = patient.found()
    assert {"right_lacking", "login_owns_database", "trigger_right_missing"} & set(found) == set()
    logins.run(cobra, "REVOKE INSERT ON relay.audit FROM relay_run")
    (lacking,) = (f for f in patient.findings() if f.code == "right_lacking")
    assert (lacking.values["right"], lacking.values["what"]) == ("INSERT", "relay.audit")
    logins.run(cobra, "GRANT INSERT ON relay.audit TO relay_run")
    assert "right_lacking" not in patient.found()
    drop = "DROP TRIGGER dbo.relay_address_insert"
    logins.run(cobra, drop)
    assert patient.found()["trigger_right_missing"] is Severity.WARNING
    owner = Patient(logins.databases, **INVOICES)
    assert owner.found()["login_owns_database"] is Severity.INFO
    owner.install()
    logins.show_triggers(who)
    found = patient.found()  # with a login that has the role, as both texts advise
    assert {"trigger_right_missing", "login_owns_database"} & set(found) == set()


def _plain(name: str) -> str:
    return re.sub(r'[\[\]"]', "", name).lower()


def _bracketed(name: str) -> str:
    return ".".join(f"[{part}]" for part in name.split("."))


def test_page_looks_and_decides_by_its_roles(office: Office, logins: Logins) -> None:
    """With the first role all is shown and nothing changed; the second lets people decide."""
    key = office.invoice(office.add(), position("50.00", account="9999"))
    office.drain()
    visitors, who = Visitors(office), logins.with_role("page")
    engine = office.databases.server.engine(logins.url(who, office.databases.cobra))
    visitors.desk.engine = engine
    browser = visitors.operator()
    for path in ("/", "/problems", "/audit", f"/record?entity=invoice&key={key}", "/find?q=1"):
        answer = browser.get(path)
        assert answer.status_code in {200, 303}, path
        assert "which the page" not in answer.text, path
    deed = {"what": "skip", "entity": "invoice", "key": key, "reason": "test"}
    refused = browser.post("/act", **deed).status_code
    assert refused == (503 if logins.is_babelfish else 409)  # which has a number of its own for it
    granted = rights.in_cobra(office.settings, "page_operator", who)
    logins.run(office.databases.cobra, *logins._taken(granted))  # noqa: SLF001 - as it does itself
    assert browser.post("/act", **deed).status_code == 303
    for what in ("pause", "resume"):
        form = {"what": what, "scope": YEARS[0], "reason": "test"}
        assert browser.post("/act", **form).status_code == 303
    assert browser.post("/act", **deed | {"what": "resend"}).status_code == 303


def test_page_is_looked_at_by_a_reader(office: Office, logins: Logins) -> None:
    """With the readers' role alone all is shown that the relay knows; deciding is refused."""
    key = office.invoice(office.add(), position("50.00", account="9999"))
    office.drain()
    logins.settings = office.settings.model_copy(update={"page": PageSection()})
    visitors, who = Visitors(office), logins.with_role("reader")
    token = visitors.token("Rosa", PageRole.OPERATOR)
    visitors.desk.engine = office.databases.server.engine(logins.url(who, office.databases.cobra))
    browser = visitors.stranger()
    assert browser.sign_in(token).status_code == 303
    for path in ("/", "/problems", "/problems.csv", "/audit", "/journal"):
        assert browser.get(path).status_code == 200, path
    for path in (
        "/",
        "/problems",
    ):  # by its key, with a word on why there is neither name nor amount
        assert "which the page" in browser.get(path).text, path
    record = browser.get("/record", entity="invoice", key=key)
    assert record.status_code == 200
    assert "9999" in record.text
    assert browser.get("/find", q=key).status_code in {200, 303}
    assert "own tables cannot be searched" in browser.get("/find", q="nobody").text
    deed = {"what": "skip", "entity": "invoice", "key": key, "reason": "test"}
    assert browser.post("/act", **deed).status_code in {409, 503}
    assert logins.objection(who, office.databases.cobra, "SELECT 1 FROM dbo.ADDRESSES") is not None
    assert logins.objection(who, office.databases.cobra, "DELETE FROM relay.outbox") is not None
