"""Capture of a key that changes."""

from __future__ import annotations

from tests.cobra.capture.clerk import Cobra, configure

BY_NUMBER = "ID int NOT NULL PRIMARY KEY, CITY nvarchar(20) NULL"
BY_TEXT = "CODE nvarchar(20) NOT NULL PRIMARY KEY, CITY nvarchar(20) NULL"


def captured(cobra: Cobra, columns: str) -> str:
    """Create and capture a table whose key can be written."""
    key = columns.split(maxsplit=1)[0]
    table = cobra.create("FIRMS", columns)
    configure(cobra, "dbo.FIRMS", key, {"sage_address_number": key, "city": "CITY"})
    cobra.install()
    return table


def test_changed_key_is_a_deletion_and_an_insertion(bare: Cobra) -> None:
    """The record of the old key is gone, the record of the new one is new."""
    table = captured(bare, BY_NUMBER)
    bare.save(f"INSERT INTO {table} (ID, CITY) VALUES (1, 'Chur')")
    bare.forget()

    bare.save(f"UPDATE {table} SET ID = 7, CITY = 'Davos'")

    assert sorted(bare.changes()) == [("1", "delete", None), ("7", "insert", None)]


def test_keys_that_move_up_meet_their_neighbours(bare: Cobra) -> None:
    """Where one statement gives a row the key that another had, that record is changed."""
    table = captured(bare, BY_NUMBER)
    bare.save(f"INSERT INTO {table} (ID, CITY) VALUES (1, 'Chur')")
    bare.save(f"INSERT INTO {table} (ID, CITY) VALUES (3, 'Olten')")
    bare.forget()

    bare.save(
        f"UPDATE {table} SET ID = ID + 2 WHERE ID = 3",
        f"UPDATE {table} SET ID = ID + 2 WHERE ID = 1",
    )

    noted = {(key, operation) for key, operation, _ in bare.changes()}
    assert {key for key, _ in noted} == {"1", "3", "5"}
    assert ("1", "delete") in noted
    assert ("5", "insert") in noted


def test_case_or_trailing_blank_of_a_text_key_is_a_key_change(bare: Cobra) -> None:
    """Text keys are told apart exactly, as the outbox does, whatever the collation says."""
    table = captured(bare, BY_TEXT)
    bare.save(f"INSERT INTO {table} (CODE, CITY) VALUES ('ab', 'Chur')")

    for before, after in [("ab", "AB"), ("AB", "AB "), ("AB ", "AB"), ("AB", "ÄB")]:
        bare.forget()
        bare.save(f"UPDATE {table} SET CODE = ?", values=(after,))
        assert sorted(bare.changes()) == sorted([(before, "delete", None), (after, "insert", None)])


def test_text_key_that_stays_is_a_change_of_the_record(bare: Cobra) -> None:
    """With a text key, too, a changed field is just that."""
    table = captured(bare, BY_TEXT)
    bare.save(f"INSERT INTO {table} (CODE, CITY) VALUES ('Ä b', 'Chur')")
    bare.forget()

    bare.save(f"UPDATE {table} SET CITY = 'Davos', CODE = CODE")

    assert bare.changes() == [("Ä b", "update", "city")]
