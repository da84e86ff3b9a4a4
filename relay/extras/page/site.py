"""Knows the page as a whole: which address shows what, to whom, and what an error looks like."""

from __future__ import annotations

import secrets

import structlog
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from relay.base import texts
from relay.base.errors import RelayError, Unavailable
from relay.extras.page import acting, overview, problems, record, signing
from relay.extras.page.desk import FrontDesk
from relay.extras.page.documents import documents
from relay.extras.page.guard import Headed
from relay.extras.page.journal import journal
from relay.extras.page.render import HERE, rendered
from relay.extras.page.users import PageRole
from relay.extras.page.visit import SIGN_IN, Visit, done_by, open_to_all, seen_by

log = structlog.get_logger()


def routes() -> list[BaseRoute]:
    """Return every address; what changes anything takes a form alone."""
    get, post, both = ["GET"], ["POST"], ["GET", "POST"]
    return [
        Route("/", seen_by(overview.overview), methods=get),
        Route("/problems", seen_by(problems.problems), methods=get),
        Route("/problems.csv", seen_by(problems.sheet), methods=get),
        Route("/record", seen_by(record.record), methods=get),
        Route("/sides", seen_by(record.sides), methods=get),
        Route("/find", seen_by(record.find), methods=get),
        Route("/journal", seen_by(journal), methods=get),
        Route("/documents", seen_by(documents), methods=get),
        Route("/audit", seen_by(acting.audit), methods=get),
        Route("/act", seen_by(acting.confirm, PageRole.OPERATOR), methods=get),
        Route("/act", done_by(acting.act, PageRole.OPERATOR), methods=post),
        Route(SIGN_IN, open_to_all(signing.sign_in), methods=both),
        Route("/sign-out", done_by(signing.sign_out, PageRole.VIEWER), methods=post),
        Route("/language", open_to_all(signing.choose_language), methods=post),
        Mount("/static", StaticFiles(directory=HERE / "static")),
    ]


def site(desk: FrontDesk) -> ASGIApp:
    """Return what answers browsers, as long as this process lives: the key of its sessions too."""
    page = desk.page
    app = Starlette(
        routes=routes(),
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=page.called, www_redirect=False),
            Middleware(
                SessionMiddleware,
                secret_key=secrets.token_hex(32),
                session_cookie="__Host-relay" if page.is_secure else "relay",
                max_age=page.session_hours * 3600,
                same_site="strict",
                https_only=page.is_secure,
            ),
        ],
        exception_handlers={
            HTTPException: _refused,
            RelayError: _told,
            DBAPIError: _told,
            Exception: _broken,
        },
    )
    app.state.desk = desk
    return Headed(app, is_secure=page.is_secure)


def _refused(request: Request, error: Exception) -> Response:
    """Say why a request is refused, by a code of the catalogue or of HTTP alone."""
    assert isinstance(error, HTTPException)  # noqa: S101 - as it is registered
    code = error.detail if error.detail in texts.catalogue() else "page_refused"
    return _page(request, error.status_code, code, dict(error.headers or {}))


def _told(request: Request, error: Exception) -> Response:
    """Say an error of the relay, or what the database has against it, in the relay's words."""
    assert isinstance(error, RelayError | DBAPIError)  # noqa: S101 - as it is registered
    visit = _visit(request)
    named = visit.desk.named(error)
    what = texts.of_error(named, visit.language)
    log.warning("page_refused", code=named.code, text=what)
    return rendered(visit, "error", 503 if isinstance(named, Unavailable) else 409, what=what)


def _broken(request: Request, error: Exception) -> Response:
    """Say that it is our mistake; what it was stands in the log alone."""
    log.error("page_failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return _page(request, 500, "page_failed", {})


def _page(request: Request, status: int, code: str, headers: dict[str, str]) -> Response:
    visit = _visit(request)
    answer: Response = (
        rendered(visit, "error", status, what=visit.text(code, status=status))
        if "session" in request.scope
        else PlainTextResponse(
            texts.text(code, visit.desk.settings.language, status=status), status
        )
    )
    answer.headers.update(headers)
    return answer


def _visit(request: Request) -> Visit:
    known = getattr(request.state, "visit", None)
    return known if isinstance(known, Visit) else Visit(request.app.state.desk, request, {})
