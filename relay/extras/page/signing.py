"""Knows how people sign in and out, and choose their language."""

from __future__ import annotations

import structlog
from starlette.responses import RedirectResponse, Response

from relay.base import texts
from relay.extras.page.render import rendered
from relay.extras.page.users import user_of_token
from relay.extras.page.visit import Visit, inside

log = structlog.get_logger()


def sign_in(visit: Visit) -> Response:
    """Show the form, or take its token; whoever errs too often has to wait."""
    then = inside(visit.form.get("then") or visit.asked("then"))
    if visit.request.method != "POST":
        return rendered(visit, "sign_in", then=then, wrong=None)
    client = visit.request.client
    address = "" if client is None else client.host
    tries = visit.desk.tries
    if seconds := tries.seconds_to_wait(address):
        wrong = visit.text("page_too_often", seconds=seconds)
        answer = rendered(visit, "sign_in", 429, then=then, wrong=wrong)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    with visit.desk.asking() as connection:
        user = user_of_token(connection, visit.form.get("token", "").strip())
    if user is None:
        tries.failed(address)
        log.warning("page_sign_in_refused", address=address)
        return rendered(visit, "sign_in", 403, then=then, wrong=visit.text("page_token_wrong"))
    visit.sign_in(user)
    log.info("page_signed_in", user=user.name, address=address)
    return RedirectResponse(then, status_code=303)


def sign_out(visit: Visit) -> Response:
    """End the session."""
    visit.sign_out()
    return RedirectResponse("/sign-in", status_code=303)


def choose_language(visit: Visit) -> Response:
    """Keep a language for this browser, and go back."""
    if (language := visit.form.get("language", "")) in texts.LANGUAGES:
        visit.request.session["language"] = language
    return RedirectResponse(inside(visit.form.get("then", "/")), status_code=303)
