"""Changes that a case-insensitive collation would not see."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra


def test_case_or_accent_is_a_change(cobra: Cobra) -> None:
    """A corrected name goes over, whatever cobra's collation takes for equal."""
    names = ["müller", "Müller", "MÜLLER", "MULLER", "Strasse", "Straße"]

    for name in names:
        cobra.save(f"UPDATE {cobra.table()} SET LASTNAME0 = ? WHERE ID = 1", values=(name,))

    assert cobra.changes() == [("1", "update", "last_name")] * len(names)
