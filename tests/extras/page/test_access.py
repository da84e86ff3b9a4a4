"""Nobody gets anything without a token, nothing changes without a form of ours."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, update
from starlette.routing import Mount, Route

from relay.admin.naming import abouts_of, heads_of
from relay.base.errors import Refused
from relay.cobra.tables import source_tables
from relay.database import dialect_of, utcnow
from relay.extras.page.desk import Believed
from relay.extras.page.guard import FROM_ALL, HEADERS, MINUTE_S, TRIES, Tries
from relay.extras.page.site import routes
from relay.extras.page.tables import page_tables
from relay.extras.page.users import PageRole, revoke_user
from relay.extras.page.visit import inside
from tests.extras.page.browsing import Browser, Visitors
from tests.world.office import THIS, Office, position

OPEN = {"/sign-in", "/language"}
"""What anybody may ask for."""
DECIDES = {"/act"}
ROUTES = [
    (method, route.path)
    for route in routes()
    if isinstance(route, Route)
    for method in sorted((route.methods or set()) - {"HEAD"})
]
DEED = {"what": "pause", "scope": THIS, "reason": "a test"}


def headed(browser: Browser, answer: object) -> None:
    """Look at the headers that each answer has to have."""
    headers = getattr(answer, "headers", {})
    for name, value in HEADERS.items():
        assert headers[name] == value
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert browser.client is not None


def actions(office: Office) -> int:
    audit = source_tables(office.dialect.name).audit
    with office.cobra.begin() as connection:
        query = select(func.count()).where(audit.c.action.in_(["pause", "release", "skip"]))
        return int(connection.execute(query).scalar_one())


def test_the_table_knows_every_route() -> None:
    """What is added is tried too; beside it there are files that everybody may read."""
    assert len(ROUTES) >= 13
    assert [one.path for one in routes() if isinstance(one, Mount)] == ["/static"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_stranger(visitors: Visitors, method: str, path: str) -> None:
    """Without a cookie there is the sign-in, and no form does anything."""
    browser = visitors.stranger()
    answer = browser.client.request(method, path, data=DEED if method == "POST" else None)
    headed(browser, answer)
    if path in OPEN:
        assert answer.status_code == (200 if method == "GET" else 403)
    elif method == "GET":
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in")
    else:
        assert answer.status_code == 401
    assert actions(visitors.office) == 0


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_viewer(visitors: Visitors, method: str, path: str) -> None:
    """Who may only look sees everything but what decides."""
    browser = visitors.viewer()
    answer = browser.post(path, **DEED) if method == "POST" else browser.get(path)
    headed(browser, answer)
    if path in DECIDES:
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text
    elif path == "/record":
        assert answer.status_code == 404  # none was named
    elif (method, path) == ("POST", "/sign-in"):
        assert answer.status_code == 403  # with no token
    else:
        assert answer.status_code in {200, 303}
    assert actions(visitors.office) == 0


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_wrong_host(visitors: Visitors, method: str, path: str) -> None:
    """A name that is not ours gets no answer: no other site's name may stand for this machine."""
    browser = visitors.operator()
    answer = browser.client.request(method, path, headers={"Host": "evil.example"})
    headed(browser, answer)
    assert answer.status_code == 400


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[0] == "POST"])
@pytest.mark.parametrize("csrf", [None, "", "wrong", "é"])
def test_form_of_another_site(visitors: Visitors, method: str, path: str, csrf: str | None) -> None:
    """A form without the session's token is refused, whoever is signed in."""
    browser = visitors.operator()
    form = DEED if csrf is None else DEED | {"csrf": csrf}
    answer = browser.client.request(method, path, data=form)
    headed(browser, answer)
    assert answer.status_code == 403
    assert actions(visitors.office) == 0


@pytest.mark.parametrize("path", sorted({path for method, path in ROUTES if method == "POST"}))
def test_link_that_would_change_something(visitors: Visitors, path: str) -> None:
    """What changes anything takes a form alone, whatever stands in the address."""
    browser = visitors.operator()
    answer = browser.get(path, csrf=browser.csrf(), language="de", token="x", **DEED)
    headed(browser, answer)
    assert answer.status_code in {200, 405}
    assert actions(visitors.office) == 0
    for method in ("PUT", "DELETE", "PATCH"):
        assert browser.client.request(method, path).status_code == 405


def test_other_sessions_form(visitors: Visitors) -> None:
    """The token of one session does not count in another."""
    one, other = visitors.operator(), visitors.somebody(PageRole.OPERATOR, name="Berta")
    answer = other.client.post("/act", data={"csrf": one.csrf()} | DEED)
    assert answer.status_code == 403


def test_token_is_kept_as_a_hash(visitors: Visitors) -> None:
    """The database cannot tell it, nor anybody who reads it."""
    token = visitors.token("Anna", PageRole.VIEWER)
    u = page_tables(visitors.office.dialect.name).user
    with visitors.office.cobra.begin() as connection:
        (row,) = connection.execute(select(u)).all()
    assert token not in map(str, row)
    assert len(token) >= 43  # 256 bits


def test_revoked_user_is_out_at_once(visitors: Visitors) -> None:
    """The next click does not count any more, though the cookie is there."""
    browser = visitors.somebody(PageRole.OPERATOR, name="Anna")
    assert browser.get("/").status_code == 200
    with visitors.office.relay_engine().begin() as connection:
        revoke_user(connection, "Anna", "admin")
    assert browser.get("/").status_code == 303
    assert browser.post("/act", **DEED).status_code == 401
    assert actions(visitors.office) == 0


def test_expired_token(visitors: Visitors) -> None:
    """After its days it counts no more, for sign-in and for who is signed in."""
    token = visitors.token("Anna", PageRole.VIEWER, days=3)
    browser = visitors.stranger()
    assert browser.sign_in(token).status_code == 303
    u = page_tables(visitors.office.dialect.name).user
    with visitors.office.relay_engine().begin() as connection:
        now = connection.execute(select(utcnow())).scalar_one()
        (expires,) = connection.execute(select(u.c.expires_at)).one()
        assert timedelta(days=2) < expires - now < timedelta(days=4)
        connection.execute(update(u).values(expires_at=now - timedelta(minutes=1)))
    assert browser.get("/").status_code == 303
    assert visitors.stranger().sign_in(token).status_code == 403


def test_new_token_ends_the_old_session(visitors: Visitors) -> None:
    """Who gets a token anew has to sign in with it."""
    browser = visitors.somebody(PageRole.VIEWER, name="Anna")
    with visitors.office.relay_engine().begin() as connection:
        revoke_user(connection, "Anna", "admin")
    visitors.token("Anna", PageRole.VIEWER)
    assert browser.get("/").status_code == 303


def test_sign_out_ends_the_session_for_a_copied_cookie(visitors: Visitors) -> None:
    """Whoever kept the cookie has nothing of it."""
    browser = visitors.viewer()
    kept = dict(browser.client.cookies)
    assert browser.post("/sign-out").status_code == 303
    thief = visitors.stranger()
    thief.client.cookies.update(kept)
    assert thief.get("/").status_code == 303


def test_cookie_is_hard_to_get(visitors: Visitors) -> None:
    """No script reads it, no other site sends it, and it cannot be written by hand."""
    browser = visitors.stranger()
    cookie = browser.get("/sign-in").headers["Set-Cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie  # there is no TLS here
    browser.client.cookies.set("relay", "eyJuYW1lIjogIkFubmEifQ==.aa.bb")
    assert browser.get("/").status_code == 303
    secure = Visitors(visitors.office, trusted_proxies=["127.0.0.1"]).stranger()
    cookie = secure.get("/sign-in").headers["Set-Cookie"]
    assert cookie.startswith("__Host-relay=")
    assert "secure" in cookie.lower()
    assert "Strict-Transport-Security" in secure.get("/sign-in").headers


def test_sessions_of_another_process_do_not_count(visitors: Visitors) -> None:
    """The key is made anew with each process."""
    browser = visitors.viewer()
    other = visitors.stranger()
    other.client.cookies.update(dict(browser.client.cookies))
    assert other.get("/").status_code == 303


def test_wrong_tokens_have_to_wait(visitors: Visitors) -> None:
    """After some, even the right one is not looked at for a minute."""
    now = [0.0]
    visitors.desk.tries = Tries(lambda: now[0])
    token = visitors.token("Anna", PageRole.VIEWER)
    browser = visitors.stranger()
    for _ in range(TRIES):
        assert browser.sign_in("wrong").status_code == 403
    answer = browser.sign_in(token)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    now[0] = MINUTE_S + 1
    assert browser.sign_in(token).status_code == 303


def test_tries_from_everywhere_together() -> None:
    """Many addresses together have to wait too, and what is over is forgotten."""
    now = [0.0]
    tries = Tries(lambda: now[0])
    for number in range(FROM_ALL):
        tries.failed(f"10.0.0.{number}")
    assert tries.seconds_to_wait("192.0.2.1") > 0
    now[0] = MINUTE_S + 1
    assert tries.seconds_to_wait("192.0.2.1") == 0


def test_after_signing_in_one_is_where_one_wanted(visitors: Visitors) -> None:
    """But never at another site's."""
    token = visitors.token("Anna", PageRole.VIEWER)
    browser = visitors.stranger()
    answer = browser.get("/problems", status="held")
    assert answer.headers["Location"] == "/sign-in?then=%2Fproblems%3Fstatus%3Dheld"
    signed = browser.post("/sign-in", token=token, then="/problems?status=held")
    assert signed.headers["Location"] == "/problems?status=held"
    for path in ("https://evil.example", "//evil.example", "/\\evil.example", "/\tevil", ""):
        assert inside(path) == "/"


def test_form_that_is_too_long(visitors: Visitors) -> None:
    """Nobody fills the memory."""
    answer = visitors.stranger().client.post("/sign-in", data={"token": "x" * 20_000})
    assert answer.status_code == 413


def test_mistake_of_ours_shows_no_traceback(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page says that it failed, with all headers, and nothing of the inside."""
    browser = visitors.viewer()

    def fail(*_: object) -> None:
        msg = "secret-detail"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr("relay.extras.page.acting._newest", fail)
    answer = browser.get("/audit")
    assert answer.status_code == 500
    headed(browser, answer)
    assert "secret-detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "mistake of the relay" in answer.text


@pytest.mark.parametrize("language", ["de", "en"])
def test_login_that_may_not_read_names(
    visitors: Visitors, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    """Keys and problems stand there, and a sentence says why there is neither name nor amount."""
    office = visitors.office
    key = office.invoice(office.add(COMPANY1="Muster AG"), position("50.00", account="9999"))
    office.drain()
    said = {"de": "nicht lesen darf", "en": "may not read"}[language]
    browser = visitors.viewer(language)
    for path in ("/", "/problems"):
        assert said not in browser.get(path).text
        assert "54.05" in browser.get(path).text
    visitors.desk.names = Believed(office.settings, abouts_of)  # as a login without that right
    visitors.desk.heads = Believed(office.settings, heads_of)

    def refuse(*_: object) -> None:
        raise Refused("table_missing", table="INVOICES", schema="dbo")

    monkeypatch.setattr("relay.admin.naming._rows", refuse)
    for path in ("/", "/problems"):
        text = browser.get(path).text
        assert said in text, path
        assert f"key={key}" in text, path
        assert "9999" in text, path


def test_cobra_that_is_away(visitors: Visitors, tmp_path: Path) -> None:
    """It is said without a password, and comes back by itself."""
    browser = visitors.viewer()
    engine = visitors.desk.engine
    url = make_url(f"sqlite:///{tmp_path / 'nowhere' / 'cobra.db'}")
    visitors.desk.engine = dialect_of(url).engine(url, lock_timeout_ms=200)
    answer = browser.get("/")
    headed(browser, answer)
    assert answer.status_code == 503
    visitors.desk.engine = engine
    assert browser.get("/").status_code == 200
