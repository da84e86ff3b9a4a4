"""Knows the journal's page: a month by VAT key and account, cobra against Sage, to be printed."""

from __future__ import annotations

import calendar
from datetime import date
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.engine import Connection
from starlette.responses import Response

from relay.admin.journal import both_sums
from relay.base import texts
from relay.database import utcnow
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit

AGAIN_S = 2
"""After how many seconds the browser asks again for a month that is being read."""


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
        sums=[
            (mandant, rows := list(some), both_sums(rows))
            for mandant, some in groupby(read.journal.rows, lambda row: row.group.mandant)
        ],
    )


def _month(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == len("2026-01") else None
    except ValueError:
        return None
