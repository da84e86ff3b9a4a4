"""Knows where the figures are shown: by a thread of this process, at an address of its own."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from sqlalchemy.engine import Engine

from relay.cobra.lock import Lock
from relay.engine.chores import Duty
from relay.engine.service import Parts
from relay.engine.years import Years
from relay.extras.metrics.counting import RelayCounters
from relay.extras.metrics.looking import Looking
from relay.settings import Settings
from relay.settings.parts import Metrics

log = structlog.get_logger()
AGAIN_S = 60
"""How often a port is tried again that another process had."""


class Figures:
    """The figures of one process, shown as long as it lives."""

    def __init__(self, settings: Settings, metrics: Metrics, engine: Engine) -> None:
        """Begin to count; `engine` is for looks into cobra's database."""
        self.registry = CollectorRegistry()
        self.counting = RelayCounters(self.registry)
        self.registry.register(Looking(settings, engine))
        ProcessCollector(registry=self.registry)
        self._metrics = metrics
        self._end: Callable[[], None] | None = None

    def show(self) -> bool:
        """Show the figures unless that is done; a port that is taken never stops the relay.

        Returns False: nothing of this chore is left to do.
        """
        if self._end is not None:
            return False
        where = self._metrics
        try:
            server, thread = start_http_server(where.port, where.address, self.registry)
        except OSError as error:
            at = f"{where.address}:{where.port}"
            log.warning("metrics_not_shown", at=at, text=error.strerror or str(error))
            return False

        def end() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        self._end = end
        return False

    def joined(self, parts: Parts) -> Parts:
        """Return what takes part in the relay together with these figures."""
        return parts.joined_by(self.counting.record, self.duty, self.counting.passed)

    def duty(self, _lock: Lock, _years: Years) -> Duty:
        """Return the chore that tries again to show them."""
        return Duty("metrics", AGAIN_S, self.show)

    def close(self) -> None:
        """Show them no longer."""
        if self._end is not None:
            self._end()
            self._end = None
