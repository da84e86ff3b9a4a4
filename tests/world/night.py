"""Lets a night pass in which a relay compares cobra with Sage."""

from __future__ import annotations

from datetime import datetime

from relay.admin.comparing.nightly import Nightly
from relay.cobra.lock import hold
from relay.engine.service import taken_over
from tests.world.company import World

TONIGHT = datetime(2026, 11, 29, 2, 31)  # noqa: DTZ001 - a local time


def compare(world: World, now: datetime = TONIGHT, pages: int = 1000, page: int = 2) -> int:
    """Let a relay take over and compare, so many pages at most; returns how many there were."""
    with hold(world.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, world.settings) as (_drain, years):
            night = Nightly(world.settings, lock, years, lambda: now, page)
            return next((done for done in range(pages) if not night.chore()), pages)
