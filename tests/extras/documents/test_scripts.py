"""The example queries of `ops/sql` answer, and the questions are answered by index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relay.extras.documents import views
from tests.extras.documents.questions import QUESTIONS, asked
from tests.world.bureau import Bureau
from tests.world.databases import Databases, make_databases
from tests.world.office import position
from tests.world.servers import SqliteServer
from tests.world.window import Window

VALUES = {"article": "A7", "customer": "7", "number": "N7", "city": "Bern", "since": "2026-05-01"}


def test_the_example_queries_answer(databases: Databases) -> None:
    """Each script finds what it says, once an article, a day or a customer is entered."""
    bureau = Bureau(databases)
    with bureau.relay_engine().begin() as connection:
        views.create(connection, bureau.settings)
    anna, beat = bureau.add(COMPANY1="Anna AG"), bureau.add(COMPANY1="Beat GmbH")
    bureau.add(COMPANY1="Nie GmbH")
    cheese = {"ARTICLE": "KÄSE-1", "QUANTITY": "2"}
    bureau.invoice(anna, position("100.00", **cheese), position("5.00"), number="1")
    bureau.invoice(beat, position("30.00"), number="2")
    bureau.invoice(beat, position("30.00", "9999"), number="3")
    bureau.drain()

    with Window(databases.server, databases.cobra) as window:

        def found(name: str, column: str, **values: object) -> list[Any]:
            *_, rows = window.script(name, **values)
            return [row[column] for row in rows]

        period = {"article": "KÄSE-1", "since": "2026-01-01"}
        assert found("bought", "kunde", **period, until="2026-12-31") == ["Anna AG"]
        assert found("bought", "kunde", **period, until="2026-01-02") == []
        assert found("not_bought", "kunde", **period) == ["Beat GmbH"]
        assert found("documents_of_customer", "zeile", customer=anna) == [1, 2]
        assert found("not_in_sage", "rechnungsnummer") == ["3"]
        assert found("never_handed_over", "kunde") == ["Nie GmbH"]
        assert set(found("turnover", "kunde")) <= {"Anna AG", "Beat GmbH"}


@pytest.fixture
def sqlite(tmp_path: Path, _templates: Path) -> Bureau:
    """SQLite tells its plan; that of SQL Server depends on its statistics."""
    bureau = Bureau(make_databases(SqliteServer(tmp_path, _templates)))
    with bureau.relay_engine().begin() as connection:
        views.create(connection, bureau.settings)
    return bureau


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_are_answered_by_index(sqlite: Bureau, question: str) -> None:
    """No question with a small answer reads all documents, or all positions."""
    statement = asked(QUESTIONS[question], "sqlite", **VALUES)
    with sqlite.cobra.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")]
        tables = [step for step in plan if step.split()[1] in ("x", "p", "b", "n")]
        documents = [step for step in plan if step.startswith(("SEARCH d", "SCAN d"))]
    aggregated = any(step.split()[1] == "x" for step in plan)
    assert tables or documents
    assert all(step.startswith("SEARCH") for step in tables), plan
    if not aggregated:  # else d is the aggregate itself
        assert all(step.startswith("SEARCH") for step in documents), plan
