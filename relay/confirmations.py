"""Knows which records of Sage a person confirmed to be which of cobra, as the relay asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select

from relay.dialect import chunks
from relay.lock import Lock
from relay.plan import Confirmation

LINKED = "link"
SEPARATE = "separate"
"""What a person can decide: it is the same record, or another one."""

Confirmations = Callable[[Sequence[str]], Mapping[str, Confirmation]]
"""Keys of addresses to what was confirmed in one Sage year."""


def confirmed_in(lock: Lock, year: str) -> Confirmations:
    """Return how it is asked what a person confirmed for a year."""

    def ask(keys: Sequence[str]) -> Mapping[str, Confirmation]:
        a = lock.tables.adoption
        found: dict[str, Confirmation] = {}
        for some in chunks(keys):
            query = select(a.c.entity_key, a.c.number, a.c.debtor, a.c.seen)
            here = query.where(a.c.decision == LINKED, a.c.entity_key.in_(some))
            with lock.reading() as connection:
                for row in connection.execute(here.order_by(a.c.decided_at)):
                    seen: dict[str, Any] | None = orjson.loads(row.seen).get(year)
                    if seen is not None:
                        found[row.entity_key] = Confirmation(
                            row.number, seen["address"], row.debtor, seen["debtor_address"]
                        )
        return found

    return ask
