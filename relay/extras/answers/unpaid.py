"""Knows how is asked who owes what: by the views, which everybody else asks too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnClause, Select, Unicode, column, or_, select, text
from sqlalchemy.engine import Connection, RowMapping
from sqlalchemy.exc import DBAPIError

from relay.base import texts
from relay.base.errors import Refused
from relay.database import Failure, dialect_of
from relay.extras.documents.views import KINDS, VIEWS, place
from relay.rules.invoice.invoice import CENT

AMOUNTS = ("gross", "paid", "open_amount", "open_currency", "balance", "overdue", "credit_limit")
_DAYS = ("invoice_date", "due_date", "last_payment", "overdue_since", "oldest_due", "last_reminder")
_TEXTS = ("customer_key", "address_number", "customer")
_TIMES = ("as_of_local", "stale_since_local")
Row = dict[str, Any]


def unpaid(
    connection: Connection, customer: str | None, overdue: int | None, limit: int | None = None
) -> list[Row]:
    """Return what is not settled in Sage, oldest due day first, by our names of the columns.

    `customer`: a key in cobra, a number in Sage, or a part of the name; `overdue`: for more days
    than so many.
    """
    query = _from(connection, "v_unpaid", customer)
    if overdue is not None:
        query = query.where(_column("days_overdue") > overdue)
    query = query.order_by(_column("due_date"), _column("number"))
    return _read(connection, query if limit is None else query.limit(limit))


def customers(connection: Connection, customer: str) -> list[Row]:
    """Return how these customers stand in Sage, in each mandant that has asked for them."""
    query = _from(connection, "v_customer", customer).where(_column("mandant").is_not(None))
    return _read(connection, query.order_by(_column("customer"), _column("mandant")))


def kind_words(row: Mapping[str, Any], language: str) -> str:
    """Say what it is; the view says it in English."""
    codes = [f"enquiry_word_{kind.replace('-', '_')}" for kind in KINDS]
    known = {texts.text(code, "en"): code for code in codes}
    code = known.get(str(row["kind"]))
    return str(row["kind"] or "") if code is None else texts.text(code, language)


def freshness(rows: Sequence[Mapping[str, Any]], language: str) -> Iterator[str]:
    """Tell as of when this is so, and since when a year cannot be asked."""
    times = [row["as_of_local"] for row in rows if row["as_of_local"] is not None]
    if times:
        yield texts.text("answers_as_of", language, time=min(times))
    stale = {(row["mandant"], row["stale_since_local"]) for row in rows if row["stale_since_local"]}
    for mandant, since in sorted(stale):
        yield texts.text("answers_stale", language, mandant=mandant, time=since)


def _from(connection: Connection, view: str, customer: str | None) -> Select[*tuple[Any, ...]]:
    name = place(connection.dialect.name, view, "en")
    columns = (_column(each).label(each) for each in VIEWS[view])
    query = select(*columns).select_from(text(name))
    if customer is not None:
        mine = (
            _column("customer_key") == customer,
            _column("address_number") == customer,
            _column("customer").contains(customer, autoescape=True),
        )
        query = query.where(or_(*mine))
    return query


def _column(name: str) -> ColumnClause[Any]:
    """Return a column of a view by our name for it."""
    own = texts.text(f"enquiry_column_{name}", "en")
    return column(own, Unicode() if name in _TEXTS else None)


def _read(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Row]:
    try:
        rows = connection.execute(query).mappings().all()
    except DBAPIError as error:
        if dialect_of(connection).failure(error) is not Failure.ABSENT:
            raise
        raise Refused("answers_views_missing") from error
    return [_typed(row) for row in rows]


def _typed(row: RowMapping) -> Row:
    """Return a row with amounts, days and times as they are, also of SQLite, which has none."""
    read: Row = {str(name): value for name, value in row.items()}
    for name in AMOUNTS:
        if read.get(name) is not None:
            read[name] = Decimal(str(read[name])).quantize(CENT)
    for name in _DAYS:
        if isinstance(read.get(name), str):
            read[name] = date.fromisoformat(read[name][:10])
    for name in _TIMES:
        if isinstance(read.get(name), str):
            read[name] = datetime.fromisoformat(read[name])
    return read
