"""Windows' event log has start, stop, refusal, a year lost and found: what is monitored there."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread

import pytest
import structlog

from relay.base import texts
from relay.cli import logs
from relay.cli.logs import EventLog, Weight
from relay.engine.service import run
from tests.engine.test_table_away import _rename
from tests.extras.mail.test_digest import wait_for
from tests.world.company import World
from tests.world.databases import YEARS, Databases


class Written:
    """Keeps entries, as Windows would."""

    def __init__(self, language: str = "en") -> None:
        self.entries: list[tuple[Weight, str]] = []
        self._language = language

    def log(self) -> EventLog:
        def say(code: str, /, **values: object) -> str:
            return texts.text(code, self._language, **values)

        return EventLog(lambda weight, text: self.entries.append((weight, text)), say)

    def has(self, weight: Weight, part: str) -> bool:
        return any(weight is w and part in text for w, text in self.entries)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave the log as it was."""
    kept = structlog.get_config()
    yield
    structlog.configure(**kept)


def test_life_of_a_relay(databases: Databases) -> None:
    """Start, a year that is lost and found again, stop: each once, in words."""
    world = World(databases)
    written = Written()
    logs.configure(also=written.log())
    stop = Event()
    relay = Thread(target=run, args=(world.settings, stop))
    relay.start()
    try:
        wait_for(lambda: written.has(Weight.INFORMATION, "The relay works"))
        _rename(world, world.sage[YEARS[0]], "Adr", "", "Old")
        world.add()
        wait_for(lambda: written.has(Weight.WARNING, f"The Sage year {YEARS[0]} is out of reach"))
        _rename(world, world.sage[YEARS[0]], "Old", "", "Adr")
        wait_for(lambda: written.has(Weight.INFORMATION, f"The Sage year {YEARS[0]} is back"))
    finally:
        stop.set()
        relay.join()
    assert written.has(Weight.INFORMATION, "has ended")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_words(language: str) -> None:
    """Each entry names the year and what to do; what else is logged stands in no entry."""
    written = Written(language)
    logs.configure(also=written.log())
    log = structlog.get_logger()
    log.info("batch", records=3)
    log.warning("year_lost", year="MUSTER2026", state="away", code="x", text="keine Antwort.")
    log.info("year_ready", year="MUSTER2026", reopened=3)
    log.error("refused", code="restored", text="bitte «relay reconcile»")
    log.error("trigger_wrong", code="trigger_missing", trigger="relay_a", table="ADDRESSES")
    log.warning("captured_away", code="table_missing", table="ADDRESSES", schema="dbo")
    weights = [weight for weight, _ in written.entries]
    assert weights == [
        Weight.WARNING, Weight.INFORMATION, Weight.ERROR, Weight.ERROR, Weight.WARNING
    ]  # fmt: skip
    lost, found, refused, trigger, absent = (text for _, text in written.entries)
    assert "MUSTER2026" in lost
    assert "keine Antwort." in lost
    assert "MUSTER2026" in found
    assert "relay reconcile" in refused
    assert "relay_a" in trigger
    assert "table_missing" in absent


def test_full_event_log_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The line stands in the relay's own log all the same."""

    def full(_weight: Weight, _text: str) -> None:
        raise OSError

    logs.configure(also=EventLog(full, lambda *_, **__: ""))
    structlog.get_logger().info("stopped")
    assert "stopped" in capsys.readouterr().err
