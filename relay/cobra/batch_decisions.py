"""Knows how a batch asks what people decided of its addresses, as far as a Sage year goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Select, or_, select

from relay.base.values import Entity
from relay.cobra.decisions import ERASURE, Verdict
from relay.cobra.lock import Lock
from relay.database import rows_among
from relay.rules.address.facts import Confirmation


class Decisions:
    """What people decided about a batch's records: each is looked up once, for all years."""

    def __init__(
        self, lock: Lock, gone: Callable[[Sequence[str]], set[str]], *, is_any: bool = True
    ) -> None:
        """Take the lock, and how it is asked which addresses cobra holds no more.

        Where there is known not to be any decision, none is looked up.
        """
        self._is_any = is_any
        self._lock = lock
        self._gone = gone
        self._found: dict[str, list[Any]] = {}
        self._followed: dict[str, tuple[str, ...]] = {}

    def confirmed(self, year: str, keys: Sequence[str]) -> Mapping[str, tuple[Confirmation, ...]]:
        """Return keys of addresses to what was confirmed of them, as far as it concerns a year."""
        if not self._is_any:
            return {}
        self._look_up([key for key in keys if key not in self._found])
        confirmed = {key: tuple(_confirmed(self._found[key], year)) for key in keys}
        return {key: some for key, some in confirmed.items() if some}

    def erased(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Return keys of addresses whose data was erased to the number that they had."""
        if not self._is_any:
            return {}
        self._look_up([key for key in keys if key not in self._found])
        rows = [row for key in keys for row in self._found[key]]
        return {row.entity_key: row.number for row in rows if row.topic == ERASURE}

    def followed(self, keys: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return keys to the former records whose place they took; those are gone to this day."""
        if not self._is_any:
            return {}
        new = [key for key in dict.fromkeys(keys) if key not in self._followed]
        d = self._lock.tables.decision
        query = select(d.c.entity_key, d.c.seen).where(
            d.c.entity == Entity.ADDRESS, d.c.decision == Verdict.MOVE
        )
        found: dict[str, list[str]] = {key: [] for key in new}
        for key, seen in self._rows(query, new):
            found[key].append(orjson.loads(seen)["former"])
        former = sorted({one for several in found.values() for one in several})
        gone = self._gone(former) if former else set()
        self._followed |= {key: tuple(k for k in ks if k in gone) for key, ks in found.items()}
        return {key: former_keys for key in keys if (former_keys := self._followed[key])}

    def _look_up(self, keys: Sequence[str]) -> None:
        d = self._lock.tables.decision
        query = select(
            d.c.entity_key, d.c.topic, d.c.number, d.c.debtor, d.c.cobra, d.c.seen
        ).where(
            d.c.entity == Entity.ADDRESS,
            or_(d.c.decision == Verdict.LINK, d.c.topic == ERASURE),
        )
        found: dict[str, list[Any]] = {key: [] for key in keys}
        for row in self._rows(query, keys):
            found[row.entity_key].append(row)
        self._found |= found  # not before: a look that fails has found out nothing

    def _rows(self, query: Select[Any], keys: Sequence[str]) -> list[Any]:
        with self._lock.reading() as connection:
            column = self._lock.tables.decision.c.entity_key
            return rows_among(connection, query, column, keys)


def _confirmed(rows: Iterable[Any], year: str) -> Iterable[Confirmation]:
    for row in rows:
        if row.topic == ERASURE:
            continue
        seen: dict[str, Any] | None = orjson.loads(row.seen).get(year)
        if seen is not None:
            yield Confirmation(
                row.number, seen["address"], row.debtor, seen["debtor_address"], row.cobra
            )
