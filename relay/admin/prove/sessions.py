"""Knows the points that need the relay's own statements, or a clerk beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection, Engine

from relay.admin import status
from relay.base.values import Record
from relay.cobra.access import COUNTED, WRITTEN
from relay.cobra.lock import Lock, hold
from relay.cobra.outbox import Outbox
from relay.cobra.tables import source_tables
from relay.database import dialect_of, listed
from relay.database.connecting import connect
from relay.database.hints import Locked, seeking
from relay.database.reflection import read_table
from relay.sage.tables import target_tables

_LIMIT = 10
_SAVE = "UPDATE prove.address SET city = N'open' WHERE id = 1"
_RECORDS = 3
"""Captured rows when these points are asked, each with one entry that is committed."""

Ask = Callable[[Engine], object]


@contextmanager
def _open_save(engine: Engine) -> Iterator[Connection]:
    """Let a clerk have a save of record 1 open, and take it back."""
    with connect(engine, "cobra") as connection, connection.begin() as save:
        connection.exec_driver_sql(_SAVE)
        yield connection
        save.rollback()


@contextmanager
def _held(engine: Engine) -> Iterator[Lock]:
    with hold(engine) as lock:
        if lock is None:
            message = "somebody else holds the lock of a database that was made for this"
            raise RuntimeError(message)
        yield lock


def one_relay(engine: Engine) -> str:
    """A second session does not get the lock, also after a COMMIT of the first."""
    with _held(engine) as lock:
        with lock.reading():
            pass
        with hold(engine) as second:
            return "one" if second is None else "two"


def own_writes(engine: Engine) -> int:
    """What the relay writes to a captured table itself makes no entry."""
    outbox = source_tables(engine.dialect.name).outbox
    count = COUNTED.on(select(func.count()).select_from(outbox), outbox)
    with connect(engine, "cobra") as connection, connection.begin():
        before = connection.execute(count).scalar_one()
        with dialect_of(engine).own_writes(connection):
            connection.exec_driver_sql("UPDATE prove.address SET city = N'own'")
        return int(connection.execute(count).scalar_one() - before)


def joined_update(engine: Engine) -> str:
    """Many rows are written by one statement that finds them by a text key; its case counts."""
    dialect, debtor = dialect_of(engine), target_tables(engine.dialect.name).debtor
    with connect(engine, "cobra") as connection, connection.begin():
        rows = [{"entity_key": key, "number": number} for key, number in (("a", 1), ("A", 2))]
        dialect.insert_rows(connection, debtor, rows, now=("linked_at",))
        dialect.update_rows(connection, debtor, [rows[1] | {"number": 3}], by=["entity_key"])
        numbers = connection.execute(select(debtor.c.number).order_by(debtor.c.number))
        return " ".join(map(str, numbers.scalars()))


def sought_list(engine: Engine) -> int:
    """Rows of a captured table are read by a list of keys, as the relay sends it: by a seek."""
    with connect(engine, "cobra") as connection, connection.begin():
        table = read_table(connection, dialect_of(engine).locate("prove.address", None))
        key = table.c.id
        query = select(key).where(key.in_(listed("keys", key)))
        query = seeking(query, table, key, Locked.KEPT)
        return len(connection.execute(query, {"keys": [1, 2, -1]}).all())


def restore_marker(engine: Engine) -> str:
    """The database tells what a restore changes."""
    with connect(engine, "cobra") as connection:
        return (
            "missing" if dialect_of(engine).whereabouts(connection).generation is None else "there"
        )


def poll(engine: Engine) -> int:
    """The poll passes over the open save, and lists what is committed."""
    with _held(engine) as lock, _open_save(engine):
        return sum(len(record.entries) for record in _listed(Outbox(lock)))


def monitoring(engine: Engine) -> str:
    """`relay status` answers."""
    with _open_save(engine), status.asking(engine) as connection:
        status.state(connection, ["PROVE"])
        return "answers"


def news_of_others(engine: Engine) -> int:
    """The second listing of other records does not meet the open save."""
    with _held(engine) as lock:
        outbox = Outbox(lock)
        others = [record for record in _listed(outbox) if record.id.key != "1"]
        with _open_save(engine):
            return len(outbox.without_news(others))


def news_of_the_record(engine: Engine) -> int:
    """The second listing of the very record waits for the open save, and gives up."""
    with _held(engine) as lock:
        outbox = Outbox(lock)
        listed = _listed(outbox)
        with _open_save(engine):
            return len(outbox.without_news(listed))


def acknowledgement(engine: Engine) -> str:
    """A clerk saves while the relay's transaction has every committed entry locked."""
    outbox = source_tables(engine.dialect.name).outbox
    with _held(engine) as lock, lock.reading() as connection:
        connection.execute(WRITTEN.on(update(outbox).values(attempts=outbox.c.attempts), outbox))
        with _open_save(engine):
            return "saved"


def _listed(outbox: Outbox) -> list[Record]:
    return outbox.list_open(outbox.due(_LIMIT))


ALONE: tuple[tuple[str, str, Ask], ...] = (
    ("one_relay", "one", one_relay),
    ("own_writes", "0", own_writes),
    ("joined_update", "1 3", joined_update),
    ("sought_list", "2", sought_list),
    ("restore_marker", "there", restore_marker),
)
BESIDE_A_CLERK: tuple[tuple[str, str, Ask], ...] = (
    ("poll", f"{_RECORDS}", poll),
    ("monitoring", "answers", monitoring),
    ("news_of_others", f"{_RECORDS - 1}", news_of_others),
    ("news_of_the_record", "database_locked", news_of_the_record),
    ("acknowledgement", "saved", acknowledgement),
)
"""Asked without row versioning and with it."""
