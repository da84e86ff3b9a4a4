"""Knows what all requests share as long as the process lives, and what is not asked each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock as Mutex
from time import monotonic

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from relay.admin.naming import abouts_of, heads_of
from relay.admin.status import asking
from relay.base import texts
from relay.base.errors import RelayError
from relay.base.values import RecordId
from relay.cobra.capture import verify
from relay.database import dialect_of
from relay.extras.page.guard import Tries
from relay.extras.page.months import Months
from relay.rules.invoice.invoice import About
from relay.settings import Settings
from relay.settings.parts import PageSection

FRESH_S = 60.0
"""How long a name that was read in cobra is believed."""

Reading = Callable[[Connection, Settings, Sequence[RecordId]], Mapping[RecordId, About]]


@dataclass(slots=True)
class Believed:
    """What was read in cobra of records, by key, and is believed for a minute."""

    settings: Settings
    read: Reading
    _known: dict[RecordId, tuple[float, About | None]] = field(default_factory=dict)
    _one_at_a_time: Mutex = field(default_factory=Mutex)

    def of(
        self, connection: Connection, records: Sequence[RecordId]
    ) -> dict[RecordId, About | None]:
        """Return how each is called, None if nobody can tell; what is too old is forgotten."""
        with self._one_at_a_time:
            now = monotonic()
            kept = {of: one for of, one in self._known.items() if now - one[0] < FRESH_S}
            missing = [record for record in records if record not in kept]
            read = self.read(connection, self.settings, missing) if missing else {}
            self._known = kept | {record: (now, read.get(record)) for record in missing}
            return {record: self._known[record][1] for record in records}


@dataclass(slots=True)
class Drift:
    """What is wrong with the triggers: looked at as often as the relay does, not on each look."""

    settings: Settings
    findings: list[tuple[str, dict[str, object]]] | None = None
    looked: float | None = None
    one_at_a_time: Mutex = field(default_factory=Mutex)

    def found(self, connection: Connection) -> list[tuple[str, dict[str, object]]] | None:
        """Return codes and values of their texts; None: this login may not look at them."""
        with self.one_at_a_time:
            now = monotonic()
            often = self.settings.relay.trigger_check_seconds
            if self.looked is None or now - self.looked >= often:
                self.findings = _verified(connection, self.settings)
                self.looked = now
            return self.findings


def _verified(
    connection: Connection, settings: Settings
) -> list[tuple[str, dict[str, object]]] | None:
    try:
        found = verify(connection, settings)
    except (RelayError, DBAPIError):
        return None
    return [(one.code, dict(one.values)) for one in found]


class FrontDesk:
    """What all requests share."""

    def __init__(self, settings: Settings, page: PageSection, engine: Engine) -> None:
        """Take cobra's database."""
        self.settings = settings
        self.page = page
        self.engine = engine
        self.tries = Tries()
        self.names = Believed(settings, abouts_of)
        self.heads = Believed(settings, heads_of)
        self.drift = Drift(settings)
        self.months = Months(settings)
        self.left: set[str] = set()
        """Sessions that ended before their time."""

    def named(self, error: RelayError | DBAPIError) -> RelayError:
        """Return an error by a name of ours, whose words hold no secret."""
        if isinstance(error, DBAPIError):
            return dialect_of(self.engine).unavailable(error, self.engine.url, "cobra")
        return error

    def said(self, error: RelayError | DBAPIError, language: str) -> str:
        """Return what is wrong in such words."""
        return texts.of_error(self.named(error), language)

    def asking(self) -> AbstractContextManager[Connection]:
        """Open cobra for reading; raises as `relay.admin.status.asking`."""
        return asking(self.engine)
