"""Knows the journal's page: a month by VAT key and account, cobra against Sage, to be printed."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.engine import Connection
from starlette.responses import Response

from relay.admin.journal import Difference, NetAndTax, Total
from relay.base import texts
from relay.database import utcnow
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit

AGAIN_S = 2
"""After how many seconds the browser asks again for a month that is being read."""


@dataclass(frozen=True, slots=True)
class Sums:
    """All rows of a mandant, and what they come to."""

    mandant: str
    rows: Sequence[Total]
    cobra: NetAndTax
    sage: NetAndTax


def journal(visit: Visit, connection: Connection) -> Response:
    """Show a month; it is read when somebody asked for one, since it looks into each Sage year."""
    settings = visit.desk.settings
    today = connection.execute(select(utcnow())).scalar_one().astimezone().date()
    asked = visit.asked("month")
    first = _month(asked)
    if first is None or settings.invoices is None:
        month = f"{today.year}-{today.month:02}"
        why = None
        if asked:
            why = visit.text("page_month_wrong")
        if settings.invoices is None:
            why = visit.text("journal_without_invoices")
        return rendered(visit, "journal", month=month, found=None, why=why, is_read=False)
    read = visit.desk.months.of(first)
    if read is None:
        answer = rendered(visit, "journal", month=asked, found=None, why=None, is_read=True)
        answer.headers["Refresh"] = str(AGAIN_S)
        return answer
    return rendered(
        visit,
        "journal",
        month=asked,
        found=read.journal,
        differences=read.differences,
        why=None,
        first=first,
        last=first.replace(day=calendar.monthrange(first.year, first.month)[1]),
        missed={
            name: texts.of_problem(problem, visit.language) for name, problem in read.missed.items()
        },
        sums=_by_mandant(read.journal.rows),
        note=lambda one: note(visit, one),
    )


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == len("2026-01") else None
    except ValueError:
        return None


def _by_mandant(rows: Sequence[Total]) -> list[Sums]:
    found = []
    for mandant, some in groupby(rows, lambda row: row.group.mandant):
        of_mandant = list(some)
        cobra = sum((row.cobra for row in of_mandant), NetAndTax())
        sage = sum((row.sage for row in of_mandant), NetAndTax())
        found.append(Sums(mandant, of_mandant, cobra, sage))
    return found


def note(visit: Visit, one: Difference) -> str:
    """Return what is wrong and what to do about it."""
    if one.problem is not None:
        return texts.of_problem(one.problem, visit.language)
    return one.text or visit.text(f"reason_{one.reason}")
