"""The views stand over an address table whose text columns have collations of their own."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, text

from relay.extras.answers.tables import answer_tables
from relay.extras.documents import views
from tests.world.bureau import Bureau
from tests.world.databases import EXAMPLE, INVOICES, Databases

COLLATIONS = {
    "mssql": ("Latin1_General_BIN2", "Latin1_General_CS_AS", "Latin1_General_CI_AI"),
    "sqlite": ("BINARY", "RTRIM", "NOCASE"),
}
"""Three that differ from one another, and two at least from the database's."""
TOLD = {
    "table": "Kunden",
    "key": "Nr",
    "parent": "Haupt",
    "deleted": None,
    "changed_by": None,
    "required": ["firm"],
    "selection": None,
    "fields": dict.fromkeys(EXAMPLE["cobra"]["address"]["fields"])
    | {
        "sage_address_number": "SageNr",
        "debtor_number": "SageNr",
        "firm": "Firma",
        "last_name": "Nachname",
        "first_name": "Vorname",
    },
}
PEOPLE = (
    ("A1", None, "Müller AG", "Müller", "Zoë"),
    ("a2", "a2", None, "Beat", "Zoë"),
    ("A3", "A1", "Zweigstelle", None, None),
    ("A4", None, "Nie GmbH", None, None),
)
NAME = r"(?i)\ba\.\[?(?:firma|nachname|vorname)\b\]?"  # Babelfish keeps names in small letters
KEY = r"(?i)CAST\(a\.\[?nr\]? AS NVARCHAR\(450\)\)"


@pytest.fixture
def bureau(databases: Databases) -> Bureau:
    """Two customers with a document each, one gone; another address, and one that is a part."""
    bureau = Bureau(databases)
    key, name, other = COLLATIONS[bureau.dialect.name]
    kind = "nvarchar(40) COLLATE"
    d, p, h = bureau.enquiry.document, bureau.enquiry.position, bureau.enquiry.handed_over
    answers, now = answer_tables(bureau.dialect.name), datetime.now(UTC)
    with bureau.cobra.begin() as connection:
        connection.exec_driver_sql(
            f"CREATE TABLE Kunden (Nr {kind} {key} NOT NULL PRIMARY KEY, Haupt {kind} {other},"
            f" Firma {kind} {name}, Nachname {kind} {other}, Vorname {kind} {key}, SageNr int)"
        )
        for row in PEOPLE:
            values = dict(zip(("nr", "main", "firm", "last", "first"), row, strict=True))
            connection.execute(
                text(
                    "INSERT INTO Kunden (SageNr, Nr, Haupt, Firma, Nachname, Vorname)"
                    " VALUES (7, :nr, :main, :firm, :last, :first)"
                ),
                values,
            )
        for place, customer in enumerate(("A1", "a2", "weg")):
            document = {"entity_key": str(place), "number": f"R{place}", "kind": "invoice"}
            document |= {"customer_key": customer, "customer_name": "Früher", "mandant": "MUSTER"}
            days = {"invoice_date": now.date(), "updated_at": now, "net": 100}
            state = {"stands": 1, "state": "waiting", "debtor": 7, "reminder_level": 1}
            connection.execute(insert(d).values(document | days | state))
            line = {"entity_key": str(place), "line": 1, "article": "KÄSE", "net": 100}
            connection.execute(insert(p).values(line | {"quantity": 1, "cost_centre": "LADEN"}))
            connection.execute(insert(h).values(entity_key=customer, at=now))
            told = {"entity_key": customer, "year": "2026", "answered_at": now}
            known = told | {"mandant": "MUSTER", "name": "Früher"}
            connection.execute(insert(answers.customer).values(known))
            connection.execute(insert(answers.difference).values(told | {"field": "City"}))
    return bureau


def test_every_view_answers(bureau: Bureau) -> None:
    """Each view can be created and read, and finds the customers' names."""
    cobra = {**INVOICES["cobra"], "address": TOLD}
    settings = bureau.databases.settings(**{**INVOICES, "cobra": cobra, "documents": {}})
    with bureau.relay_engine().begin() as connection:
        views.create(connection, settings)
    gone: dict[str, set[str | None]] = {"v_customer": {None}, "v_not_handed_over": set()}
    for view in views.VIEWS:
        name = views.place(bureau.dialect.name, view, "en")
        with bureau.cobra.connect() as connection:
            found = set(connection.execute(text(f"SELECT customer FROM {name}")).scalars())
        known = {"Nie GmbH"} if view == "v_not_handed_over" else {"Müller AG", "Beat Zoë"}
        assert found == known | gone.get(view, {"Früher"}), view


def test_every_text_of_an_address_gets_a_collation(bureau: Bureau) -> None:
    """SQL Server refuses to mix two columns' collations (errors 451 and 468): none is left bare."""
    if bureau.dialect.name == "sqlite":
        pytest.skip("SQLite mixes collations without an error")
    cobra = {**INVOICES["cobra"], "address": TOLD}
    settings = bureau.databases.settings(**{**INVOICES, "cobra": cobra, "documents": {}})
    with bureau.cobra.connect() as connection:
        rendered = dict(views.render(connection, settings))
    for name, statement in rendered.items():
        for place in (NAME, KEY):
            assert re.findall(place, statement), name
            assert not re.findall(f"{place}(?! COLLATE )", statement), name
