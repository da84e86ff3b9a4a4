"""A look reads what it asks for and nothing else: beside 200,000 settled items few are open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from relay.extras.answers.looking import PAGE
from tests.world.bookkeeper import CUSTOMERS, OPEN, Bookkeeper, Look
from tests.world.databases import make_databases
from tests.world.office import THIS
from tests.world.servers import SqliteServer

MANY = 300
"""Enough that a plan that reads them all is told from one that does not, by its words alone."""


@pytest.fixture
def bookkeeper(tmp_path: Path, _templates: Path) -> Bookkeeper:
    """SQLite tells its plan; ops/host shows how those of SQL Server are looked at."""
    bookkeeper = Bookkeeper(make_databases(SqliteServer(tmp_path, _templates)))
    customer = bookkeeper.add(SAGENR0="1001")
    bookkeeper.invoice(customer)
    bookkeeper.drain()
    bookkeeper.own_item("900001", 1001, "50.00")
    bookkeeper.look()
    return bookkeeper


@contextmanager
def sent(kind: str) -> Iterator[list[tuple[str, Any]]]:
    """Note what is sent to databases whose file's name begins so."""
    found: list[tuple[str, Any]] = []

    def note(connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if Path(connection.engine.url.database).name.startswith(kind):
            found.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def plans(engine: Engine, statements: list[tuple[str, Any]]) -> list[str]:
    """Return each step of their plans."""
    with engine.connect() as connection:
        return [
            row[3]
            for statement, values in {s: (s, v) for s, v in statements}.values()
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]


def steps(bookkeeper: Bookkeeper, look: Look, kind: str) -> list[str]:
    """Return the plans of what a look asks one of the databases."""
    with sent(kind) as statements:
        bookkeeper.look(look)
    engine = bookkeeper.cobra if kind == "cobra" else bookkeeper.sage[THIS]
    return plans(engine, statements)


def test_the_open_look_seeks_in_cobra(bookkeeper: Bookkeeper) -> None:
    """Documents that are settled are not read, nor are customers that nothing happened to."""
    bookkeeper.pay("20260001", "50.00")
    found = steps(bookkeeper, OPEN, "cobra")
    large = ("relay_document", "relay_customer", "relay_sage_item")
    of_ours = [step for step in found if step.split()[1] in large]
    assert any("ix_relay_document_open " in step for step in of_ours), of_ours
    assert [step for step in of_ours if not step.startswith("SEARCH")] == []


def test_documents_of_a_page_are_found_by_their_numbers(bookkeeper: Bookkeeper) -> None:
    """However many stand: a page asks for as many numbers as this."""
    numbers = [str(number) for number in range(PAGE)]
    with sent("cobra") as statements, bookkeeper.looking() as (looking, _years):
        del statements[:]
        with looking.lock.reading() as connection:
            looking.mirror(connection).documents(numbers)
    (step,) = plans(bookkeeper.cobra, statements)
    assert "USING INDEX ix_relay_document_open_item " in step


@pytest.mark.parametrize("look", [OPEN, CUSTOMERS])
def test_items_and_debtors_are_found_by_their_numbers(bookkeeper: Bookkeeper, look: Look) -> None:
    """Sage's own key is enough; nothing is asked of its postings, for which it has none."""
    found = steps(bookkeeper, look, THIS)
    of_sage = [step for step in found if step.split()[1] in ("OPd", "PKd", "Adr", "Bk", "Blg")]
    assert of_sage
    assert not [step for step in found if step.split()[1] in ("Bk", "Blg")]
    scans = [step for step in of_sage if not step.startswith("SEARCH")]
    in_order = "SCAN OPd USING INDEX sqlite_autoindex_OPd_1"
    assert set(scans) <= ({in_order} if look is CUSTOMERS else set()), scans


def test_settled_items_stay_where_they_are(bookkeeper: Bookkeeper) -> None:
    """The look for what was written in Sage is given those that may be open, and no others."""
    for number in range(MANY):
        settled = {"MVal": "0.00", "MCdt": "5.00"}
        bookkeeper.own_item(f"{910000 + number}", 1001, "5.00", **settled)
    with bookkeeper.looking() as (looking, years):
        year = years.ready(THIS)
        assert year is not None
        with year.begin(looking.lock.epoch) as here:
            given = [row["OpId"] for row in here.answers().owed_after(None, MANY)]
            assert given == ["20260001", "900001"]
            assert [r["OpId"] for r in here.answers().owed_after("20260001", 1)] == ["900001"]
