"""Waiting for a person is a finding, waiting for time or another process is none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, text

from relay.admin.status import findings, state
from relay.base.codes import End, ends
from relay.base.texts import definitions
from relay.cobra.lock import hold
from relay.database.tables import table_name
from relay.extras.mail.trouble import troubles
from tests.world.company import World
from tests.world.desk import Desk

CODES = sorted(code for code, told in definitions().items() if "ends" in told)
UNKNOWN = "of_another_version"
SEVERAL = 2


def _told(world: World, code: str | None) -> tuple[bool, bool, bool]:
    """Return whether the check, the view and the mail tell of a record that waits with a code."""
    o = world.outbox.outbox
    row: dict[str, Any] = {"entity": "invoice", "entity_key": "7", "operation": "update"}
    row |= {"status": "waiting", "waiting_on": "routing", "error_code": code, "error": "Satz"}
    with world.cobra.begin() as connection:
        for _ in range(SEVERAL):
            connection.execute(insert(o).inline().values(row))
        found = findings(state(connection, []), max_lag_s=0)
        view = text(f"SELECT all_well, waiting_for_person FROM {_view(world)}")
        well, entries = connection.execute(view).one()
        mailed = troubles(connection, world.settings, timedelta(0))
        connection.execute(delete(o))
    assert (well, entries) in ((1, 0), (0, SEVERAL))
    counted = [p.values["records"] for p in found if p.code == "check_waiting"]
    assert counted in ([], [1]), "records are counted, not entries"
    return bool(counted), not well, "invoice:7" in {trouble.subject for trouble in mailed}


def _view(world: World) -> str:
    return table_name(world.dialect.name, "v_lag")


def test_each_code_is_told_by_all_or_by_none(world: World) -> None:
    """What it says of its ends decides: a code that time cannot end needs a person."""
    assert {"not_ready", "year_missing", "period_closed", "year_away"} <= set(CODES)
    told = {code: _told(world, code) for code in (*CODES, UNKNOWN)}
    for_person = {code: End.TIME not in ends(code) for code in CODES} | {UNKNOWN: True}
    assert told == {code: (yes, yes, yes) for code, yes in for_person.items()}
    assert _told(world, None) == (False, False, False)


@pytest.mark.parametrize(
    "code", ["not_ready", "year_missing", "period_closed", "address_not_ready"]
)
def test_what_somebody_has_to_complete_is_told(world: World, code: str) -> None:
    """A missing town, a year that is not set up, a closed period end by nobody's waiting."""
    assert _told(world, code) == (True, True, True)


@pytest.mark.parametrize("code", ["year_away", "previous_year_away", "payment_unknown"])
def test_what_ends_by_itself_is_not_told(world: World, code: str) -> None:
    """A database that comes back; while it is away the year itself is told."""
    assert _told(world, code) == (False, False, False)


def test_address_without_town_is_a_finding_until_it_is_completed(desk: Desk, world: World) -> None:
    """As the clerk leaves it in cobra, and as the monitoring system hears of it."""
    key = world.add(CITY0=None)
    world.drain()
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        told = desk.relay("status", "--check")
        assert (told.exit_code, "Auf jemanden wartet 1 Datensatz" in told.stderr) == (6, True)
    world.change(key, CITY0="Bern")
    world.drain()
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        assert desk.relay("status", "--check").exit_code == 0
