"""Waiting for a person is a finding, waiting for time or another process is none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, insert, text

from relay.admin.monitoring import findings
from relay.admin.status import state
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


def _told(world: World, codes: Iterable[str | None]) -> tuple[int, int, set[str | None]]:
    """Let a record wait with each code; return how many the check and the view count, and whose.

    The mail names them; the check counts records, the view their entries.
    """
    o = world.outbox.outbox
    named = {f"{at}": code for at, code in enumerate(codes)}
    rows = [
        {"entity": "invoice", "entity_key": key, "operation": "update", "status": "waiting",
         "waiting_on": "routing", "error_code": code, "error": "Satz"}
        for key, code in named.items()
    ]  # fmt: skip
    with world.cobra.begin() as connection:
        for row in rows * SEVERAL:
            connection.execute(insert(o).inline().values(row))
        found = findings(state(connection, []), max_lag_s=3600)
        view = text(f"SELECT all_well, waiting_for_person FROM {_view(world)}")
        well, entries = connection.execute(view).one()
        mailed = troubles(connection, world.settings, timedelta(0))
        connection.execute(delete(o))
    assert well == (not entries)
    counted = [p.values["records"] for p in found if p.code == "check_waiting"]
    subjects = (trouble.subject.partition(":") for trouble in mailed)
    whose = {named[key] for entity, _, key in subjects if entity == "invoice"}
    return sum(map(int, map(str, counted))), entries, whose


def _view(world: World) -> str:
    return table_name(world.dialect.name, "v_lag")


def test_each_code_is_told_by_all_or_by_none(world: World) -> None:
    """What it says of its ends decides: a code that time cannot end needs a person."""
    for_person = {code for code in CODES if End.TIME not in ends(code)} | {UNKNOWN}
    assert {"not_ready", "address_not_ready", "year_missing", "period_closed"} <= for_person
    told = _told(world, for_person)
    assert told == (len(for_person), SEVERAL * len(for_person), for_person)
    by_itself = {code for code in CODES if code not in for_person}
    assert {"year_away", "previous_year_away", "payment_unknown"} <= by_itself
    assert _told(world, [*by_itself, None]) == (0, 0, set())


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
