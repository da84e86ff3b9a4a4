"""Knows what every request passes: who it is, whether they may, in which language they read."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy.engine import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from relay.base import texts
from relay.extras.page.desk import FrontDesk
from relay.extras.page.users import PageRole, PageUser, user_signed_in

LONGEST_FORM = 16_384
"""Bytes of a form; the longest that the page has is a reason of a thousand letters."""
SIGN_IN = "/sign-in"


@dataclass(slots=True)
class Visit:
    """A request: who asks, what for, and how they are answered."""

    desk: FrontDesk
    request: Request
    form: Mapping[str, str]
    user: PageUser | None = None

    @property
    def language(self) -> str:
        """The language that was chosen, or else the one that the browser wishes first."""
        chosen = str(self.request.session.get("language", ""))
        return chosen if chosen in texts.LANGUAGES else self._wished()

    def _wished(self) -> str:
        wishes: list[tuple[float, str]] = []
        for part in self.request.headers.get("accept-language", "").split(",")[:20]:
            name, _, weight = part.strip().lower().partition(";q=")
            try:
                wishes.append((-float(weight or 1), name[:2]))
            except ValueError:
                continue
        known = [name for weight, name in sorted(wishes, key=lambda w: w[0]) if weight < 0]
        known = [name for name in known if name in texts.LANGUAGES]
        return known[0] if known else self.desk.settings.language

    def text(self, code: str, /, **values: object) -> str:
        """Return a text of the catalogue in the visitor's language."""
        return texts.text(code, self.language, **values)

    def word(self, code: str, otherwise: str) -> str:
        """Return a text of the catalogue; where it has none for a code, what stands for it."""
        return texts.word(code, self.language, otherwise)

    def asked(self, name: str) -> str:
        """Return a part of the question in the address, or an empty text."""
        return self.request.query_params.get(name, "").strip()

    @property
    def here(self) -> str:
        """The address that is shown, for a form that comes back to it."""
        url = self.request.url
        path = url.path if self.request.method == "GET" else "/"
        return f"{path}?{url.query}" if url.query and path != "/" else path

    @property
    def is_operator(self) -> bool:
        """Tell whether the visitor may decide."""
        return self.user is not None and self.user.role == PageRole.OPERATOR

    @property
    def csrf(self) -> str:
        """The token that a form of this visitor has to bring; made when first asked for."""
        session = self.request.session
        if "csrf" not in session:
            session["csrf"] = secrets.token_urlsafe(32)
        return str(session["csrf"])

    def sign_in(self, user: PageUser) -> None:
        """Begin a session: a new one, whatever this browser had before."""
        language = self.request.session.get("language")
        self.request.session.clear()
        hours = self.desk.page.session_hours
        self.request.session.update(
            {"name": user.name, "user": user.id, "session": secrets.token_hex(16)}
        )
        self.request.session["until"] = time.time() + hours * 3600
        if language is not None:
            self.request.session["language"] = language

    def sign_out(self) -> None:
        """End the session, also for whoever kept its cookie."""
        self.desk.left.add(str(self.request.session.get("session", "")))
        self.request.session.clear()


View = Callable[[Visit, Connection], Response]
"""Answers a visitor who has signed in, by a connection that only reads."""
Act = Callable[[Visit], Response]
"""Does something, in transactions of its own; nothing is open for reading meanwhile."""
Endpoint = Callable[[Request], Awaitable[Response]]


def seen_by(view: View, role: PageRole = PageRole.VIEWER) -> Endpoint:
    """Return what answers those alone who have signed in, and may."""

    def answer(visit: Visit) -> Response:
        with visit.desk.asking() as connection:
            return _refused(visit, connection, role) or view(visit, connection)

    return _endpoint(answer)


def done_by(act: Act, role: PageRole) -> Endpoint:
    """Return what does something for those alone who have signed in, may, and sent our form."""

    def answer(visit: Visit) -> Response:
        with visit.desk.asking() as connection:
            refused = _refused(visit, connection, role)
        require_csrf(visit)
        return refused or act(visit)

    return _endpoint(answer)


def open_to_all(act: Act) -> Endpoint:
    """Return what answers anybody; a form has to be ours all the same."""

    def answer(visit: Visit) -> Response:
        if visit.request.method == "POST":
            require_csrf(visit)
        return act(visit)

    return _endpoint(answer)


def _endpoint(answer: Act) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        visit = Visit(request.app.state.desk, request, await _form(request))
        request.state.visit = visit
        return await run_in_threadpool(answer, visit)

    return endpoint


def _refused(visit: Visit, connection: Connection, role: PageRole) -> Response | None:
    """Return where to sign in, None: it is known who asks, and that they may.

    Raises:
        HTTPException: a form came without a session, or from somebody who may only look.
    """
    visit.user = _signed_in(visit, connection)
    if visit.user is None:
        return _to_sign_in(visit.request)
    if role is PageRole.OPERATOR and not visit.is_operator:
        raise HTTPException(403, "page_only_operators")
    return None


def _signed_in(visit: Visit, connection: Connection) -> PageUser | None:
    """Return who it is, asked of the database each time: a revocation counts at once."""
    session = visit.request.session
    name, id_, until = (session.get(part) for part in ("name", "user", "until"))
    if not (isinstance(name, str) and isinstance(id_, str) and isinstance(until, int | float)):
        return None
    if until < time.time() or session.get("session") in visit.desk.left:
        return None
    return user_signed_in(connection, name, id_)


def _to_sign_in(request: Request) -> Response:
    if request.method != "GET" or "hx-request" in request.headers:
        raise HTTPException(401, "page_signed_out")
    there = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    where = SIGN_IN if there == "/" else f"{SIGN_IN}?{urlencode({'then': there})}"
    return RedirectResponse(where, status_code=303)


async def _form(request: Request) -> Mapping[str, str]:
    """Read a form as browsers send one without files."""
    body = b""
    if request.method != "POST":
        return {}
    async for some in request.stream():
        body += some
        if len(body) > LONGEST_FORM:
            raise HTTPException(413, "page_form_too_long")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50))
    except ValueError:
        raise HTTPException(400, "page_form_wrong") from None


def require_csrf(visit: Visit) -> None:
    """Refuse a form that another site made the browser send.

    Raises:
        HTTPException: it lacks the token of this visitor's session.
    """
    ours = str(visit.request.session.get("csrf", ""))
    if not ours or not hmac.compare_digest(ours.encode(), visit.form.get("csrf", "").encode()):
        raise HTTPException(403, "page_csrf")


def inside(path: str) -> str:
    """Return a path of this page, or the first one: never an address of somebody else's."""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_ours and path.isprintable() else "/"


def linked(path: str, /, **asked: Any) -> str:
    """Return a path with what is asked of it; what is empty is left out."""
    given = {name: value for name, value in asked.items() if value not in {None, ""}}
    return f"{path}?{urlencode(given)}" if given else path
