"""txoutbox: the clerk's program writes an event in its own transaction, a relay publishes it.

As its README says: the events of an address have its number as their key, so that they stay in
order, and who receives them remembers their ids, so that a second delivery does nothing.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from txoutbox import OutboxMessage, Relay, RelayConfig
from txoutbox.adapters.sqlite import SqliteStorage

from tests.bench.peers.counting import Change
from tests.bench.peers.side import BATCH, WRITE, Place, Side, transaction

CONFIG = RelayConfig(
    batch_size=BATCH,
    lease=timedelta(seconds=5),  # by default it waits for a minute for one that was killed
    publish_timeout=None,  # so that it does not warn of the short lease
    poll_max=0.05,  # by default it sleeps for up to five seconds
)


class WithTxoutbox(Side):
    """Its clerks' programs write each event themselves."""

    name = "txoutbox"
    lacks = (
        "at least once: that the target remembers the ids is the receiver's own work; no triggers:"
        " each program must write its events; no record read afresh: an event carries the state of"
        " its time; one message, one commit; a killed relay's events wait for its lease to end"
    )

    def __init__(self, place: Place) -> None:
        """Make its table in the source, and the receiver's in the target."""
        super().__init__(place)
        self._storage = SqliteStorage(str(place.source))
        self._storage.create_schema()
        self.open.callback(self._storage.close)
        self.target.execute("CREATE TABLE IF NOT EXISTS inbox (id INTEGER PRIMARY KEY)")
        self._relay = Relay(self._storage, self._publish, config=CONFIG)
        self._loop = asyncio.new_event_loop()
        self.open.callback(self._loop.close)

    def save(self, change: Change) -> None:
        """Commit the change and its event together."""
        with transaction(self.source):
            self.update(change)
            self._storage.insert(
                self.source, "address.changed", self.content(change), key=change.address
            )

    def carry(self) -> None:
        """Publish round by round until no event is left."""

        async def rounds() -> None:
            while (await self._relay.run_once()).claimed:
                pass

        self._loop.run_until_complete(rounds())

    def run(self) -> None:
        """Run its relay until killed."""
        self._loop.run_until_complete(self._relay.run())

    def left(self) -> int:
        """Count the events that are not delivered."""
        count = "SELECT COUNT(*) FROM outbox WHERE status = 'pending'"
        return int(self.source.execute(count).fetchone()[0])

    async def _publish(self, message: OutboxMessage) -> None:
        with transaction(self.target):
            new = self.target.execute("INSERT OR IGNORE INTO inbox VALUES (?)", (message.id,))
            if new.rowcount:
                self.target.execute(WRITE, message.json())
