"""A database of an availability group is the group's, whichever server answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from relay.base.errors import Refused
from relay.database.base import Whereabouts
from relay.database.sqlite.dialect import Sqlite
from relay.database.sqlserver import place
from tests.world.backups import Backup
from tests.world.company import World
from tests.world.databases import YEARS, Databases
from tests.world.desk import Desk

GROUP, OTHER = UUID(int=0xA6), UUID(int=0xA7)
Catalogue = Callable[[str, UUID | None], None]


@pytest.fixture
def catalogue(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """Let servers call themselves so, and all databases be in a group, as the catalogue has it."""

    def say(server: str, group: UUID | None) -> None:
        if databases.server.dialect == "mssql":
            value = "NULL" if group is None else f"'{group}'"
            monkeypatch.setattr(place, "IN_GROUP", f"CAST({value} AS uniqueidentifier)")
            monkeypatch.setattr(place, "_PLACE", f"N'{server}' AS server, DB_NAME() AS name")
            return

        def whereabouts(self: Sqlite, connection: object) -> Whereabouts:
            here = (server, self.place(connection)[1])  # type: ignore[arg-type]
            its = here if group is None else (f"{place.GROUP} {group}", here[1])
            return Whereabouts(its, None, here)

        monkeypatch.setattr(Sqlite, "whereabouts", whereabouts)

    return say


def _servers(world: World) -> set[str]:
    """Return where cobra says that it and its years are."""
    i, y = world.outbox.identity, world.outbox.year
    with world.cobra.connect() as connection:
        return {*connection.execute(i.select()).mappings().one().values()} & {
            *(row.server for row in connection.execute(y.select()))
        }


def _epoch(world: World) -> int:
    i = world.outbox.identity
    with world.cobra.connect() as connection:
        return int(connection.execute(i.select()).one().epoch)


def test_planned_failover_is_no_move(world: World, catalogue: Catalogue) -> None:
    """Another server answers, with the same state: a new epoch, and all goes on, once."""
    catalogue("SRV1", GROUP)
    key = world.add(SAGENR0="1")
    world.drain()
    before = _epoch(world)
    catalogue("SRV2", GROUP)
    world.change(key, CITY0="Bern")
    world.drain()
    assert set(world.statuses(key)) == {"applied"}
    assert all(world.in_sage(year)["1"]["City"] == "Bern" for year in YEARS)
    assert _epoch(world) > before
    assert _servers(world) == {f"{place.GROUP} {GROUP}"}
    world.assert_nothing_double()


def test_joining_a_group_is_no_move(world: World, catalogue: Catalogue) -> None:
    """Databases that join one where they are stay the same, and are the group's from then on."""
    catalogue("SRV1", None)
    key = world.add(SAGENR0="1")
    world.drain()
    assert _servers(world) == {"SRV1"}
    catalogue("SRV1", GROUP)
    world.change(key, CITY0="Bern")
    world.drain()
    catalogue("SRV2", GROUP)
    world.change(key, CITY0="Thun")
    world.drain()
    assert set(world.statuses(key)) == {"applied"}
    assert _servers(world) == {f"{place.GROUP} {GROUP}"}


@pytest.mark.parametrize("lost", ["cobra", "sage"])
def test_failover_that_lost_data_is_told_by_the_entries(
    world: World, catalogue: Catalogue, lost: str
) -> None:
    """The replica lacks what was committed last: told as a restore, and nothing is written."""
    catalogue("SRV1", GROUP)
    world.add(SAGENR0="1")
    world.drain()
    replica = Backup(world.cobra if lost == "cobra" else world.sage[YEARS[1]])
    world.add(SAGENR0="2")
    world.drain()
    replica.restore()
    catalogue("SRV2", GROUP)
    world.add(SAGENR0="3")
    if lost == "cobra":
        with pytest.raises(Refused, match="cobra_restored"):
            world.drain()
        assert all(set(world.in_sage(year)) == {"1", "2"} for year in YEARS)
        return
    world.drain()
    y = world.outbox.year
    with world.cobra.connect() as connection:
        state = connection.execute(y.select().where(y.c.name == YEARS[1])).one()
    assert (state.state, state.error_code) == ("refused", "sage_restored")
    assert set(world.in_sage(YEARS[1])) == {"1"}


@pytest.mark.parametrize(
    "places",
    [(("SRV1", GROUP), ("SRV1", OTHER)), (("SRV1", None), ("CRM01", None))],
    ids=["other group", "renamed server"],
)
def test_another_place_is_accepted_by_one_command(
    databases: Databases,
    world: World,
    catalogue: Catalogue,
    tmp_path: Path,
    places: tuple[tuple[str, UUID | None], ...],
) -> None:
    """It may be a copy, so nothing is written until a person pairs cobra and all years."""
    before, after = places
    catalogue(*before)
    world.drain()
    catalogue(*after)
    world.add(SAGENR0="1")
    with pytest.raises(Refused, match="cobra_copied"):
        world.drain()
    pair = ("pair", "--cobra", "moved", *YEARS, "--yes", "--reason", "Server umbenannt")
    paired = Desk(databases, tmp_path).relay(*pair)
    assert paired.exit_code == 0, paired.output
    world.drain()
    assert set(world.statuses()) == {"applied"}
    assert all(set(world.in_sage(year)) == {"1"} for year in YEARS)
