"""Knows how a page becomes HTML: every value is escaped, every text is the visitor's language's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from relay.admin.journal import money as money_of
from relay.base import texts
from relay.extras.page.visit import Visit, linked

HERE = Path(__file__).parent


@cache
def _environment() -> Environment:
    """Return what reads the templates; a name that nobody gave is a mistake, not an empty text."""
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def rendered(visit: Visit, name: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """Return a page; `name` is its template's, and in the navigation its own."""
    language = visit.language

    def shown(value: object) -> str:
        return texts.shown(value, language)

    html = (
        _environment()
        .get_template(f"{name}.html")
        .render(
            t=visit.text, shown=shown, money=money, linked=linked, iso=iso, here=name,
            status_name=lambda status: texts.status(status, language),
            visit=visit, user=visit.user, language=language, **values,
        )
    )  # fmt: skip
    return HTMLResponse(html, status_code=status, headers={"Content-Language": language})


def money(amount: Decimal | str | None) -> str:
    """Show an amount, also one that was kept as a text, as the Swiss write it; nothing for none."""
    return "" if amount is None else money_of(Decimal(amount))


def iso(time: datetime) -> str:
    """Write a time as browsers read it."""
    return time.isoformat(timespec="seconds")
