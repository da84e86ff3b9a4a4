"""What is not in order is told once, to whom it concerns, and its end too; nobody waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from email.message import EmailMessage
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from relay.base.errors import Unavailable
from relay.cobra.lock import Lock, hold
from relay.database import utcnow
from relay.database.connecting import cobra_engine
from relay.engine.service import Parts, run
from relay.extras.mail.chores import Digest, housework
from relay.extras.mail.post import Send, send
from relay.extras.mail.trouble import Role
from relay.settings.parts import Mail
from tests.world.databases import Databases
from tests.world.mail_server import Mailbox, serving, text_of
from tests.world.office import LAST, THIS, Office, position

BOOKS, IT = "buchhaltung@muster.ch", "it@muster.ch"


def mail(port: int = 25, **more: Any) -> Mail:
    told = {"server": "localhost", "port": port, "tls": "none", "sender": "relay@muster.ch"}
    return Mail(**{**told, "bookkeeper": [BOOKS], "admin": [IT], "after_minutes": 0, **more})


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company whose relay books invoices into two years."""
    return Office(databases)


class Clock:
    """A clock that goes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A relay's digest, whose chore runs when the test says so."""

    def __init__(self, office: Office, told: Mail, post: Send) -> None:
        self.clock = Clock()
        self._office = office
        self._told = told
        self._digest = Digest(office.settings, told, office.cobra, post, self.clock)

    def run(self, lock: Lock) -> None:
        self._digest.chore(lock)

    def mail(self) -> None:
        """Let one digest be due, sent and noted."""
        self.clock.now += 60 * self._told.every_minutes
        with working(self._office) as lock:
            self.run(lock)
            wait_for(lambda: not self._digest.is_sending)
            self.run(lock)

    @property
    def is_sending(self) -> bool:
        return self._digest.is_sending


def wait_for(done: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    for _ in range(3000):
        if done():
            return
        time.sleep(0.01)
    raise AssertionError(done)


@contextmanager
def working(office: Office) -> Iterator[Lock]:
    """Give what a relay at work has."""
    with hold(office.relay_engine()) as lock:
        assert lock is not None
        lock.take_epoch(0)
        yield lock


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def desk(office: Office, box: Mailbox) -> Iterator[Desk]:
    """The digest of an office, with a mail server."""
    with serving(box) as port:
        told = mail(port)
        yield Desk(office, told, lambda letters: send(told, None, letters))


def put_off(office: Office, days: int) -> None:
    """Let what people were told have been told some days ago."""
    m = office.outbox.mailed
    with office.cobra.begin() as connection:
        now = connection.execute(select(utcnow())).scalar_one()
        connection.execute(m.update().values(told_at=now - timedelta(days=days)))


def test_bookkeeper_is_told_once_and_of_the_end(office: Office, desk: Desk, box: Mailbox) -> None:
    """A held invoice is told with its sentence, then no more, then that it is settled."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    desk.mail()
    desk.mail()
    (told,) = box.letters
    assert told["To"] == BOOKS
    assert told["Subject"] == "cobra → Sage: 1 neu, 0 weiterhin offen, 0 erledigt"
    for part in ("20260001, Käserei Müller AG, CHF 108.10", "9999", "von selbst"):
        assert part in text_of(told)
    office.edit_positions(key, ACCOUNT="3000")
    office.drain()
    desk.mail()
    desk.mail()
    assert [letter["Subject"][-11:] for letter in box.letters[1:]] == [", 1 erledigt"[1:]]
    settled = text_of(box.letters[1])
    assert "20260001, Käserei Müller AG, CHF 108.10: in Sage verbucht als 20260001" in settled
    assert f"in {THIS}" in settled
    assert "9999" not in settled  # what was to be done is not asked for once more


def test_an_edit_of_a_held_record_settles_nothing(office: Office, box: Mailbox) -> None:
    """Its trouble is as old as its oldest open entry, whoever saves it again meanwhile."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    with serving(box) as port:
        told = mail(port, after_minutes=15)
        desk = Desk(office, told, lambda letters: send(told, None, letters))
        o = office.outbox.outbox
        with office.cobra.begin() as connection:
            now = connection.execute(select(utcnow())).scalar_one()
            connection.execute(o.update().values(created_at=now - timedelta(minutes=16)))
        desk.mail()
        office.edit(key, DUEDATE=date(2026, 4, 1))
        office.drain()
        desk.mail()
    assert len(box.letters) == 1


def test_what_is_tried_again_has_not_ended(office: Office, desk: Desk, box: Mailbox) -> None:
    """A record under way is told when it is clear what became of it."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    desk.mail()
    o = office.outbox.outbox
    with office.cobra.begin() as connection:
        connection.execute(o.update().where(o.c.entity_key == key).values(status="pending"))
    desk.mail()
    assert len(box.letters) == 1


@pytest.mark.parametrize(
    ("change", "says"),
    [({"PRINTEDON": None}, "betrifft Sage nicht mehr"), ({}, "überspringen")],
)
def test_settled_says_how(
    office: Office, desk: Desk, box: Mailbox, change: dict[str, Any], says: str
) -> None:
    """Back to a draft is no transfer, and a person's decision is neither."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    desk.mail()
    if change:
        office.edit(key, **change)
        office.drain()
    else:
        o = office.outbox.outbox
        with office.cobra.begin() as connection:
            told = {"status": "skipped", "error": "Übersprungen: von Hand gebucht"}
            connection.execute(o.update().where(o.c.entity_key == key).values(**told))
    desk.mail()
    assert says in text_of(box.letters[1])
    assert box.letters[1]["Subject"].endswith("1 erledigt")


def test_other_trouble_of_the_same_invoice_is_news(
    office: Office, desk: Desk, box: Mailbox
) -> None:
    """Another faulty value is told; a reprint that changes nothing about the trouble is not."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    desk.mail()
    office.edit(key, DUEDATE=date(2026, 4, 1))
    office.drain()
    desk.mail()
    assert len(box.letters) == 1
    office.edit_positions(key, ACCOUNT="9998")
    office.drain()
    desk.mail()
    assert ["9999" in text_of(letter) for letter in box.letters] == [True, False]


def test_unchanged_trouble_is_told_again_after_days(
    office: Office, desk: Desk, box: Mailbox
) -> None:
    """After seven days what nobody did anything about is told once more."""
    office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    for days in (0, 6, 7):
        put_off(office, days)
        desk.mail()
    assert [letter["Subject"][:30] for letter in box.letters] == [
        "cobra → Sage: 1 neu, 0 weiterh",
        "cobra → Sage: 0 neu, 1 weiterh",
    ]


def test_what_has_just_begun_is_not_told(office: Office, box: Mailbox) -> None:
    """What a clerk puts right within `after_minutes` bothers nobody."""
    office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    with serving(box) as port:
        told = mail(port, after_minutes=15)
        desk = Desk(office, told, lambda letters: send(told, None, letters))
        desk.mail()
        assert box.letters == []
        o = office.outbox.outbox
        with office.cobra.begin() as connection:
            now = connection.execute(select(utcnow())).scalar_one()
            connection.execute(o.update().values(created_at=now - timedelta(minutes=16)))
        desk.mail()
    assert [letter["To"] for letter in box.letters] == [BOOKS]


def test_admin_is_told_of_years_and_faults(office: Office, desk: Desk, box: Mailbox) -> None:
    """A year that is away is told once, not with each invoice that waits for it; bugs too."""
    office.invoice(office.add(), day=date(2025, 9, 1))
    office.invoice(office.add(), number="2", day=date(2027, 1, 4))
    office.drain()
    y = office.outbox.year
    with office.cobra.begin() as connection:
        now = connection.execute(select(utcnow())).scalar_one()
        away = {
            "state": "away",
            "state_since": now - timedelta(minutes=1),
            "error": "keine Antwort",
        }
        connection.execute(y.update().where(y.c.name == LAST).values(**away))
    desk.mail()
    (letter,) = box.letters
    assert letter["To"] == IT
    assert "keine Antwort" in text_of(letter)
    assert "04.01.2027" in text_of(letter)
    with office.cobra.begin() as connection:
        connection.execute(y.update().where(y.c.name == LAST).values(state="ready"))
    desk.mail()
    assert box.letters[1]["Subject"].endswith("1 erledigt")


def test_admin_is_told_of_a_missing_trigger(office: Office, desk: Desk, box: Mailbox) -> None:
    """A trigger that is gone is told at once: changes are being lost."""
    office.drain()
    with office.cobra.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER relay_address_update")
    desk.mail()
    assert [letter["To"] for letter in box.letters] == [IT]


def test_server_that_is_away_loses_nothing(office: Office, box: Mailbox) -> None:
    """The failure is logged; the next digest tells everything that is not in order by then."""
    with serving(box) as port:
        gone = True

        def post(letters: Mapping[Role, EmailMessage]) -> dict[Role, str]:
            if gone:
                raise Unavailable("mail_away", server="localhost", what="refused")
            return send(mail(port), None, letters)

        office.invoice(office.add(), position("100.00", account="9999"))
        office.drain()
        desk = Desk(office, mail(port), post)
        with capture_logs() as logs:
            desk.mail()
        assert [entry["code"] for entry in logs if entry["event"] == "mail_not_sent"] == [
            "mail_away"
        ]
        gone = False
        desk.mail()
    assert len(box.letters) == 1


def test_one_role_that_is_refused_is_tried_again(office: Office, desk: Desk, box: Mailbox) -> None:
    """What the bookkeeper did not get comes with the next digest; the admin got theirs once."""
    office.invoice(office.add(), position("100.00", account="9999"))
    office.invoice(office.add(), number="2", day=date(2027, 1, 4))
    office.drain()
    box.refuses = {BOOKS}
    desk.mail()
    box.refuses = set()
    desk.mail()
    assert [letter["To"] for letter in box.letters] == [IT, BOOKS]


def test_slow_server_is_not_waited_for(office: Office) -> None:
    """While a letter is under way the relay works on, and starts no second one."""
    answer, started = Event(), []

    def post(letters: Mapping[Role, EmailMessage]) -> dict[Role, str]:
        started.append(len(letters))
        assert answer.wait(60)
        return {}

    office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    desk = Desk(office, mail(), post)
    desk.clock.now = 3600
    with working(office) as lock:
        for _ in range(5):
            desk.run(lock)
            desk.clock.now += 3600
        assert desk.is_sending
        answer.set()
    desk.mail()
    assert started == [1]


def test_death_between_sending_and_noting_repeats(office: Office, box: Mailbox) -> None:
    """Rather twice than never: what was not noted as sent is sent by the next relay."""
    office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    with serving(box) as port:
        for _ in range(2):
            desk = Desk(office, mail(port), lambda letters: send(mail(port), None, letters))
            with working(office) as lock:
                desk.run(lock)
                wait_for(lambda desk=desk: not desk.is_sending)  # type: ignore[misc]
    assert [letter["To"] for letter in box.letters] == [BOOKS, BOOKS]


def test_many_troubles_are_counted(office: Office, desk: Desk, box: Mailbox) -> None:
    """A letter lists fifty and counts the rest; all of them count as told."""
    customer = office.add()
    for n in range(1, 54):
        office.invoice(customer, position("1.00", account="9999"), number=str(n))
    office.drain()
    desk.mail()
    desk.mail()
    (told,) = box.letters
    assert text_of(told).count("9999") == 50
    assert "und 3 weitere" in text_of(told)


def test_off_without_the_section(office: Office) -> None:
    """Without `[mail]` there is no chore; with it there is one."""
    assert housework(office.settings, cobra_engine) == []
    on = office.settings.model_copy(update={"mail": mail()})
    assert len(housework(on, cobra_engine)) == 1
    assert THIS in office.sage


def test_running_relay_tells(office: Office, box: Mailbox) -> None:
    """`relay run` sends by itself what is held, and notes it."""
    office.invoice(office.add(), position("100.00", account="9999"))
    stop = Event()
    with serving(box) as port:
        settings = office.settings.model_copy(update={"mail": mail(port)})
        others = Parts(housework=housework(settings, cobra_engine))
        relay = Thread(target=run, args=(settings, stop, others))
        relay.start()
        try:
            wait_for(lambda: noted(office) == 1)
        finally:
            stop.set()
            relay.join()
    assert [letter["To"] for letter in box.letters] == [BOOKS]


def noted(office: Office) -> int:
    """Return of how many troubles people know."""
    with office.cobra.connect() as connection:
        return len(connection.execute(select(office.outbox.mailed)).all())
