"""Lets a test visit the page as a browser does, without one."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any

from httpx2 import Response
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from relay.extras.page.desk import FrontDesk
from relay.extras.page.site import site
from relay.extras.page.users import PageRole, add_user
from relay.settings.parts import PageSection
from tests.world.office import Office

HOST = "http://localhost"
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


class Browser:
    """A browser with its cookies."""

    def __init__(self, desk: FrontDesk, language: str = "en") -> None:
        """Come to the page for the first time."""
        self.desk = desk
        self.client = TestClient(
            site(desk), HOST, raise_server_exceptions=False, follow_redirects=False,
            headers={"Accept-Language": language},
        )  # fmt: skip

    def get(self, path: str, **asked: str) -> Response:
        """Follow a link."""
        return self.client.get(path, params=asked or None)

    def month(self, month: str) -> str:
        """Ask for a month's journal until it is read."""
        for _ in range(300):
            answer = self.get("/journal", month=month)
            if "Refresh" not in answer.headers:
                return unescape(answer.text)
            time.sleep(0.1)
        raise AssertionError(month)

    def csrf(self, path: str = "/sign-in") -> str:
        """Return what a form of a page brings along."""
        found = CSRF.search(self.get(path).text)
        assert found is not None
        return found[1]

    def post(self, path: str, **form: str) -> Response:
        """Send a form of ours."""
        return self.client.post(path, data={"csrf": self.csrf()} | form)

    def sign_in(self, token: str) -> Response:
        """Sign in."""
        return self.post("/sign-in", token=token)


class Visitors:
    """The page of an office, and people who may sign in."""

    def __init__(self, office: Office, engine: Engine | None = None, **page: Any) -> None:
        """Open it."""
        self.office = office
        self.page = PageSection(**page)
        self.desk = FrontDesk(office.settings, self.page, engine or office.relay_engine())

    def token(self, name: str, role: PageRole, days: int | None = None) -> str:
        """Let somebody in."""
        with self.office.relay_engine().begin() as connection:
            return add_user(connection, name, role, days, "admin")

    def stranger(self, language: str = "en") -> Browser:
        """Return somebody who has not signed in."""
        return Browser(self.desk, language)

    def somebody(self, role: PageRole, language: str = "en", name: str = "") -> Browser:
        """Return somebody who has."""
        browser = self.stranger(language)
        answer = browser.sign_in(self.token(name or f"{role} {language}", role))
        assert answer.status_code == 303, answer.text
        return browser

    def viewer(self, language: str = "en") -> Browser:
        """Return somebody who may read."""
        return self.somebody(PageRole.VIEWER, language)

    def operator(self, language: str = "en") -> Browser:
        """Return somebody who may decide."""
        return self.somebody(PageRole.OPERATOR, language)
