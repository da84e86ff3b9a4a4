"""What Prometheus reads is what the outbox says; nobody's data is in it, nobody waits for it."""

from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.engine import Connection, Engine, make_url
from structlog.testing import capture_logs

from relay.admin.repair import Repair
from relay.base.values import Person
from relay.cobra.deliveries import Result
from relay.cobra.lock import hold
from relay.database import dialect_of
from relay.engine.service import Parts, run, taken_over
from relay.extras.metrics.serving import Figures
from relay.settings.parts import Metrics
from tests.world.databases import Databases
from tests.world.office import LAST, THIS, Office, position

Read = dict[tuple[str, frozenset[tuple[str, str]]], float]


def free_port() -> int:
    with closing(socket.socket()) as some:
        some.bind(("127.0.0.1", 0))
        port: int = some.getsockname()[1]
        return port


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company whose relay books invoices into two years."""
    return Office(databases)


class Shown(Figures):
    """Figures of which a test knows the port."""

    def __init__(self, office: Office, engine: Engine | None = None, port: int = 0) -> None:
        self.port = port or free_port()
        super().__init__(office.settings, Metrics(port=self.port), engine or office.relay_engine())


@pytest.fixture
def figures(office: Office) -> Iterator[Shown]:
    with closing(Shown(office)) as made:
        yield made


def whole_text(figures: Shown) -> str:
    """Return what Prometheus gets."""
    figures.show()
    url = f"http://127.0.0.1:{figures.port}/metrics"
    with urllib.request.urlopen(url, timeout=30) as answer:
        told: str = answer.read().decode()
        return told


def read(figures: Shown) -> Read:
    """Return each figure that Prometheus gets, by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(whole_text(figures))
        for sample in family.samples
    }


def of(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def drain(office: Office, figures: Shown) -> None:
    """Move all that is due with the figures taking part."""
    parts = figures.joined(Parts())
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings, parts.milestone, parts.recorders) as (step, _):
            while step.step():
                pass


def test_outbox_is_told_as_it_is(office: Office, figures: Shown) -> None:
    """Open and held entries, lag and years are what the database says at that moment."""
    before = read(figures)
    assert before[of("relay_open_entries", status="pending")] == 0
    assert before[of("relay_lag_seconds")] == 0
    customer = office.add()
    office.invoice(customer, position("100.00", account="9999"))
    due = read(figures)
    assert due[of("relay_open_entries", status="pending")] == 3  # address, invoice, position
    assert due[of("relay_lag_seconds")] > 0
    drain(office, figures)
    held = read(figures)
    assert held[of("relay_open_entries", status="pending")] == 0
    assert held[of("relay_held_entries", code="account_missing")] == 2
    assert held[of("relay_lag_seconds")] == 0
    assert held[of("relay_oldest_open_seconds")] > 0
    assert held[of("relay_year_ready", year=THIS, mandant="MUSTER")] == 1
    assert held[of("relay_working")] == 0
    assert held[of("relay_cobra_up")] == 1


def test_records_count_once_they_are_acknowledged(office: Office, figures: Shown) -> None:
    """A batch whose acknowledgement failed is not counted twice when it comes again."""
    office.invoice(office.add(), position("100.00"))
    parts = figures.joined(Parts())

    def fail(name: str) -> None:
        parts.milestone(name)
        if name == "before_ack":
            raise ConnectionError

    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with (
            taken_over(lock, office.settings, fail, parts.recorders) as (step, _),
            pytest.raises(ConnectionError),
        ):
            step.step()
    booked = of("relay_records_total", entity="invoice", year=THIS, status="applied")
    assert booked not in read(figures)
    drain(office, figures)
    counted = read(figures)
    assert counted[booked] == 1
    assert counted[of("relay_batches_total")] >= 1
    drain(office, figures)
    assert read(figures)[booked] == 1


def test_other_parts_hear_of_each_batch_too(office: Office, figures: Shown) -> None:
    """Who joined before the figures is not silenced by them, nor they by who joins later."""
    heard: dict[str, list[str]] = {"before": [], "later": []}

    def nothing_more(_connection: Connection, _results: Sequence[Result]) -> None:
        """Write no more."""

    def joined(parts: Parts, who: str) -> Parts:
        return parts.joined_by(nothing_more, figures.duty, heard[who].append)

    parts = joined(figures.joined(joined(Parts(), "before")), "later")
    office.add()
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        with taken_over(lock, office.settings, parts.milestone, parts.recorders) as (step, _):
            step.step()
    assert heard["before"] == heard["later"]
    assert "acknowledged" in heard["before"]
    assert read(figures)[of("relay_batches_total")] == 1


def test_trigger_that_was_dropped_is_told(office: Office, figures: Shown) -> None:
    """Drift shows, and is looked for as often as the relay itself does."""
    with office.cobra.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER relay_address_update")
    assert read(figures)[of("relay_trigger_findings")] == 1


def test_paused_year_is_told(office: Office, figures: Shown) -> None:
    """A pause stands there while it lasts."""
    paused = of("relay_paused", scope=LAST)
    assert paused not in read(figures)
    with office.cobra.begin() as connection:
        Repair(connection, Person("anna", "closing")).pause(LAST)
    assert read(figures)[paused] == 1


def test_figures_hold_nothing_of_a_customer(office: Office, figures: Shown) -> None:
    """No name, number or amount goes to a monitoring system."""
    customer = office.add(COMPANY1="Geheim AG", SAGENR0="98765")
    office.invoice(customer, position("4321.10", account="9999"))
    drain(office, figures)
    told = whole_text(figures)
    assert "relay_held_entries" in told
    for secret in ("Geheim", "98765", "4321"):
        assert secret not in told


def test_cobra_that_is_away_is_told(office: Office, tmp_path: Path) -> None:
    """The figures of the process itself are there all the same."""
    url = make_url(f"sqlite:///{tmp_path / 'nowhere' / 'cobra.db'}")
    engine = dialect_of(url).engine(url, lock_timeout_ms=200)
    with closing(Shown(office, engine)) as away, capture_logs() as logs:
        told = read(away)
    assert told[of("relay_cobra_up")] == 0
    assert of("relay_lag_seconds") not in told
    assert of("relay_batches_total") in told
    assert [log["event"] for log in logs] == ["metrics_without_cobra"]


def test_port_that_is_taken_never_stops_the_relay(office: Office) -> None:
    """It is told in the log, and tried again by a chore."""
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        second = Shown(office, port=other.getsockname()[1])
        with capture_logs() as logs:
            second.show()
        assert [log["event"] for log in logs] == ["metrics_not_shown"]
    with closing(second):
        assert "relay_batches_total" in whole_text(second)


def test_running_relay_tells_of_its_chores(office: Office, figures: Shown) -> None:
    """Each chore that went well has its time."""
    settings = office.settings.model_copy(
        update={"relay": office.settings.relay.model_copy(update={"recheck_seconds": 1})}
    )
    stop = Event()
    relay = Thread(target=run, args=(settings, stop, figures.joined(Parts())))
    relay.start()
    recheck = of("relay_chore_last_success_timestamp_seconds", chore="recheck")
    try:
        until = time.monotonic() + 60
        while recheck not in (told := read(figures)) and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        stop.set()
        relay.join()
    assert told[recheck] > 0
    assert told[of("relay_working")] == 1
