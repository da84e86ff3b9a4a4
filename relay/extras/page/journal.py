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

from relay.admin.journal import Difference, NetAndTax, Total, read_journal
from relay.admin.read_only import looking
from relay.base import texts
from relay.database import utcnow
from relay.extras.page.render import rendered
from relay.extras.page.visit import Visit


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
        return rendered(visit, "journal", month=month, found=None, why=why)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    with looking(settings) as looked:
        found = read_journal(looked, settings, first, last, None)
        missed = {
            name: texts.of_error(e, visit.language) for name, e in looked.years.missed.items()
        }
    return rendered(
        visit,
        "journal",
        month=asked,
        found=found,
        why=None,
        first=first,
        last=last,
        missed=missed,
        sums=_by_mandant(found.rows),
        note=lambda one: _note(visit, one),
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


def _note(visit: Visit, one: Difference) -> str:
    """Return what is wrong and what to do about it."""
    if one.problem is not None:
        return texts.of_problem(one.problem, visit.language)
    return one.text or visit.text(f"reason_{one.reason}")
