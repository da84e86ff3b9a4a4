"""The page is used in a real browser, as bookkeepers use it: in both languages, widths, schemes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from relay.base import texts
from relay.database import utcnow
from relay.extras.documents import views
from relay.extras.page.measures import Measure, keep
from relay.extras.page.users import PageRole, add_user
from relay.settings.parts import PageSection
from tests.extras.page.chromium import Look, Window, axe, programs, window
from tests.extras.page.test_command import free_port
from tests.world.bookkeeper import Bookkeeper
from tests.world.databases import Databases
from tests.world.desk import Desk
from tests.world.office import THIS, position

LOOKS = [
    Look("de", has_scripts=True, width=1280, scheme="light"),
    Look("en", has_scripts=True, width=390, scheme="dark"),
    Look("en", has_scripts=False, width=1280, scheme="dark"),
    Look("de", has_scripts=False, width=390, scheme="light"),
]
REASON = "In Sage geprüft & <b>richtig</b>"
NAME = "Haas & Söhne <i>AG</i> 🧀"


@dataclass
class Open:
    """A company whose page is served, beside its relay."""

    company: Bookkeeper
    desk: Desk
    url: str
    token: str
    held: str
    """Key of an invoice that is held: its account is missing in Sage."""


@pytest.fixture
def served(databases: Databases, tmp_path: Path) -> Iterator[Open]:
    """Let an invoice be held, others be booked, and the page be served."""
    programs()
    if databases.server.dialect != "sqlite":
        pytest.skip("the browser sees the same whatever the database is")
    company = Bookkeeper(databases)
    page = PageSection(port=free_port())
    desk = Desk(databases, tmp_path)
    desk.write(company.settings.model_copy(update={"page": page}))
    held = _history(company)
    with company.relay_engine().begin() as connection:
        token = add_user(connection, "Rosa Muster", PageRole.OPERATOR, None, "admin")
    process = desk.start("page")
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        yield Open(company, desk, url, token, held)
    finally:
        _end(process)


def _history(company: Bookkeeper) -> str:
    with company.relay_engine().begin() as connection:
        views.create(connection, company.settings)
    booked = company.add(COMPANY1="Käserei Zürcher Genossenschaft")
    company.invoice(booked, position("1200.00"), number="20260001", day=date(2026, 1, 15))
    company.drain()
    company.pay("20260001", "97.20")
    company.look()
    held = company.invoice(
        company.add(COMPANY1=NAME), position("100.00", account="9999"), number="20260002"
    )
    company.invoice(company.add(COMPANY1="Ohne Ort", CITY0=None), number="20260003")
    company.drain()
    with company.relay_engine().begin() as connection:
        now = connection.execute(select(utcnow())).scalar_one()
        for minutes in range(1, 200, 10):
            at = now - timedelta(minutes=minutes)
            keep(connection, Measure(at, 1, minutes % 60, minutes % 7, minutes % 3, minutes % 11))
    return held


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_release_in_a_browser(served: Open, look: Look) -> None:
    """Sign in, find a held invoice by its customer, read why, release it, see it go through."""
    with window(served.url, look) as page:
        page.go("/")
        page.assert_sound("sign-in")
        page.send("#token", served.token)
        page.assert_sound("overview")
        page.send("#find", "Haas")
        page.assert_sound("found")
        page.click("20260002")
        assert "9999" in page.text
        assert NAME in page.text
        page.assert_sound("held")
        served.company.write_sage(THIS, "Acc", AccId="9999", Text="Neu")  # the bookkeeper mends it
        page.click(texts.text("page_deed_release", look.language))
        page.assert_sound("release")
        page.send("#reason", REASON)
        relay = served.desk.start("run")
        try:
            page.wait("it went through", lambda: _is_applied(page))
        finally:
            _end(relay)
        assert REASON in page.text
        page.assert_sound("booked")
        page.click(texts.text("page_audit", look.language))
        assert REASON in page.text
        assert "Rosa Muster" in page.text
        page.assert_sound("audit")
    assert "20260002" in served.company.items(THIS)


def _is_applied(page: Window) -> bool:
    page.driver.refresh()
    return texts.status("applied", page.look.language) in page.one(".card").text


@pytest.mark.parametrize("look", LOOKS[:2], ids=lambda look: look.name)
def test_everybody_can_use_every_page(served: Open, look: Look) -> None:
    """axe-core finds nothing serious: names, heads, contrast, keyboard."""
    script = axe()
    with window(served.url, look) as page:
        page.go("/sign-in")
        assert page.barriers(script) == []
        page.send("#token", served.token)
        for name, path in _pages(served).items():
            page.go(path)
            if name == "month":
                page.wait("the month", lambda: _is_read(page))
            if name == "record":
                page.wait("both sides", lambda: page.has("#sides table"))
            page.assert_sound(name)
            assert page.barriers(script) == [], path


def _is_read(page: Window) -> bool:
    return "20260001" in page.text or "USt81" in page.text


def _pages(served: Open) -> dict[str, str]:
    record = f"entity=invoice&key={served.held}"
    return {
        "overview": "/",
        "problems": "/problems",
        "filtered": "/problems?q=nobody",
        "record": "/record?entity=invoice&key=1",
        "address": "/sides?entity=address&key=1",
        "find": "/find?q=haas",
        "documents": "/documents",
        "unpaid": "/documents?show=unpaid&customer=K",
        "journal": "/journal",
        "month": "/journal?month=2026-01",
        "audit": "/audit",
        "act": f"/act?what=skip&{record}",
        "pause": f"/act?what=pause&scope={THIS}",
    }
