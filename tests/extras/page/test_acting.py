"""What an operator decides on the page is done as by the commands, with name and reason."""

from __future__ import annotations

import sqlite3
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from relay.cobra.tables import source_tables
from relay.extras.page.acting import ON_RECORDS, ON_YEARS
from relay.extras.page.users import PageRole
from tests.extras.page.browsing import Browser, Visitors
from tests.world.office import LAST, THIS, Office, position


@pytest.fixture
def key(office: Office) -> str:
    """Let an invoice be held."""
    customer = office.add(COMPANY1="Muster AG")
    key = office.invoice(customer, position("100.00", account="9999"))
    office.drain_all()
    return key


def audited(office: Office) -> list[Any]:
    a = source_tables(office.dialect.name).audit
    with office.cobra.begin() as connection:
        return list(connection.execute(select(a).order_by(a.c.id)))


def decide(browser: Browser, key: str, what: str, reason: str = "as Rosa said") -> Any:
    return browser.post("/act", what=what, entity="invoice", key=key, reason=reason)


def test_what_the_page_can_do() -> None:
    """Nothing that pairs, reconciles or uninstalls."""
    assert {*ON_RECORDS, *ON_YEARS} == {"release", "skip", "resend", "pause", "resume"}


def test_release_with_a_reason(office: Office, visitors: Visitors, key: str) -> None:
    """It is confirmed, done, audited, and goes through once what was wrong is mended."""
    browser = visitors.operator()
    text = unescape(browser.get("/act", what="release", entity="invoice", key=key).text)
    assert "Muster AG" in text
    assert f'relay release --key invoice:{key} --reason "…"' in text
    office.edit_positions(key, ACCOUNT="3000")
    answer = decide(browser, key, "release")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        f"/record?entity=invoice&key={key}",
    )
    office.drain_all()
    assert office.items(THIS).keys() == {"20260001"}
    (line,) = audited(office)
    assert (line.who, line.action, line.reason) == (
        "operator en, from the page",
        "release",
        "as Rosa said",
    )
    text = unescape(browser.get("/audit").text)
    assert "operator en, from the page" in text
    assert "as Rosa said" in text
    assert "as Rosa said" in browser.get("/record", entity="invoice", key=key).text


def test_skip_and_resend(office: Office, visitors: Visitors, key: str) -> None:
    """Skipped it stays away; resent it comes back."""
    browser = visitors.operator()
    assert decide(browser, key, "skip").status_code == 303
    assert "skipped" in browser.get("/record", entity="invoice", key=key).text
    office.edit_positions(key, ACCOUNT="3000")
    office.drain_all()
    assert office.items(THIS) == {}
    assert decide(browser, key, "resend").status_code == 303
    office.drain_all()
    assert office.items(THIS).keys() == {"20260001"}
    assert [line.action for line in audited(office)] == ["skip", "resend"]


def test_pause_and_resume(office: Office, visitors: Visitors) -> None:
    """One year, or all."""
    browser = visitors.operator()
    for scope in (LAST, "*"):
        asked = browser.get("/act", what="pause", scope=scope).text
        assert "relay pause" in asked
        assert browser.post("/act", what="pause", scope=scope, reason="closing").status_code == 303
        again = browser.post("/act", what="pause", scope=scope, reason="closing")
        assert again.status_code == 409
        assert "already paused" in unescape(again.text)
        assert "closing" in browser.get("/").text
        done = browser.post("/act", what="resume", scope=scope, reason="closed")
        assert done.status_code == 303
    assert [line.action for line in audited(office)] == ["pause", "resume"] * 2


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_without_a_reason_nothing_is_done(
    office: Office, visitors: Visitors, key: str, reason: str
) -> None:
    """The form comes back and says so."""
    answer = decide(visitors.operator(), key, "skip", reason)
    assert answer.status_code == 422
    assert "Please give a reason" in answer.text
    assert audited(office) == []


def test_what_nobody_can_do(office: Office, visitors: Visitors, key: str) -> None:
    """Other deeds, records and years than there are."""
    browser = visitors.operator()
    for form in (
        {"what": "pair"}, {"what": "reconcile"}, {"what": "uninstall", "scope": "*"},
        {"what": "pause", "scope": "nowhere"}, {"what": "release", "entity": "invoice"},
        {"what": "release", "entity": "nothing", "key": key}, {},
    ):  # fmt: skip
        assert browser.post("/act", reason="why", **form).status_code == 400
        assert browser.get("/act", **form).status_code == 400
    assert decide(browser, "4711", "release").status_code == 409
    assert audited(office) == []


def test_what_is_done_already(office: Office, visitors: Visitors, key: str) -> None:
    """Who comes second is told that there is nothing to do any more."""
    browser = visitors.operator()
    assert decide(browser, key, "skip").status_code == 303
    answer = decide(browser, key, "skip")
    assert answer.status_code == 409
    assert "Nothing was changed" in unescape(answer.text)
    assert len(audited(office)) == 1


def test_login_that_may_only_read(office: Office, visitors: Visitors, key: str) -> None:
    """Viewing works, deciding is refused in words that name the way out."""
    if office.dialect.name != "sqlite":
        pytest.skip("tests/admin/rights tries the roles of SQL Server")
    engine = read_only(office.relay_engine())
    reading = Visitors(office, engine)
    browser = reading.stranger()
    assert browser.sign_in(visitors.token("Rosa", PageRole.OPERATOR)).status_code == 303
    for path in ("/", "/problems", "/audit", f"/record?entity=invoice&key={key}"):
        assert browser.get(path).status_code == 200, path
    answer = decide(browser, key, "skip")
    assert answer.status_code == 409
    assert "relay rights page_operator" in unescape(answer.text)
    assert audited(office) == []


def read_only(engine: Engine) -> Engine:
    """Let an engine's connections read alone, as a login without rights does."""

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    return engine
