"""Who made a change."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra, configure


def login(cobra: Cobra) -> str | None:
    """Return who is connected: on SQLite nobody is."""
    if cobra.dialect == "sqlite":
        return None
    name: str = cobra.ask("SELECT ORIGINAL_LOGIN()")
    return name


def test_login_is_taken_where_the_column_does_not_tell(cobra: Cobra) -> None:
    """If cobra did not write who it was, the login tells it; for a deletion it always does."""
    cobra.save(
        f"UPDATE {cobra.table()} SET CITY0 = 'Davos', CHANGEDBY0 = NULL WHERE ID = 1",
        f"UPDATE {cobra.table()} SET CITY0 = 'Aarau', CHANGEDBY0 = '' WHERE ID = 1",
        f"UPDATE {cobra.table()} SET CHANGEDBY0 = 'anna' WHERE ID = 1",
        f"DELETE FROM {cobra.table()} WHERE ID = 1",
    )

    assert [entry.created_by for entry in cobra.noted()] == [login(cobra)] * 3


def test_login_is_taken_where_no_column_is_configured(bare: Cobra) -> None:
    """Without `changed_by` the login tells it."""
    configure(bare, "dbo.ADDRESSES", "ID", {"sage_address_number": "SAGENR0", "city": "CITY0"})
    bare.install()

    bare.save(
        f"INSERT INTO {bare.table()} (CITY0, CHANGEDBY0) VALUES ('Thun', 'anna')",
        f"UPDATE {bare.table()} SET CITY0 = 'Davos', CHANGEDBY0 = 'anna'",
    )

    assert [entry.created_by for entry in bare.noted()] == [login(bare)] * 2


def test_long_name_is_cut(bare: Cobra) -> None:
    """A name that does not fit does not keep the clerk from saving."""
    table = bare.create(
        "PEOPLE", "ID int NOT NULL PRIMARY KEY, CITY nvarchar(20), WHO nvarchar(500)"
    )
    fields = {"sage_address_number": "ID", "city": "CITY"}
    configure(bare, "dbo.PEOPLE", "ID", fields, changed_by="WHO")
    bare.install()

    bare.save(f"INSERT INTO {table} (ID, WHO) VALUES (1, '{'a' * 500}')")

    assert [(entry.created_by or "")[:128] for entry in bare.noted()] == ["a" * 128]
