"""Knows that one relay works: the lock in cobra's database, its connection, and our epoch.

Every write to cobra goes through this one connection, so a relay that lost the lock can
write nothing; the epoch in each transaction says the same where a connection outlives a lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import case, literal, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.base.errors import LockLost
from relay.cobra.tables import SourceTables, source_tables
from relay.database import Dialect, Failure, dialect_of, given
from relay.database.connecting import connect


class Lock:
    """The lock we hold: gives transactions on cobra, reading ones and writing ones."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection that owns the lock."""
        self.dialect: Dialect = dialect_of(connection)
        self.tables: SourceTables = source_tables(self.dialect.name)
        self.epoch = 0
        self._connection = connection
        identity = self.tables.identity
        ours = given("ours", identity.c.epoch)
        self._prove = (
            update(identity).where(identity.c.id == 1, identity.c.epoch == ours).values(epoch=ours)
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that writes nothing.

        Raises:
            LockLost: the connection that owns the lock is gone, or the database has trouble.
            Unavailable: a table or column is not there at present; the lock is still ours.
        """
        with _lost_with_connection(self._connection), self._connection.begin():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a writing transaction; its first statement proves that our epoch is the newest.

        Raises:
            LockLost: another relay took over, or the connection that owns the lock is gone.
        """
        with self.reading() as connection:
            if self.dialect.counted(connection, self._prove, {"ours": self.epoch}) != 1:
                raise LockLost("lock_lost")
            yield connection

    def take_epoch(self, at_least: int) -> int:
        """Take a new epoch, greater than cobra's own and than `at_least`; return it.

        Raises:
            LockLost: another relay took one since we took ours.
        """
        i = self.tables.identity
        least = literal(at_least, i.c.epoch.type)
        new = case((i.c.epoch > least, i.c.epoch), else_=least) + 1
        known = () if self.epoch == 0 else (i.c.epoch == self.epoch,)
        raised = update(i).where(i.c.id == 1, *known).values(epoch=new).returning(i.c.epoch)
        with self.reading() as connection:
            epoch: int | None = connection.execute(raised).scalar_one_or_none()
        if epoch is None:
            raise LockLost("lock_lost")
        self.epoch = epoch
        return epoch


@contextmanager
def hold(engine: Engine) -> Iterator[Lock | None]:
    """Try to take the lock on a connection of its own; yields None if another relay has it."""
    dialect = dialect_of(engine)
    with connect(engine, "cobra") as connection, dialect.lock(connection) as taken:
        yield Lock(connection) if taken else None


@contextmanager
def _lost_with_connection(connection: Connection) -> Iterator[None]:
    dialect, url = dialect_of(connection), connection.engine.url
    try:
        yield
    except DBAPIError as error:
        if dialect.failure(error) is Failure.TECHNICAL:
            raise dialect.unavailable(error, url, "cobra", kind=LockLost) from error
        if dialect.failure(error) is Failure.ABSENT:
            raise dialect.unavailable(error, url, "cobra") from error
        raise
