"""Knows the page of documents: as they stand in Sage, what is unpaid, how a customer stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy.engine import Connection
from starlette.responses import Response

from relay.extras.answers.unpaid import customers, freshness, kind_words, unpaid
from relay.extras.documents.asking import STATES, Search, find, paid_words
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit

SHOWN = 100
"""Documents on the page; the command's file holds all."""
ALL, UNPAID, OVERDUE = "", "unpaid", "overdue"
_PARTS = ("customer", "number", "article", "state", "year", "since", "until")


@dataclass(frozen=True, slots=True)
class DocumentWish:
    """What somebody asks to see; what is empty does not restrict."""

    show: str
    given: Mapping[str, str]

    def search(self) -> Search:
        """Return it as the enquiry takes it."""
        words = {name: self.given[name] or None for name in _PARTS[:5]}
        days = {name: _day(self.given[name]) for name in _PARTS[5:]}
        return Search(**words, **days)  # type: ignore[arg-type] # texts, then days

    def shell(self) -> str:
        """Return the command that writes all of it."""
        return f"relay documents{f' --{self.show}' if self.show == UNPAID else ''}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _wanted(visit: Visit) -> DocumentWish:
    settings = visit.desk.settings
    given = {name: visit.asked(name)[:200] for name in _PARTS}
    if given["state"] not in STATES:
        given["state"] = ""
    if given["year"] not in settings.sage.names:
        given["year"] = ""
    show = visit.asked("show")
    is_known = show in {UNPAID, OVERDUE} and settings.answers is not None
    return DocumentWish(show if is_known else ALL, given)


def documents(visit: Visit, connection: Connection) -> Response:
    """Show what is found."""
    settings = visit.desk.settings
    if settings.documents is None:
        return rendered(visit, "documents", wanted=None, why=visit.text("documents_off"))
    wanted = _wanted(visit)
    customer = wanted.given["customer"] or None
    owed, found, stand = [], [], []
    if wanted.show != ALL:
        days = 0 if wanted.show == OVERDUE else None
        owed = unpaid(connection, customer, days, SHOWN + 1)
    else:
        found = find(connection, wanted.search(), SHOWN + 1)
    if customer is not None and settings.answers is not None:
        stand = customers(connection, customer)[:SHOWN]
    return rendered(
        visit,
        "documents",
        wanted=wanted,
        why=None,
        has_answers=settings.answers is not None,
        states=STATES,
        years=settings.sage.names,
        owed=owed[:SHOWN],
        found=found[:SHOWN],
        more=max(len(owed), len(found)) > SHOWN,
        most=SHOWN,
        stand=stand,
        freshness=list(freshness([*owed, *stand], visit.language)),
        word=lambda name: visit.text(f"enquiry_word_{name.replace('-', '_')}"),
        kind=lambda row: kind_words(row, visit.language),
        paid=lambda head: paid_words(head, visit.language),
    )
