"""Knows which records of Sage a person confirmed to be which of cobra, as the relay asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from relay.cobra.lock import Lock
from relay.database import among, chunks
from relay.rules.address.facts import Confirmation

LINKED = "link"
SEPARATE = "separate"
"""What a person can decide: it is the same record, or another one."""

Confirmations = Callable[[Sequence[str]], Mapping[str, Confirmation]]
"""Keys of addresses to what was confirmed in one Sage year."""


class Decisions:
    """What people decided about a batch's records: each is looked up once, for all years."""

    def __init__(self, lock: Lock) -> None:
        """Take the lock; nothing is read yet."""
        self._lock = lock
        self._found: dict[str, list[Any]] = {}

    def confirmed_in(self, year: str) -> Confirmations:
        """Return how it is asked what a person confirmed for a year."""

        def ask(keys: Sequence[str]) -> Mapping[str, Confirmation]:
            self._look_up([key for key in keys if key not in self._found])
            found: dict[str, Confirmation] = {}
            for row in (row for key in keys for row in self._found[key]):
                seen: dict[str, Any] | None = orjson.loads(row.seen).get(year)
                if seen is not None:
                    found[row.entity_key] = Confirmation(
                        row.number, seen["address"], row.debtor, seen["debtor_address"]
                    )
            return found

        return ask

    def _look_up(self, keys: Sequence[str]) -> None:
        a = self._lock.tables.adoption
        query = select(a.c.entity_key, a.c.number, a.c.debtor, a.c.seen).order_by(a.c.decided_at)
        found: dict[str, list[Any]] = {key: [] for key in keys}
        for some in chunks(keys):
            here = query.where(a.c.decision == LINKED, among(a.c.entity_key, some))
            with self._lock.reading() as connection:
                for row in connection.execute(here):
                    found.setdefault(row.entity_key, []).append(row)
        self._found |= found  # not before: a look that fails has found out nothing
