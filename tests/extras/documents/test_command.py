"""`relay documents` finds by customer, article, period, state and year; on screen, CSV and JSON."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from relay.extras.documents import views
from tests.world.bureau import Bureau
from tests.world.databases import INVOICES, YEARS, Databases, merged
from tests.world.desk import Desk
from tests.world.office import position


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    """An admin's desk, with the part switched on."""
    return Desk(databases, tmp_path, **merged(INVOICES, {"documents": {}}))


def test_filters_find(desk: Desk, bureau: Bureau, tmp_path: Path) -> None:
    """Each filter leaves what it says; together they all must hold."""
    anna, beat = bureau.add(COMPANY1="Anna AG", SAGENR0="7001"), bureau.add(COMPANY1="Beat GmbH")
    cheese = {"ARTICLE": "KÄSE-1", "TEXT": "Emmentaler", "QUANTITY": "2.5", "PRICE": "40"}
    bureau.invoice(anna, position("100.00", **cheese), position("9.00"), number="1")
    bureau.invoice(beat, position("50.00"), number="2", day=date(2025, 9, 1))
    bureau.invoice(beat, position("50.00", "9999"), number="3", day=date(2026, 3, 1))
    bureau.drain()

    def numbers(*filters: str) -> list[str]:
        return [found["number"] for found in desk.json("documents", *filters)]

    assert numbers() == ["3", "1", "2"]
    assert numbers("--customer", anna) == ["1"]
    assert numbers("--customer", "7001") == ["1"]
    assert numbers("--customer", "beat" if bureau.dialect.name == "sqlite" else "Beat") == [
        "3",
        "2",
    ]
    assert numbers("--article", "KÄSE-1") == ["1"]
    assert numbers("--since", "01.02.2026") == ["3"]
    assert numbers("--until", "2025-12-31") == ["2"]
    assert numbers("--state", "held") == ["3"]
    assert numbers("--year", YEARS[0]) == ["2"]
    assert numbers("--customer", "Beat", "--state", "booked") == ["2"]
    (one,) = desk.json("documents", "--article", "KÄSE-1")
    assert [(p["article"], p["net"]) for p in one["positions"]] == [("KÄSE-1", "100.00")]
    screen = desk.relay("documents", "--number", "1").stdout
    assert "Anna AG" in screen
    assert "gebucht" in screen
    assert "2.5 * 40" in screen
    a_file_holds_a_line_for_each_position(desk, tmp_path / "belege.csv")
    workbook = tmp_path / "belege.xlsx"
    assert desk.relay("documents", "--number", "1", "--xlsx", str(workbook)).exit_code == 0
    sheet = load_workbook(workbook).active
    assert sheet is not None
    heads, line, *_ = sheet.iter_rows(values_only=True)
    first = dict(zip(heads, line, strict=True))
    assert (first["rechnungsnummer"], first["menge"], first["netto"]) == ("1", 2.5, 100)
    assert isinstance(first["rechnungsdatum"], datetime)


def test_what_a_person_skipped_is_told(desk: Desk, bureau: Bureau) -> None:
    """An invoice that was skipped says so with the person's reason, as in the views."""
    key = bureau.invoice(bureau.add(), position("50.00", "9999"), number="7")
    bureau.drain()
    done = desk.relay("skip", "--key", f"invoice:{key}", "--reason", "von Hand gebucht")
    assert done.exit_code == 0, done.output
    assert desk.json("documents", "--state", "held") == []
    (skipped,) = desk.json("documents", "--state", "skipped")
    assert (skipped["number"], skipped["reason"]) == ("7", "von Hand gebucht")
    with bureau.relay_engine().begin() as connection:
        views.create(connection, bureau.settings)
        for view in ("v_document", "v_not_in_sage"):
            name = views.place(bureau.dialect.name, view, "en")
            rows = connection.exec_driver_sql(f"SELECT state, reason FROM {name}").all()
            assert [tuple(row) for row in rows] == [("skipped", "von Hand gebucht")]


def a_file_holds_a_line_for_each_position(desk: Desk, file: Path) -> None:
    """With German heads, as a Swiss Excel opens it."""
    assert desk.relay("documents", "--csv", str(file)).exit_code == 0
    head, *lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert head.split(";")[:3] == ["rechnungsnummer", "art", "rechnungsdatum"]
    assert len(lines) == 4
    first = dict(zip(head.split(";"), lines[1].split(";"), strict=True))
    assert (first["kunde"], first["artikel"], first["menge"]) == ("Anna AG", "KÄSE-1", "2.5")


def test_switched_off_it_says_how_to_switch_on(databases: Databases, tmp_path: Path) -> None:
    """No silent emptiness."""
    told = Desk(databases, tmp_path).relay("documents")
    assert told.exit_code == 4
    assert "[documents]" in told.stderr


def test_migrate_creates_the_views_when_it_is_on(desk: Desk, bureau: Bureau) -> None:
    """And the schema's own way down leaves none of them behind."""
    assert desk.relay("migrate").exit_code == 0, bureau
    printed = desk.relay("documents", "--views").stdout
    with bureau.cobra.connect() as connection:
        for view in views.VIEWS:
            for language in ("de", "en"):
                name = views.place(bureau.dialect.name, view, language)
                assert connection.exec_driver_sql(f"SELECT * FROM {name}").all() == []
                assert f"CREATE VIEW {name} " in printed
