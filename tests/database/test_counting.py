"""A write knows how many rows it wrote, whatever triggers and options of others say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    Unicode,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.base.errors import RowCountError
from relay.database import Failure, counted, dialect_of
from relay.database.sqlserver.counting import ASKED, NAME, ask_count, complete, read_count
from tests.world.databases import Databases

clients = Table(
    "CLIENTS",
    MetaData(),
    Column("ID", Integer, primary_key=True, autoincrement=False),
    Column("CITY", Unicode(40)),
    implicit_returning=False,
)
OTHERS = 7
"""Rows that the vendor's trigger changes at each statement, in another table."""

TRIGGERS = {
    "mssql": [
        """CREATE TRIGGER CLIENTS_{action} ON CLIENTS AFTER {action} AS
        UPDATE OTHERS SET SEEN = SEEN + 1; INSERT INTO OTHERS (SEEN) SELECT 0 WHERE 1 = 0"""
    ],
    "sqlite": [
        """CREATE TRIGGER CLIENTS_{action} AFTER {action} ON CLIENTS BEGIN
        UPDATE OTHERS SET SEEN = SEEN + 1; END"""
    ],
}


@pytest.fixture
def vendor(databases: Databases) -> Any:
    """Open a vendor's table with triggers that tell the counts of their own statements."""
    dialect = dialect_of(databases.cobra)
    engine = dialect.engine(databases.cobra, lock_timeout_ms=2000)
    with engine.begin() as connection:
        clients.create(connection)
        connection.exec_driver_sql("CREATE TABLE OTHERS (SEEN int NOT NULL)")
        for _ in range(OTHERS):
            connection.exec_driver_sql("INSERT INTO OTHERS (SEEN) VALUES (0)")
        for action in ("INSERT", "UPDATE", "DELETE"):
            for trigger in TRIGGERS[dialect.name]:
                connection.exec_driver_sql(trigger.format(action=action))
    with engine.connect() as connection:
        yield connection


def rows(*numbers: int, city: str = "Aarau") -> list[dict[str, Any]]:
    return [{"ID": number, "CITY": city} for number in numbers]


def hide_counts(connection: Connection) -> None:
    """Do what the server option `user options` with 512 does to each session."""
    if connection.dialect.name == "mssql":
        connection.exec_driver_sql("SET NOCOUNT ON")


@pytest.mark.parametrize("hidden", [False, True])
def test_each_kind_of_write_tells_its_own_rows(vendor: Connection, hidden: bool) -> None:  # noqa: FBT001 - a case
    """Inserted, updated in a joined statement, updated one by one, deleted: the rows themselves."""
    if hidden:
        hide_counts(vendor)
    dialect = dialect_of(vendor)
    city = update(clients).where(bindparam("p_id") == clients.c.ID).values(CITY=bindparam("p_city"))

    dialect.insert_rows(vendor, clients, rows(1))
    dialect.insert_rows(vendor, clients, rows(*range(2, 1203)))
    dialect.update_rows(vendor, clients, rows(1, 2, 3, city="Baar"), by=["ID"])

    assert counted(vendor, insert(clients).values(rows(2001, 2002))) == 2
    assert counted(vendor, insert(clients).values(ID=2003, CITY="Chur")) == 1
    assert counted(vendor, update(clients).where(clients.c.CITY == "Baar").values(CITY="Cham")) == 3
    assert counted(vendor, city, [{"p_id": n, "p_city": "Davos"} for n in (1, 2, -1)]) == 2
    assert counted(vendor, city, []) == 0
    assert counted(vendor, delete(clients).where(clients.c.ID > 2000)) == 3
    assert counted(vendor, delete(clients).where(clients.c.ID > 2000)) == 0
    assert vendor.exec_driver_sql("SELECT COUNT(*) FROM CLIENTS").scalar() == 1202


@pytest.mark.parametrize("missing", [99, 98])
def test_a_row_that_is_not_there_is_an_error_at_once(vendor: Connection, missing: int) -> None:
    """Also where a trigger's own count is the one that would be right."""
    dialect = dialect_of(vendor)
    dialect.insert_rows(vendor, clients, rows(*range(OTHERS)))
    with pytest.raises(RowCountError, match=f"expected {OTHERS} rows, got {OTHERS - 1}"):
        dialect.update_rows(
            vendor, clients, rows(*range(OTHERS - 1), missing, city="Baar"), by=["ID"]
        )


def together(connection: Connection, *writes: Callable[[], object]) -> None:
    with dialect_of(connection).together(connection):
        for write in writes:
            write()


def test_writes_that_go_together_tell_their_own_rows(vendor: Connection) -> None:
    """In their order, each with its own values and triggers."""
    dialect = dialect_of(vendor)
    together(
        vendor,
        lambda: dialect.insert_rows(vendor, clients, rows(1, 2, 3)),
        lambda: dialect.update_rows(vendor, clients, rows(2, 3, city="Baar"), by=["ID"]),
        lambda: dialect.insert_rows(vendor, clients, rows(4, city='"Zug"\t\\')),
        lambda: dialect.update_rows(vendor, clients, rows(3, city="Cham"), by=["ID"]),
    )
    together(vendor)
    found = vendor.exec_driver_sql("SELECT CITY FROM CLIENTS ORDER BY ID").scalars().all()
    assert found == ["Aarau", "Baar", "Cham", '"Zug"\t\\']


def test_what_is_asked_in_between_finds_what_was_written(vendor: Connection) -> None:
    """So a row that was just inserted can be read again, counted, or changed by another way."""
    dialect = dialect_of(vendor)
    found: list[int] = []
    together(
        vendor,
        lambda: dialect.insert_rows(vendor, clients, rows(1, 2)),
        lambda: found.append(counted(vendor, update(clients).values(CITY="Baar"))),
        lambda: dialect.insert_rows(vendor, clients, rows(3)),
        lambda: found.extend(vendor.execute(select(clients.c.ID)).scalars()),
        lambda: dialect.update_rows(vendor, clients, rows(3, city="Chur"), by=["ID"]),
    )
    cities = vendor.execute(select(clients.c.CITY).order_by(clients.c.ID)).scalars().all()
    assert sorted(found) == [1, 2, 2, 3]
    assert cities == ["Baar", "Baar", "Chur"]


def test_a_row_that_is_not_there_is_an_error_among_others(vendor: Connection) -> None:
    """Also in the middle of a batch."""
    dialect = dialect_of(vendor)
    dialect.insert_rows(vendor, clients, rows(1, 2))
    with pytest.raises(RowCountError, match="expected 2 rows, got 1"):
        together(
            vendor,
            lambda: dialect.update_rows(vendor, clients, rows(1, city="Baar"), by=["ID"]),
            lambda: dialect.update_rows(vendor, clients, rows(2, 9, city="Baar"), by=["ID"]),
            lambda: dialect.insert_rows(vendor, clients, rows(3, 4)),
        )


def test_what_fails_before_the_end_leaves_nothing_to_be_sent(vendor: Connection) -> None:
    """What is written afterwards goes at once again, and alone."""
    dialect = dialect_of(vendor)
    with pytest.raises(ZeroDivisionError):
        together(vendor, lambda: dialect.insert_rows(vendor, clients, rows(1)), lambda: 1 // 0)
    vendor.rollback()
    dialect.insert_rows(vendor, clients, rows(2))
    assert vendor.exec_driver_sql("SELECT ID FROM CLIENTS").scalars().all() == [2]


def test_an_error_in_the_middle_is_the_drivers(vendor: Connection) -> None:
    """A key that is there twice: whatever comes later in the batch, it is an error of values."""
    dialect = dialect_of(vendor)
    with pytest.raises(DBAPIError) as raised:
        together(
            vendor,
            lambda: dialect.insert_rows(vendor, clients, rows(1)),
            lambda: dialect.insert_rows(vendor, clients, rows(2, 1)),
            lambda: dialect.insert_rows(vendor, clients, rows(3)),
        )
    assert dialect.failure(raised.value) is Failure.DATA


class Answers:
    """A driver's cursor with a batch's results: a count, or one row of one column."""

    def __init__(self, *results: int | tuple[str, int]) -> None:
        self._results = list(results)

    @property
    def description(self) -> Any:
        first = self._results[0] if self._results else 0
        return None if isinstance(first, int) else ((first[0],),)

    def fetchone(self) -> Any:
        first = self._results[0]
        assert not isinstance(first, int)
        return (first[1],)

    def nextset(self) -> bool:
        self._results = self._results[1:]
        return bool(self._results)


class Execution:
    """What SQLAlchemy hands to a listener of a statement that is counted."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.execution_options = {"relay_count": self.counts}


@pytest.mark.parametrize(
    "results",
    [
        ((NAME, 3),),  # NOCOUNT hides the others
        (3, (NAME, 3)),
        (7, 0, 3, (NAME, 3)),  # a trigger without SET NOCOUNT
        (("whatever", 7), 3, (NAME, 3)),  # one that shows something
    ],
)
def test_only_what_the_batch_asked_itself_counts(results: tuple[int | tuple[str, int]]) -> None:
    """Whatever the driver tells before: the last answer is ours."""
    execution = Execution()
    assert ask_count(None, None, "UPDATE t", (), execution, False) == ("UPDATE t" + ASKED, ())  # noqa: FBT003 - as SQLAlchemy calls it
    read_count(None, Answers(*results), "", (), execution, False)  # noqa: FBT003 - the same
    assert complete(execution.counts, 1) == [3]


def test_no_answer_is_no_count() -> None:
    """A batch that was cut off tells nothing rather than 0."""
    execution = Execution()
    read_count(None, Answers(3), "", (), execution, False)  # noqa: FBT003 - the same
    with pytest.raises(RuntimeError):
        complete(execution.counts, 1)
