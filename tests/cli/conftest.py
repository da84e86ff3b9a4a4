"""Gives the command line's tests a desk, and cleans up what a command sets for its process."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from threading import Event

import pytest
import structlog

from relay.cli import run as work
from relay.engine import service
from relay.settings import Settings


@pytest.fixture(autouse=True)
def _process_settings() -> Iterator[None]:
    """Take back logging and signals, which belong to the whole process."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    signals = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)
    for name, action in signals.items():
        signal.signal(name, action)


@pytest.fixture
def run_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `relay run` end when it would pause because of trouble."""

    class Once(Event):
        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            self.set()
            return True

    def run(settings: Settings, _stop: Event, parts: service.Parts) -> None:
        service.run(settings, Once(), parts)

    monkeypatch.setattr(work, "run_service", run)
