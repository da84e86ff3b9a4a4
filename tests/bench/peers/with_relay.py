"""The relay: triggers notice, states are carried, a ledger in the target."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property

from relay.engine.service import nothing
from relay.engine.step import Drain
from relay.settings import Settings
from tests.bench.drain import draining
from tests.bench.peers.side import Side
from tests.soak.child import run_until_told


class WithRelay(Side):
    """Its clerks save and do no more."""

    name = "relay"
    lacks = "of several changes of an address that wait, only the newest state is written"

    def carry(self) -> None:
        """Drain, as the relay does between two sleeps."""
        while self._drain.step():
            pass

    def run(self) -> None:
        """Run the relay itself."""
        run_until_told(self._settings, nothing)

    def left(self) -> int:
        """Count the entries that are not applied."""
        count = "SELECT COUNT(*) FROM relay_outbox WHERE status <> 'applied'"
        return int(self.source.execute(count).fetchone()[0])

    def ledger(self) -> Mapping[str, int]:
        """Count the entries of each address in the ledger, without the first, which brought it."""
        query = "SELECT entity_key, COUNT(*) - 1 FROM relay_applied GROUP BY entity_key"
        return dict(self.target.execute(query).fetchall())

    @cached_property
    def _drain(self) -> Drain:
        return self.open.enter_context(draining(self._settings))

    @property
    def _settings(self) -> Settings:
        told = (self.place.folder / "settings.json").read_text(encoding="utf-8")
        return Settings(**json.loads(told))
