"""Whatever happens to invoices, the documents' figures are the journal's."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world.bureau import Bureau
from tests.world.databases import Databases
from tests.world.office import gross_of, position

DAYS = (date(2025, 8, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 15))
BREAKS = (*[""] * 12, "before_ack", "committed:MUSTER2026", "written:MUSTER2025", "routed")
EXAMPLES = {"sqlite": 4, "mssql": 1}
"""How many histories, one after the other in the same books."""

rows = st.builds(
    position,
    st.sampled_from(["100.00", "33.35", "0.05", "-20.00", "1999.99"]),
    st.sampled_from(["3000", "3200", "9999"]),
    st.sampled_from(["normal", "reduced", "none"]),
    COSTCENTRE=st.sampled_from([None, "KST1", "KST2"]),
    ARTICLE=st.sampled_from(["A", "B", None]),
)
actions = st.sampled_from(["write", "credit", "content", "cancel", "restore", "draft", "delete"])
steps = st.lists(
    st.tuples(actions, st.integers(0, 99), st.lists(rows, min_size=1, max_size=3),
              st.sampled_from(DAYS), st.sampled_from(BREAKS)),
    min_size=3, max_size=7,
)  # fmt: skip


class Clerk:
    """Does to invoices what clerks do, at random."""

    def __init__(self, bureau: Bureau) -> None:
        """Open the day with one customer."""
        self._bureau = bureau
        self._customer = bureau.add()
        self._keys: list[str] = []
        self._number = 0

    def act(self, action: str, which: int, lines: list[Any], day: date) -> None:
        """Take one step; what needs an invoice takes one of those that are there."""
        if action in ("write", "credit") or not self._keys:
            self._number += 1
            kind = "G" if action == "credit" else "R"
            told: dict[str, Any] = {"number": f"R{self._number}", "day": day, "KIND": kind}
            self._keys.append(self._bureau.invoice(self._customer, *lines, **told))
            return
        key = self._keys[which % len(self._keys)]
        if action == "content":
            first = lines[0]
            self._bureau.edit_positions(key, **first)
            self._bureau.edit(key, GROSS=str(gross_of([first] * self._lines(key))))
        elif action == "delete":
            self._keys.remove(key)
            self._bureau.delete_invoice(key)
        else:
            printed = None if action == "draft" else self._bureau.printed(day)
            self._bureau.edit(key, CANCELLED=int(action == "cancel"), PRINTEDON=printed)

    def _lines(self, key: str) -> int:
        table = self._bureau.positions.name
        with self._bureau.cobra.connect() as connection:
            query = f"SELECT COUNT(*) FROM {table} WHERE INVOICEID = {key}"
            return int(connection.exec_driver_sql(query).scalar_one())


@pytest.mark.parametrize("convention", ["negative", "swapped"])
def test_figures_are_the_journals(databases: Databases, convention: str) -> None:
    """By year, account and tax key, after random steps with crashes in between.

    What is held counts with what Sage holds of it, and what was never booked does not count.
    """
    told = {"on_change": "reverse-and-rebook", "on_cancel": "reverse", "credit_notes": convention}
    bureau = Bureau(databases, cobra={"invoice": told})
    clerk = Clerk(bureau)

    @settings(
        max_examples=EXAMPLES[bureau.dialect.name], deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(steps)
    def play(steps: list[Any]) -> None:
        for action, which, lines, day, breaks in steps:
            clerk.act(action, which, lines, day)
            if breaks:
                bureau.crash_at(breaks)
        bureau.drain_all()
        assert bureau.recorded() == bureau.journalled()

    play()
    assert bureau.documents()
    bureau.assert_books_right()
