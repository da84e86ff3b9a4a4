"""Installing the triggers."""

from __future__ import annotations

import pytest

from relay.base.errors import Refused, Unavailable
from relay.cobra import capture
from relay.cobra.capture.installation import Waiting
from relay.database import dialect_of
from tests.cobra.capture.clerk import Cobra, configure

NAMES = ["relay_address_insert", "relay_address_update", "relay_address_delete"]


def test_second_install_leaves_everything_alone(bare: Cobra) -> None:
    """The first call creates the three triggers, the second one nothing."""
    first = capture.install(bare.engine, bare.settings)
    second = capture.install(bare.engine, bare.settings)

    assert [trigger.name for trigger in first] == NAMES
    assert second == []
    assert bare.verify() == []


def test_only_what_the_mapping_changes_is_replaced(cobra: Cobra) -> None:
    """After one more column is mapped, the update trigger alone is created anew, and sees it."""
    address = {"fields": {"title": "NOTES0"}}
    cobra.settings = cobra.settings_with(cobra={"address": address})

    replaced = capture.install(cobra.engine, cobra.settings)

    assert [trigger.action for trigger in replaced] == ["update"]
    cobra.save(f"UPDATE {cobra.table()} SET NOTES0 = 'Dr.' WHERE ID = 1")
    assert cobra.changes() == [("1", "update", "title")]


def test_another_table_is_captured_instead(cobra: Cobra) -> None:
    """Triggers that an earlier configuration left on another table are removed."""
    firms = cobra.create("FIRMS", "ID int NOT NULL PRIMARY KEY, CITY nvarchar(20) NULL")
    configure(cobra, "dbo.FIRMS", "ID", {"sage_address_number": "ID", "city": "CITY"})

    cobra.install()
    cobra.save(
        f"UPDATE {cobra.table()} SET CITY0 = 'Davos'", f"INSERT INTO {firms} (ID) VALUES (7)"
    )

    assert cobra.changes() == [("7", "insert", None)]
    assert cobra.verify() == []


def test_table_in_use_is_tried_again(bare: Cobra) -> None:
    """A clerk's open save lets the installer wait and try again, and is not disturbed itself."""
    assert bare.verify() != []  # the relay was here before: its first connection sets WAL
    slow = bare.connect()
    save = slow.begin()
    slow.exec_driver_sql(f"INSERT INTO {bare.table()} (CITY0) VALUES ('Chur')")
    pauses: list[float] = []

    def commit_in_the_first_pause(seconds: float) -> None:
        pauses.append(seconds)
        save.commit()

    patience = Waiting(lock_ms=50, tries=2, seconds_between=7, pause=commit_in_the_first_pause)
    capture.install(bare.engine, bare.settings, patience)

    assert pauses == [7]
    assert bare.verify() == []
    assert bare.ask(f"SELECT COUNT(*) FROM {bare.table()}") == 1


def test_table_that_stays_in_use_is_given_up(bare: Cobra) -> None:
    """After the last try the installer says so, and has changed nothing."""
    assert bare.verify() != []  # the relay was here before: its first connection sets WAL
    slow = bare.connect()
    save = slow.begin()
    slow.exec_driver_sql(f"INSERT INTO {bare.table()} (CITY0) VALUES ('Chur')")
    pauses: list[float] = []

    patience = Waiting(lock_ms=50, tries=3, seconds_between=0, pause=pauses.append)
    with pytest.raises(Unavailable) as refusal:
        capture.install(bare.engine, bare.settings, patience)

    assert refusal.value.code == "triggers_locked"
    assert len(pauses) == 2
    save.rollback()
    assert [code for code, _ in bare.verify()] == ["trigger_missing"] * 3


def test_database_without_the_relays_schema_is_refused(bare: Cobra) -> None:
    """Triggers that write to nowhere would undo every save, so migrating comes first."""
    empty = bare.server.create("empty")
    engine = dialect_of(empty).engine(empty, lock_timeout_ms=200)

    with pytest.raises(Refused) as refusal:
        capture.install(engine, bare.settings)

    assert refusal.value.code == "schema_missing"
