"""A session that limits how many rows its statements touch."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra, configure
from tests.cobra.capture.marks import only_mssql


@only_mssql
def test_limit_of_the_session_does_not_cut_entries_off(bare: Cobra) -> None:
    """Three rows whose keys change make six entries, though the session is limited to three."""
    table = bare.create("FIRMS", "ID int NOT NULL PRIMARY KEY, CITY nvarchar(20) NULL")
    configure(bare, "dbo.FIRMS", "ID", {"sage_address_number": "ID", "city": "CITY"})
    bare.install()
    bare.save(f"INSERT INTO {table} (ID) VALUES (1), (2), (3), (4), (5)")
    bare.forget()

    bare.save("SET ROWCOUNT 3", f"UPDATE {table} SET ID = ID + 100")

    bare.save("SET ROWCOUNT 0")
    assert bare.ask(f"SELECT COUNT(*) FROM {table} WHERE ID > 100") == 3
    assert [operation for _, operation, _ in sorted(bare.changes())].count("delete") == 3
    assert len(bare.changes()) == 6


@only_mssql
def test_limit_of_the_session_stays_as_it_was(cobra: Cobra) -> None:
    """What the trigger sets for itself ends with it."""
    cobra.save("SET ROWCOUNT 1", f"UPDATE {cobra.table()} SET CITY0 = 'Davos'")

    cobra.save(f"UPDATE {cobra.table()} SET CITY0 = 'Aarau'", "SET ROWCOUNT 0")

    assert cobra.ask(f"SELECT COUNT(*) FROM {cobra.table()} WHERE CITY0 = 'Aarau'") == 1
