"""Removing the triggers."""

from __future__ import annotations

from relay.cobra import capture
from tests.cobra.capture.clerk import Cobra

TRIGGERS = {
    "sqlite": "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger'",
    "mssql": "SELECT COUNT(*) FROM sys.triggers",
}


def test_drop_leaves_nothing(cobra: Cobra) -> None:
    """No trigger is left, and saves go on unnoticed; a second call finds nothing to do."""
    assert len(capture.drop(cobra.engine, cobra.settings)) == 3

    assert cobra.ask(TRIGGERS[cobra.dialect]) == 0
    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Davos'")
    assert cobra.noted() == []
    assert capture.drop(cobra.engine, cobra.settings) == []


def test_drop_works_after_the_configuration_changed(cobra: Cobra) -> None:
    """Triggers are found by their names and our mark, on whatever table they are."""
    cobra.settings = cobra.settings_with(cobra={"address": {"table": "dbo.NOWHERE"}})

    assert len(capture.drop(cobra.engine, cobra.settings)) == 3


def test_somebody_elses_trigger_stays(cobra: Cobra) -> None:
    """A trigger that only begins like ours is not ours to remove."""
    cobra.create_trigger("relay_race", "ADDRESSES")

    capture.drop(cobra.engine, cobra.settings)

    assert cobra.ask(TRIGGERS[cobra.dialect]) == 1
