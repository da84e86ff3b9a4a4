"""Knows how documents are looked up: by customer, article, period, state and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import eq, ge, le
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Unicode, and_, case, exists, literal, or_, select
from sqlalchemy.engine import Connection

from relay.base import texts
from relay.base.spelling import as_key
from relay.base.values import Status
from relay.cobra import access
from relay.cobra.tables import source_tables
from relay.database import among, chunks
from relay.extras.documents.tables import ANSWERS, DocumentTables, document_tables

_HEAD = (
    "entity_key", "customer_key", "customer_name", "number", "kind", "invoice_date", "due_date",
    "mandant", "year", "currency", "currency_gross", "net", "tax", "gross", "reference", "text",
    "sage_document", "open_item", "reversal", "state", "stands", "reason", *ANSWERS,
)  # fmt: skip
STATES = ("booked", "corrected", "reversed", "held", "waiting", "pending", "skipped")
"""What a document's state can be; the last two are said of it by the outbox."""
_LINE = (
    "line", "article", "text", "quantity", "unit_price", "account", "cost_centre", "tax_key",
    "net", "tax",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Search:
    """Which documents are asked for; all that is given must hold."""

    customer: str | None = None
    """Key in cobra, number in Sage, or a part of the name."""
    article: str | None = None
    number: str | None = None
    since: date | None = None
    until: date | None = None
    state: str | None = None
    year: str | None = None


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document with its positions; of those only the article's, if one was asked for."""

    head: dict[str, Any]
    positions: list[dict[str, Any]]


def find(connection: Connection, wanted: Search, limit: int | None = None) -> list[FoundDocument]:
    """Return documents, the newest first."""
    tables = document_tables(connection.dialect.name)
    d, p = tables.document, tables.position
    heard = source_tables(connection.dialect.name).outbox.alias("heard")
    state, reason = state_now(d, heard), reason_now(d, heard)
    head = [d.c[name] for name in _HEAD if name not in {"state", "reason"}]
    joined = d.outerjoin(heard, and_(heard.c.id == d.c.entry, d.c.state.in_(OF_OUTBOX)))
    query = select(*head, state.label("state"), reason.label("reason")).select_from(joined)
    query = access.SHOWN.on(query, heard).where(*_conditions(tables, wanted))
    if wanted.state is not None:
        query = query.where(state == wanted.state)
    query = query.order_by(d.c.invoice_date.desc(), d.c.number.desc(), d.c.entity_key)
    heads = connection.execute(query if limit is None else query.limit(limit)).mappings().all()
    lines: dict[str, list[dict[str, Any]]] = {head["entity_key"]: [] for head in heads}
    for some in chunks(list(lines)):
        of_some = select(p.c.entity_key, *(p.c[name] for name in _LINE)).where(
            among(p.c.entity_key, some), *_of_article(tables, wanted)
        )
        for row in connection.execute(of_some.order_by(p.c.entity_key, p.c.line)).mappings():
            lines[row["entity_key"]].append({name: row[name] for name in _LINE})
    return [
        FoundDocument({name: head[name] for name in _HEAD}, lines[head["entity_key"]])
        for head in heads
    ]


def paid_words(head: Mapping[str, Any], language: str) -> str:
    """Say what Sage says of a document's open item, as far as it was asked."""
    if not head["stands"] or head["answered_at"] is None:
        return ""
    if head["settled_on"] is not None:
        return texts.text("documents_settled", language, day=head["settled_on"])
    if head["open_amount"] is None:
        return ""
    return texts.text("documents_open", language, amount=head["open_amount"])


OF_OUTBOX = (str(Status.HELD), str(Status.WAITING))
"""States of which the outbox may know more: a person skipped or released the entry since."""


def state_now(d: FromClause, heard: FromClause) -> ColumnElement[str]:
    """Return a document's state; `heard` is the entry that gave it, while nothing is booked."""
    to_do = (str(Status.PENDING), str(Status.RETRYING))
    return case(
        (heard.c.status == str(Status.SKIPPED), literal("skipped", Unicode())),
        (heard.c.status.in_(to_do), literal("pending", Unicode())),
        else_=d.c.state,
    )


def reason_now(d: FromClause, heard: FromClause) -> ColumnElement[str]:
    """Return why it is so: a person's reason, if one has skipped it."""
    return case((heard.c.status == str(Status.SKIPPED), heard.c.reason), else_=d.c.reason)


def _conditions(tables: DocumentTables, wanted: Search) -> list[ColumnElement[bool]]:
    d, p, h = tables.document, tables.position, tables.handed_over
    found: list[ColumnElement[bool]] = []
    if wanted.customer is not None:
        of_number = and_(h.c.entity_key == d.c.customer_key, h.c.number == as_key(wanted.customer))
        found.append(
            or_(
                d.c.customer_key == wanted.customer,
                exists().where(of_number),
                d.c.customer_name.contains(wanted.customer, autoescape=True),
            )
        )
    if wanted.article is not None:
        found.append(exists().where(p.c.entity_key == d.c.entity_key, *_of_article(tables, wanted)))
    comparisons = (
        (wanted.number and as_key(wanted.number), d.c.number, eq),
        (wanted.since, d.c.invoice_date, ge),
        (wanted.until, d.c.invoice_date, le),
        (wanted.year, d.c.year, eq),
    )
    return found + [how(column, value) for value, column, how in comparisons if value is not None]


def _of_article(tables: DocumentTables, wanted: Search) -> list[ColumnElement[bool]]:
    article = tables.position.c.article
    return [] if wanted.article is None else [article == wanted.article]
