"""Finding triggers that are not as they should be."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra
from tests.cobra.capture.marks import only_mssql

UPDATE = "relay_address_update"


def test_nothing_is_found_after_install(cobra: Cobra) -> None:
    """What was installed is what the mapping asks for."""
    assert cobra.verify() == []


def test_each_missing_trigger_is_found(cobra: Cobra) -> None:
    """A trigger that somebody dropped is named."""
    cobra.save(f"DROP TRIGGER {cobra.trigger(UPDATE)}")

    assert cobra.verify() == [("trigger_missing", UPDATE)]


def test_altered_trigger_is_found_and_repaired(cobra: Cobra) -> None:
    """A trigger with another text is named, and installing puts it right."""
    cobra.save(f"DROP TRIGGER {cobra.trigger(UPDATE)}")
    cobra.create_trigger(UPDATE, "ADDRESSES")

    assert cobra.verify() == [("trigger_altered", UPDATE)]
    cobra.install()
    assert cobra.verify() == []


def test_changed_mapping_is_found(cobra: Cobra) -> None:
    """Triggers that were installed for another mapping are named before they miss a change."""
    cobra.settings = cobra.settings_with(cobra={"address": {"fields": {"title": "NOTES0"}}})

    assert cobra.verify() == [("trigger_altered", UPDATE)]


@only_mssql
def test_disabled_trigger_is_found_and_repaired(cobra: Cobra) -> None:
    """A trigger that somebody switched off, as some upgrades do, is named and put right."""
    cobra.save(f"DISABLE TRIGGER {cobra.trigger(UPDATE)} ON {cobra.table()}")

    assert cobra.verify() == [("trigger_disabled", UPDATE)]
    cobra.install()
    assert cobra.verify() == []
    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Davos' WHERE ID = 1")
    assert cobra.changes() == [("1", "update", "city")]


def test_foreign_trigger_with_our_prefix_is_found(cobra: Cobra) -> None:
    """What is named like ours but is not asked for may be a leftover: a person must look."""
    cobra.create_trigger("relay_race", "ADDRESSES")

    assert cobra.verify() == [("trigger_foreign", cobra.trigger("relay_race"))]


def test_trigger_left_on_another_table_is_found(cobra: Cobra) -> None:
    """A trigger of ours on a table that is not captured writes entries that nobody wants."""
    cobra.create("FIRMS", "ID int NOT NULL PRIMARY KEY")
    cobra.save(f"DROP TRIGGER {cobra.trigger(UPDATE)}")
    cobra.create_trigger(UPDATE, "FIRMS")

    assert cobra.verify() == [
        ("trigger_missing", UPDATE),
        ("trigger_foreign", cobra.trigger(UPDATE)),
    ]
