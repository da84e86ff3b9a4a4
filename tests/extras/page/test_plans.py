"""No page looks through what is finished, however much there is: each seeks what it shows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event

from tests.extras.page.browsing import Visitors
from tests.world.office import Office, position

# `record` is what statements call a captured table.
LARGE = re.compile(r"SCAN (relay_outbox|relay_delivery|record)\b(?! USING INDEX)")
OURS = re.compile(LARGE.pattern.replace("|record", ""))
"""What `/find` may not scan: as `relay show` it asks cobra's own tables, whose indexes are cobra's,
and a part of a name is in no index."""
PAGES = (
    "/", "/problems", "/problems?q=muster&sort=amount", "/problems.csv", "/audit",
    "/record?entity=invoice&key=1", "/find?q=20260002", "/find?q=nobody",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_page_seeks(office: Office, visitors: Visitors, path: str) -> None:
    """Each statement finds its rows by an index."""
    if office.dialect.name != "sqlite":
        pytest.skip("plans are asked of SQLite")
    office.invoice(office.add(), position("50.00", account="9999"))
    office.invoice(office.add(), number="20260002")
    office.drain_all()
    browser = visitors.viewer()
    sent: list[tuple[str, Any]] = []
    engine = visitors.desk.engine

    @event.listens_for(engine, "before_cursor_execute")
    def _note(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _many: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            sent.append((statement, values))

    assert browser.get(path).status_code in {200, 303}
    assert sent
    large = OURS if path.startswith("/find") else LARGE
    with office.cobra.connect() as connection:
        through = "EXPLAIN QUERY PLAN SELECT * FROM relay_outbox WHERE error = 'x'"
        assert LARGE.search(connection.exec_driver_sql(through).all()[0][3])
        for statement, values in sent:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            scanned = [row[3] for row in plan if large.search(row[3])]
            assert scanned == [], statement
