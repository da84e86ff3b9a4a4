"""Knows on which day a Sage year takes a document, and whether what stands may be changed. Pure.

Source: Sage rejects postings outside the fiscal year, and asks about those outside the period
(dialog Optionen). Value added tax that was settled with the tax office stands as it was told.
"""

from __future__ import annotations

from datetime import date, timedelta

from relay.base.values import Outcome, held, waiting
from relay.rules.invoice.books import Stored
from relay.rules.invoice.invoice import Book
from relay.rules.invoice.ledger import Client
from relay.rules.policy import Rules


def is_closed(client: Client | None) -> bool:
    """Tell whether a year takes no posting any more: the first open day lies behind its last."""
    return client is not None and _open_days(client)[0] > client.last_day


def posting_day(task: Book, client: Client, rules: Rules, year: str) -> date | Outcome:
    """Return the day on which an invoice is posted, or why it cannot be now."""
    day = task.invoice.posting_date
    if day > client.last_day or (day < client.first_day and task.closed is None):
        values = {"day": day, "first": client.first_day, "last": client.last_day, "year": year}
        return held("day_outside_year", **values)
    first, last = _open_days(client)
    if first <= day <= last:
        return day
    if rules.closed_period == "next-period" and day < first <= last:
        return first
    values = {"day": day, "first": first, "last": last, "year": year}
    if rules.closed_period == "hold":
        return held("period_closed_held", **values)
    return waiting("period_closed", f"period:{year}", **values)


def obstacle_to_correct(
    number: str, stored: Stored, client: Client | None, year: str
) -> Outcome | None:
    """Say why a document may not be taken back: its period or its value added tax is closed.

    What takes it back is posted on the document's own day, whatever `closed_period` says: on
    another one, two periods would be wrong and their difference right.
    """
    if client is None:
        return held("client_settings_missing", year=year)
    values = {"number": number, "day": stored.date, "year": year}
    settled = client.vat_settled
    if settled is not None and stored.date <= settled:
        return held("vat_settled", until=settled, **values)
    first, last = _open_days(client)
    if first <= stored.date <= last:
        return None
    return held("correction_period_closed", first=first, last=last, **values)


def _open_days(client: Client) -> tuple[date, date]:
    """Return the first and the last day on which a year takes postings."""
    first = max(client.first_day, client.period_first or client.first_day)
    if client.vat_settled is not None:
        settled = min(client.vat_settled, date.max - timedelta(days=1))
        first = max(first, settled + timedelta(days=1))
    return first, min(client.last_day, client.period_last or client.last_day)
