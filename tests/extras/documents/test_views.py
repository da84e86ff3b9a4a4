"""One query answers what people ask: the views agree with cobra's own tables, in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from relay.base import texts
from relay.base.files import sql_folder
from relay.extras.documents import views
from tests.database.test_sql_parity import shown
from tests.world.bureau import Bureau
from tests.world.databases import EXAMPLE, Databases
from tests.world.office import position

THIS_YEAR, LAST_YEAR = date(2026, 6, 1), date(2025, 8, 1)
ANSWERS = {"v_unpaid", "v_reminder", "v_difference"}
NOW = date.today().year  # noqa: DTZ011 - the views ask the server's clock


def ask(bureau: Bureau, view: str, where: str = "", language: str = "en") -> list[dict[str, Any]]:
    """Ask a view; amounts as exact decimals."""
    name = views.place(bureau.dialect.name, view, language)
    with bureau.cobra.connect() as connection:
        rows = connection.execute(text(f"SELECT * FROM {name} {where}")).mappings().all()
    return [dict(row) for row in rows]


def cents(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


@pytest.fixture
def shop(databases: Databases) -> Bureau:
    """Two customers have bought, one has not; one invoice is held, one credit note given."""
    bureau = Bureau(databases)
    with bureau.relay_engine().begin() as connection:
        views.create(connection, bureau.settings)
    anna, beat = bureau.add(COMPANY1="Anna AG"), bureau.add(COMPANY1=None, LASTNAME0="Beat")
    bureau.add(COMPANY1="Nie GmbH")
    cheese = {"ARTICLE": "KÄSE-1", "QUANTITY": "2", "PRICE": "50", "COSTCENTRE": "KST1"}
    wine = {"ARTICLE": "WEIN", "QUANTITY": "1", "PRICE": "30"}
    bureau.invoice(anna, position("100.00", **cheese), position("30.00", **wine), day=THIS_YEAR)
    bureau.invoice(
        beat, position("30.00", **wine), position("100.00", **cheese), number="2", day=LAST_YEAR
    )
    bureau.invoice(anna, position("30.00", **wine), number="3", day=THIS_YEAR, KIND="G")
    bureau.invoice(beat, position("100.00", "9999", **cheese), number="4", day=THIS_YEAR)
    bureau.drain()
    d = bureau.enquiry.document
    with bureau.cobra.begin() as connection:  # so that the clock does not decide what is tested
        for day in (THIS_YEAR, LAST_YEAR):
            now = day.replace(year=day.year - THIS_YEAR.year + NOW)
            connection.execute(d.update().where(d.c.invoice_date == day).values(invoice_date=now))
    return bureau


def test_the_views_answer(shop: Bureau) -> None:
    """Who bought an article since a day; a customer's documents with positions; turnover; gaps."""
    since_may = f"WHERE article = 'KÄSE-1' AND invoice_date >= '{NOW}-05-01'"
    if shop.dialect.name == "mssql":
        since_may = since_may.replace("'KÄSE-1'", "N'KÄSE-1'")
    assert [row["customer"] for row in ask(shop, "v_bought", since_may)] == ["Anna AG"]
    assert {r["customer"] for r in ask(shop, "v_bought")} == {"Anna AG", "Beat Zoë"}

    key = shop.documents()["1"].customer_key
    mine = ask(shop, "v_document_position", f"WHERE customer_key = '{key}' ORDER BY number, line")
    assert [(r["number"], r["line"], r["article"], cents(r["net"])) for r in mine] == [
        ("20260001", 1, "KÄSE-1", Decimal("100.00")),
        ("20260001", 2, "WEIN", Decimal("30.00")),
        ("3", 1, "WEIN", Decimal("-30.00")),
    ]

    (held,) = ask(shop, "v_not_in_sage")
    assert (held["number"], held["state"], held["customer"]) == ("4", "held", "Beat Zoë")
    assert "9999" in held["reason"]
    assert [row["customer"] for row in ask(shop, "v_not_handed_over")] == ["Nie GmbH"]
    assert {row["customer"] for row in ask(shop, "v_customer")} == {"Anna AG", "Beat Zoë"}

    this, last = (f"{name}_year" for name in ("this", "last"))
    turnover = {r["customer"]: (cents(r[this]), cents(r[last])) for r in ask(shop, "v_turnover")}
    assert turnover == {
        "Anna AG": (Decimal("100.00"), Decimal("0.00")),
        "Beat Zoë": (Decimal("0.00"), Decimal("130.00")),
    }
    articles = ask(shop, "v_turnover_article", "ORDER BY customer, article")
    assert [(r["customer"], r["article"], cents(r[this]), cents(r[last])) for r in articles] == [
        ("Anna AG", "KÄSE-1", Decimal(100), Decimal(0)),
        ("Anna AG", "WEIN", Decimal(0), Decimal(0)),
        ("Beat Zoë", "KÄSE-1", Decimal(0), Decimal(100)),
        ("Beat Zoë", "WEIN", Decimal(0), Decimal(30)),
    ]
    centres = ask(shop, "v_turnover_cost_centre", "WHERE cost_centre = 'KST1'")
    assert {(r["customer"], cents(r[this]), cents(r[last])) for r in centres} == {
        ("Anna AG", Decimal(100), Decimal(0)),
        ("Beat Zoë", Decimal(0), Decimal(100)),
    }
    both_languages_agree(shop)
    a_skip_shows_at_once(shop)


def both_languages_agree(shop: Bureau) -> None:
    """The German view has the same rows, under German names."""
    for view, columns in views.VIEWS.items():
        if view in ANSWERS:
            continue  # nothing is in them before Sage is asked
        english, german = (ask(shop, view, language=language) for language in ("en", "de"))
        assert len(german) == len(english) > 0, view
        for name in set(columns) - {"kind", "state", "reason"}:
            here, there = (texts.text(f"enquiry_column_{name}", la) for la in ("de", "en"))
            assert sorted(str(r[here]) for r in german) == sorted(str(r[there]) for r in english)


def a_skip_shows_at_once(shop: Bureau) -> None:
    """What a person decides is not written to the document: the view asks the outbox."""
    shop.skip("4", "von Hand gebucht")
    (skipped,) = ask(shop, "v_not_in_sage", language="de")
    assert skipped["status"] == "übersprungen"


@pytest.mark.parametrize("view", sorted(views.VIEWS))
def test_columns_have_the_names_that_the_template_says(view: str) -> None:
    """The list of names fits the SELECT, column by column, or a figure stood under a wrong name."""
    template = sql_folder() / "mssql" / "documents" / f"{view}.sql"
    assert shown(template) == list(views.VIEWS[view])


def test_each_template_is_a_view() -> None:
    """No template lies there unused."""
    folder: Path = sql_folder() / "mssql" / "documents"
    assert {path.stem for path in folder.glob("*.sql")} == set(views.VIEWS)


def test_odd_names_and_text_keys(databases: Databases) -> None:
    """A table with blanks and umlauts, a key of text, columns that are not mapped."""
    bureau = Bureau(databases)
    dialect = bureau.dialect.name
    kind = "nvarchar(40) NOT NULL PRIMARY KEY" if dialect == "mssql" else "TEXT PRIMARY KEY"
    table = "[Adressen «alt»]" if dialect == "mssql" else '"Adressen «alt»"'
    fields = dict.fromkeys(EXAMPLE["cobra"]["address"]["fields"])
    fields |= {"sage_address_number": "Sage Nr", "firm": "die Firma", "address_type": "Typ"}
    told = {
        "table": "dbo.Adressen «alt»",
        "key": "Schlüssel",
        "parent": None,
        "deleted": {"column": "weg", "is": "not null"},
        "changed_by": None,
        "required": ["firm"],
        "fields": fields,
    }
    settings = databases.settings(cobra={"address": told}, documents={})
    with bureau.cobra.begin() as connection:
        columns = f"Schlüssel {kind}, [die Firma] nvarchar(50), [Sage Nr] int, weg int"
        connection.exec_driver_sql(f"CREATE TABLE {table} ({columns}, Typ nvarchar(9))")
        insertion = f"INSERT INTO {table} ([die Firma], [Sage Nr], Typ, weg, Schlüssel) VALUES"
        for key, kind, gone in (
            ("ä'1", "Kunde", None),
            ("2", "Lieferant", None),
            ("3", "Kunde", 1),
        ):
            row = {"firm": "Zwei & Söhne", "kind": kind, "gone": gone, "key": key}
            connection.execute(text(f"{insertion} (:firm, 7, :kind, :gone, :key)"), row)
    with bureau.relay_engine().begin() as connection:
        views.create(connection, settings)
        views.create(connection, settings)
    (row,) = ask(bureau, "v_not_handed_over")
    assert (row["customer_key"], row["customer"]) == ("ä'1", "Zwei & Söhne")
    assert row["address_number"] == 7
    assert ask(bureau, "v_document") == []


def test_conditions_are_read_as_the_relay_reads_them(databases: Databases) -> None:
    """Zero days and blanks are none, numbers may be told as texts, and a word converts nothing."""
    bureau = Bureau(databases)
    table = "KUNDEN" if bureau.dialect.name == "sqlite" else "dbo.KUNDEN"
    columns = "ID int NOT NULL PRIMARY KEY, FIRMA nvarchar(20), ART int, WEG date, TYP nvarchar(9)"
    fields = dict.fromkeys(EXAMPLE["cobra"]["address"]["fields"])
    fields |= {"sage_address_number": "ID", "firm": "FIRMA", "address_type": "ART"}
    told = {
        "table": "dbo.KUNDEN", "key": "ID", "parent": None, "changed_by": None,
        "required": ["firm"], "fields": fields,
        "selection": {"field": "address_type", "in": ["1", 2]},
    }  # fmt: skip
    with bureau.cobra.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE {table} ({columns})")
        for row in (
            "(1, 'A', 1, NULL, NULL)",
            "(2, 'B', 2, '1900-01-01', ' ')",
            "(3, 'C', 1, '2026-01-31', 'weg')",
            "(4, 'D', 9, NULL, NULL)",
        ):
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES {row}")
    for column, named, gone in (
        ("WEG", "not null", {"3"}),
        ("WEG", "2026-01-31", {"3"}),
        ("TYP", "not null", {"3"}),
        ("TYP", "weg", {"3"}),
        ("TYP", 1, set()),
        ("ART", "2", {"2"}),
    ):
        deleted = {"column": column, "is": named}
        settings = databases.settings(cobra={"address": told | {"deleted": deleted}}, documents={})
        with bureau.relay_engine().begin() as connection:
            views.create(connection, settings)
        found = {row["customer_key"] for row in ask(bureau, "v_not_handed_over")}
        assert found == {"1", "2", "3"} - gone, deleted
