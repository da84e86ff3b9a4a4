"""Documents are looked up in the browser as by the command: by customer, unpaid, overdue."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from sqlalchemy.engine import Engine

from relay.database import dialect_of
from relay.extras.documents import views
from relay.extras.page.users import PageRole
from relay.settings.parts import PageSection
from tests.admin.rights.logins import Logins
from tests.extras.page.browsing import Browser, Visitors
from tests.world.bookkeeper import Bookkeeper
from tests.world.databases import Databases
from tests.world.office import Office, position

AWKWARD = '<script>alert(1)</script> \u202eO\'Brien & "Söhne" 🧀'


@pytest.fixture
def bookkeeper(databases: Databases) -> Bookkeeper:
    """A company whose relay records documents and asks Sage what became of them."""
    bookkeeper = Bookkeeper(databases)
    engine: Engine = bookkeeper.relay_engine()
    with engine.begin() as connection:
        views.create(connection, bookkeeper.settings)
    return bookkeeper


@pytest.fixture
def sold(bookkeeper: Bookkeeper) -> Bookkeeper:
    """Two customers with an invoice each, one of them half paid."""
    one = bookkeeper.add(COMPANY1=AWKWARD)
    other = bookkeeper.add(COMPANY1="Zeller GmbH")
    bookkeeper.invoice(one, position("100.00", ARTICLE="A1", TEXT="<b>Käse</b>"), number="20260001")
    bookkeeper.invoice(
        other, position("200.00"), number="20260002", day=date(2026, 1, 5), DUEDATE=date(2026, 2, 4)
    )
    bookkeeper.drain()
    bookkeeper.pay("20260002", "16.20")
    bookkeeper.look()
    return bookkeeper


def text_of(browser: Browser, **asked: str) -> str:
    answer = browser.get("/documents", **asked)
    assert answer.status_code == 200, answer.text
    return answer.text


def numbers(text: str) -> list[str]:
    return re.findall(r'data-head="Number"><a href="[^"]*">(\d+)<', text)


def test_documents_are_found(sold: Bookkeeper) -> None:
    """By customer, number, article, days, state; what nobody can mean does not restrict."""
    browser = Visitors(sold).viewer()
    for asked, found in (
        ({}, ["20260001", "20260002"]),
        ({"customer": "Zeller"}, ["20260002"]),
        ({"number": "20260001"}, ["20260001"]),
        ({"article": "A1"}, ["20260001"]),
        ({"until": "2026-01-10"}, ["20260002"]),
        ({"since": "yesterday", "state": "lost", "year": "1066"}, ["20260001", "20260002"]),
        ({"state": "held"}, []),
        ({"customer": "%"}, []),
    ):
        assert numbers(text_of(browser, **asked)) == found, asked
    assert "No document found" in text_of(browser, number="4711")


def test_unpaid_and_balance(sold: Bookkeeper) -> None:
    """What is open, since when that is so, and how the customer stands."""
    browser = Visitors(sold).viewer()
    text = unescape(text_of(browser, show="unpaid"))
    assert sorted(numbers(text)) == ["20260001", "20260002"]
    assert "200.00" in text  # 216.20 less 16.20
    assert "As of" in text
    text = unescape(text_of(browser, show="unpaid", customer="Zeller"))
    assert numbers(text) == ["20260002"]
    assert "balance 200.00" in text
    assert "relay documents --unpaid" in text
    assert "20260002" in text_of(browser, show="overdue")


def test_awkward_names_are_shown(sold: Bookkeeper) -> None:
    """Letter by letter, never executed."""
    browser = Visitors(sold).viewer()
    for asked in ({}, {"show": "unpaid"}, {"customer": "Brien"}):
        text = text_of(browser, **asked)
        assert "<script>alert" not in text
        assert "<b>Käse" not in text
        assert AWKWARD.replace("\u202e", "") in unescape(text).replace("\u202e", "")
        assert "style=" not in text


def test_only_the_first_are_shown(sold: Bookkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page stays short, and says so."""
    monkeypatch.setattr("relay.extras.page.documents.SHOWN", 1)
    text = text_of(Visitors(sold).viewer())
    assert len(numbers(text)) == 1
    assert "The first 1 are shown" in text


def test_part_that_is_off(office: Office, visitors: Visitors) -> None:
    """It is said how to switch it on; the menu does not offer it."""
    browser = visitors.viewer()
    assert "[documents]" in text_of(browser)
    assert 'href="/documents"' not in browser.get("/").text
    assert dialect_of(office.cobra).name == office.dialect.name


@pytest.mark.parametrize("role", ["page", "reader"])
def test_logins_that_may_look(bookkeeper: Bookkeeper, role: str) -> None:
    """The roles that look at the page see documents too, also after the views were made anew."""
    if bookkeeper.dialect.name == "sqlite":
        pytest.skip("SQLite has no users")
    settings = bookkeeper.settings.model_copy(update={"page": PageSection()})
    logins = Logins(bookkeeper.databases, settings)
    try:
        who, cobra = logins.with_role(role), bookkeeper.databases.cobra
        with bookkeeper.relay_engine().begin() as connection:
            views.create(connection, settings)
        visitors = Visitors(bookkeeper)
        token = visitors.token("Rosa", PageRole.VIEWER)
        visitors.desk.engine = bookkeeper.databases.server.engine(logins.url(who, cobra))
        browser = visitors.stranger()
        assert browser.sign_in(token).status_code == 303
        for asked in ({}, {"show": "unpaid"}, {"customer": "x"}):
            text_of(browser, **asked)
    finally:
        logins.close()
