"""Knows the views of the enquiry: each is rendered for cobra's configured addresses, twice.

One template gives a view with English and one with German names, so they cannot say two things.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import Template
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    Unicode,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
)
from sqlalchemy import true as always
from sqlalchemy.engine import Connection

from relay.base import texts
from relay.base.files import read_sql
from relay.cobra.tables import source_tables
from relay.database import dialect_of, surface
from relay.database.capture import quoted
from relay.database.reflection import column_named, read_table
from relay.database.surface import VIEW_OF_PART
from relay.database.tables import table_name
from relay.extras.documents.asking import STATES, reason_now, state_now
from relay.extras.documents.conditions import among, holds
from relay.extras.documents.tables import document_tables
from relay.sage.reference import REFERENCE
from relay.settings import Settings

_CUSTOMER = ("customer_key", "customer", "address_number", "zip", "city")
_YEARS = ("this_year", "last_year")
_OWED = ("number", "kind", "invoice_date", "due_date", "days_overdue", "mandant", "year")
_FRESH = ("as_of_local", "stale_since_local")
"""When Sage was last asked, and since when it cannot be."""
VIEWS: Mapping[str, tuple[str, ...]] = {
    "v_document": (
        "document_key", *_CUSTOMER, "number", "kind", "invoice_date", "due_date", "mandant",
        "year", "currency", "currency_gross", "net", "tax", "gross", "reference", "text",
        "posted_on", "sage_document", "open_item", "reversal", "in_sage", "state", "reason",
    ),
    "v_document_position": (
        "document_key", *_CUSTOMER, "number", "kind", "invoice_date", "mandant", "year",
        "in_sage", "state", "line", "article", "text", "quantity", "unit_price", "account",
        "cost_centre", "tax_key", "net", "tax",
    ),
    "v_bought": (
        "article", "invoice_date", *_CUSTOMER, "number", "text", "quantity", "net",
        "document_key",
    ),
    "v_customer": (
        *_CUSTOMER, "handed_over_local", "last_bought", "mandant", "debtor", "collective_account",
        "terms", "balance", "overdue", "overdue_since", "open_items", "oldest_due", "last_payment",
        "last_reminder", "reminder_lock", "credit_limit", "limit_reached", *_FRESH,
    ),
    "v_unpaid": (
        "document_key", *_CUSTOMER, *_OWED, "currency", "gross", "paid", "open_amount",
        "open_currency", "last_payment", "reminder_level", "blocked", *_FRESH,
    ),
    "v_reminder": (
        "document_key", *_CUSTOMER, *_OWED, "open_amount", "reminder_level", "last_reminder",
        "blocked", "reminder_lock", *_FRESH,
    ),
    "v_difference": (
        *_CUSTOMER, "mandant", "year", "field", "sent", "sage_value", "since_local", *_FRESH,
    ),
    "v_turnover": (*_CUSTOMER, "mandant", *_YEARS),
    "v_turnover_article": (
        *_CUSTOMER, "mandant", "article", *_YEARS, "quantity_this_year", "quantity_last_year",
    ),
    "v_turnover_cost_centre": (*_CUSTOMER, "mandant", "cost_centre", *_YEARS),
    "v_not_in_sage": (
        "document_key", *_CUSTOMER, "number", "kind", "invoice_date", "currency",
        "currency_gross", "state", "reason", "in_sage", "since_local",
    ),
    "v_not_handed_over": (*_CUSTOMER, "reason"),
}  # fmt: skip
"""Name of each view, which is also its template's, to its columns by our names."""

READERS = ("relay_reader", "relay_run", "relay_page")
"""Who may read them: `relay_run` for the command `relay documents`, `relay_page` in a browser."""
KINDS = ("invoice", "credit-note", "sage-item")
"""What a document is, or an open item that was written in Sage itself."""
FIELDS = (*REFERENCE["Adr"], "PkKey")
"""What of an address Sage may have otherwise than it was sent."""
_OWN = ("firm", "last_name", "first_name", "zip", "city")
_NO_PARENT = ("", "0")
_EXACTLY = {"mssql": " COLLATE Latin1_General_100_BIN2", "sqlite": ""}
"""Keys as our tables compare them."""
_LIKE_OURS = {"mssql": " COLLATE DATABASE_DEFAULT", "sqlite": ""}
"""Texts beside ours: cobra's columns may have other collations."""


def create(connection: Connection, settings: Settings) -> None:
    """Create all views in cobra's database in the caller's transaction, in place of older ones.

    Raises:
        Refused: the address table or one of its columns is missing.
    """
    surface.drop_parts(connection)
    dialect = dialect_of(connection).name
    for name, statement in render(connection, settings):
        connection.exec_driver_sql(statement)
        for grant in grants(dialect, name):
            connection.exec_driver_sql(grant)


def grants(dialect: str, view: str) -> list[str]:
    """Return the statements that let those read a view who read the relay's others."""
    return [each for role in READERS for each in surface.readable(dialect, view, role)]


def place(dialect: str, view: str, language: str) -> str:
    """Return a view's name in SQL text."""
    return table_name(dialect, texts.text(f"{VIEW_OF_PART}{view}", language))


def render(connection: Connection, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield name and statement of each view, in both languages; raises as `create` does."""
    dialect = dialect_of(connection)
    values = _placeholders(connection, settings)
    d = document_tables(dialect.name).document.alias("d")
    o = source_tables(dialect.name).outbox.alias("o")
    # The state in words; what a person decided since then is asked of the outbox.
    worded = {
        "state": (state_now(d, o), {state: state for state in STATES}),
        "kind": (d.c.kind, {kind: kind.replace("-", "_") for kind in KINDS}),
        "field": (literal_column("d.field", Unicode()), {t: f"field_{t.lower()}" for t in FIELDS}),
    }
    for view, columns in VIEWS.items():
        _, body = read_sql(dialect.name, f"documents/{view}").split("\n", 1)
        for language in texts.LANGUAGES:
            named = [texts.text(f"enquiry_column_{name}", language) for name in columns]
            name = place(dialect.name, view, language)
            yield (
                name,
                Template(body.strip()).substitute(
                    values,
                    view=name,
                    columns=", ".join(named),
                    reason=_text(connection, reason_now(d, o)),
                    **{
                        what: _text(connection, _in_words(column, words, language))
                        for what, (column, words) in worded.items()
                    },
                ),
            )


def _placeholders(connection: Connection, settings: Settings) -> dict[str, str]:
    dialect, address = dialect_of(connection), settings.cobra.address
    where = dialect.locate(address.table, address.schema_name)
    table: Any = read_table(connection, where).alias("a")
    key = column_named(table, address.key)
    found = {
        name: _text(
            connection,
            column_named(table, address.fields[name])
            if name in address.fields
            else cast(null(), Unicode(100)),
        )
        for name in _OWN
    }
    number = column_named(table, address.fields["sage_address_number"])
    key_text = _text(connection, dialect.key_text(key)) + _EXACTLY[dialect.name]
    # Said twice: once for the documents' index, once for the addresses'.
    same = f"{_text(connection, key)} = {dialect.as_key(key, 'd.customer_key')}"
    _, owed = read_sql(dialect.name, "answers/owed").split("\n", 1)
    return found | {
        "owed": owed.strip(),
        "address": quoted(connection, where),
        "address_number": _text(connection, number),
        "key_text": key_text,
        "is_customer": f"{key_text} = d.customer_key AND {same}",
        "own_name": ", ".join(_text(connection, each) for each in _own_name(dialect.name, found)),
        "chosen": _text(connection, and_(*_chosen(connection, table, settings))),
    }


def _own_name(dialect: str, found: Mapping[str, str]) -> Iterator[ColumnElement[str]]:
    """Return the firm and the person, each NULL when it is blank."""
    firm, last, first = (
        literal_column(f"{found[name]}{_LIKE_OURS[dialect]}", Unicode())
        for name in ("firm", "last_name", "first_name")
    )
    blank, space = literal("", Unicode()), literal(" ", Unicode())
    for name in (firm, func.coalesce(last, blank) + space + func.coalesce(first, blank)):
        yield func.nullif(func.ltrim(func.rtrim(name)), blank)


def _chosen(
    connection: Connection, table: Table, settings: Settings
) -> Iterator[ColumnElement[bool]]:
    """Return which addresses could go over: selected, no flag against it, no sub addresses."""
    address, dialect = settings.cobra.address, dialect_of(connection)
    yield always()
    if address.selection is not None and settings.sage.mode == "addresses":
        column = column_named(table, address.fields[address.selection.field])
        yield among(dialect, column, address.selection.in_)
    for flag in (address.deleted, address.restricted):
        if flag is not None:
            yield not_(holds(dialect, column_named(table, flag.column), flag))
    if address.parent is not None and address.debtor == "main" and settings.invoices is not None:
        parent = dialect.key_text(column_named(table, address.parent))
        own = column_named(table, address.key)
        # As the key's type: two columns of text may have two collations.
        itself: ColumnElement[Any] = literal_column(dialect.as_key(own, _text(connection, parent)))
        yield or_(parent.is_(None), parent.in_(_NO_PARENT), own == itself)


def _in_words(
    column: ColumnElement[Any], words: Mapping[str, str], language: str
) -> ColumnElement[Any]:
    """Say a column's values in words."""
    named = {value: texts.text(f"enquiry_word_{word}", language) for value, word in words.items()}
    return case(*((column == value, literal(name, Unicode())) for value, name in named.items()))


def _text(connection: Connection, element: ColumnElement[Any]) -> str:
    """Write an expression as SQL text, without parameters."""
    options = {"literal_binds": True}
    return str(element.compile(dialect=connection.dialect, compile_kwargs=options))
