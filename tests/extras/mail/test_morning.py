"""The morning letter: once a day by the local clock, also when all is well, and whole."""

from __future__ import annotations

import time as clocks
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from relay.base import texts
from relay.base.codes import is_for_admin
from relay.base.errors import Refused
from relay.base.texts import definitions
from relay.database.connecting import cobra_engine
from relay.extras.mail import morning_letter
from relay.extras.mail.chores import Daily, due_day, housework
from relay.extras.mail.post import send
from relay.extras.mail.trouble import for_bookkeeper
from relay.settings.parts import Mail
from tests.extras.mail.test_digest import BOOKS, IT, mail, wait_for, working
from tests.world.databases import Databases
from tests.world.mail_server import Mailbox, serving
from tests.world.office import THIS, Office, position

SEVEN = time(7)


@pytest.fixture(autouse=True)
def swiss(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine stand in Switzerland."""
    monkeypatch.setenv("TZ", "Europe/Zurich")
    clocks.tzset()
    yield
    monkeypatch.undo()
    clocks.tzset()


@pytest.fixture
def office(databases: Databases) -> Office:
    return Office(databases)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """Return a time of 2026 by the clock on the wall."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Zurich"))


def utc(month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


class Mornings:
    """A relay's morning letters, whose chore runs when the test says so."""

    def __init__(self, office: Office, box: Mailbox, told: Mail) -> None:
        self.now = at(30, 6, 59)
        self.box = box
        self._office = office
        self._told = told
        self.restart()

    def restart(self) -> None:
        settings = self._office.settings
        self._daily = Daily(
            settings,
            self._told,
            self._office.cobra,
            lambda letters: send(self._told, None, letters),
            lambda: self.now,
        )

    def run(self, now: datetime | None = None) -> list[EmailMessage]:
        """Let the chore run, and what it starts be sent and noted; returns the new letters."""
        before = len(self.box.letters)
        self.now = now or self.now
        with working(self._office) as lock:
            self._daily.chore(lock)
            wait_for(lambda: not self._daily.is_sending)
            self._daily.chore(lock)
        return self.box.letters[before:]


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mornings(office: Office, box: Mailbox) -> Iterator[Mornings]:
    with serving(box) as port:
        yield Mornings(office, box, mail(port, daily_at=SEVEN))


def part(letter: EmailMessage, kind: str) -> str:
    """Return what a part of a letter says."""
    found = letter.get_body((kind,))
    assert found is not None
    content: str = found.get_content()
    return content


def to(letters: list[EmailMessage], whom: str) -> EmailMessage:
    """Return the one letter to an address."""
    (found,) = [letter for letter in letters if letter["To"] == whom]
    return found


def rows_of(letter: EmailMessage) -> list[tuple[Any, ...]]:
    """Return the rows of the attached workbook."""
    (attached,) = letter.iter_attachments()
    assert attached.get_filename() == "offen.xlsx"
    sheet = load_workbook(BytesIO(attached.get_content())).active
    return [tuple(cell.value for cell in row) for row in sheet.iter_rows()]


def test_once_a_day_also_when_all_is_well(office: Office, mornings: Mornings) -> None:
    """At seven by the local clock each role has its letter, once, whoever restarts meanwhile."""
    office.invoice(office.add(), position("100.00"))
    office.drain()
    assert mornings.run(at(30, 6, 59)) == []
    first = mornings.run(at(30, 7))
    assert {letter["To"] for letter in first} == {BOOKS, IT}
    told = to(first, BOOKS)
    assert told["Subject"] == "cobra → Sage: 1 verbucht, CHF 108.10; nichts offen"
    assert "Nichts ist zu tun." in part(told, "plain")
    assert "<li>1 verbucht, CHF 108.10</li>" in part(told, "html")
    assert list(told.iter_attachments()) == []
    assert mornings.run(at(30, 9)) == []
    mornings.restart()
    assert mornings.run(at(30, 9, 1)) == []
    second = mornings.run(at(1, 7, month=12))
    assert to(second, BOOKS)["Subject"] == "cobra → Sage: 0 verbucht; nichts offen"


def test_relay_that_was_off_at_seven_sends_when_it_starts(
    office: Office, mornings: Mornings
) -> None:
    """The day's letter is not lost; a day that is over gets none any more."""
    office.drain()
    assert len(mornings.run(at(30, 11))) == 2
    mornings.restart()
    assert mornings.run(at(2, 6, month=12)) == []
    assert len(mornings.run(at(2, 7, month=12))) == 2


@pytest.mark.parametrize(
    ("at_", "before", "then"),
    [
        # The clock springs from two to three, and shows the hour from two to three twice.
        (time(2, 30), utc(3, 29, 0, 59), utc(3, 29, 1, 0)),
        (time(2, 30), utc(10, 25, 0, 29), utc(10, 25, 0, 30)),
        (SEVEN, utc(3, 29, 4, 59), utc(3, 29, 5, 0)),
        (SEVEN, utc(10, 25, 5, 59), utc(10, 25, 6, 0)),
    ],
)
def test_summer_time(at_: time, before: datetime, then: datetime) -> None:
    """The day of the change has its letter once, at the hour of the wall clock."""
    assert due_day(at_, before, None) is None
    day = due_day(at_, then, None)
    assert day == then.date()
    for later in range(0, 20 * 60, 10):
        assert due_day(at_, then + timedelta(minutes=later), day) is None


def test_grouped_by_cause_with_sum(office: Office, mornings: Mornings) -> None:
    """What is open stands once for each cause, with count and sum, and in a workbook."""
    customer = office.add()
    for number in ("20260001", "20260002"):
        office.invoice(customer, position("100.00", account="9999"), number=number)
    office.invoice(customer, position("50.00", account="9998"), number="20260003")
    office.drain()
    told = to(mornings.run(at(30, 7)), BOOKS)
    assert told["Subject"] == "cobra → Sage: 0 verbucht; 3 offen, CHF 270.25"
    plain = part(told, "plain")
    assert plain.count("9999") == 1
    assert "(2 offen, CHF 216.20)" in plain
    assert "(1 offen, CHF 54.05)" in plain
    assert "Rechnung 20260002, Käserei Müller AG, CHF 108.10, seit" in plain
    head, *rows = rows_of(told)
    assert head[:4] == ("Datensatz", "Kunde", "Währung", "Betrag")
    assert [row[:4] for row in rows] == [
        ("Rechnung 20260001", "Käserei Müller AG", "CHF", 108.1),
        ("Rechnung 20260002", "Käserei Müller AG", "CHF", 108.1),
        ("Rechnung 20260003", "Käserei Müller AG", "CHF", 54.05),
    ]
    assert "9999" in rows[0][-1]


def test_settled_says_how(office: Office, mornings: Mornings) -> None:
    """What was open in the last letter, and is not any more, stands with how it ended."""
    key = office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    mornings.run(at(30, 7))
    office.edit_positions(key, ACCOUNT="3000")
    office.drain()
    told = to(mornings.run(at(1, 7, month=12)), BOOKS)
    assert told["Subject"] == "cobra → Sage: 1 verbucht, CHF 108.10; nichts offen"
    name = "Rechnung 20260001, Käserei Müller AG, CHF 108.10"
    assert f"{name}: in Sage verbucht als 20260001 in {THIS}" in part(told, "plain")


def test_taken_back_is_told_so(office: Office, mornings: Mornings) -> None:
    """A reversal is no booking."""
    correcting = {"on_change": "reverse-and-rebook", "on_cancel": "reverse"}
    settings = office.settings
    invoice = settings.cobra.invoice
    assert invoice is not None
    changed = invoice.model_copy(update=correcting)
    cobra = settings.cobra.model_copy(update={"invoice": changed})
    office.settings = settings.model_copy(update={"cobra": cobra})
    key = office.invoice(office.add(), position("100.00"))
    office.drain()
    mornings.run(at(30, 7))
    office.edit(key, CANCELLED=1)
    office.drain()
    told = to(mornings.run(at(1, 7, month=12)), BOOKS)
    assert told["Subject"] == "cobra → Sage: 0 verbucht; nichts offen"
    assert "1 in Sage zurückgenommen" in part(told, "plain")


def test_configuration_is_the_admins(office: Office, mornings: Mornings) -> None:
    """The bookkeeper is told what to correct in cobra, the admin of relay.toml."""
    office.invoice(office.add(), position("100.00", vat="luxury"))
    office.drain()
    letters = mornings.run(at(30, 7))
    books, it = to(letters, BOOKS), to(letters, IT)
    for kind in ("plain", "html"):
        assert "relay.toml" not in part(books, kind)
        assert "bekannten Code wählen" in part(books, kind)
        assert "relay.toml" in part(it, kind)
    assert "relay.toml" not in str(rows_of(books))
    assert "relay.toml" in str(rows_of(it))


def test_one_list_has_a_part_for_the_admin(office: Office, box: Mailbox) -> None:
    """Where nobody is named as the admin, the letter has a part for whoever is."""
    office.invoice(office.add(), position("100.00", vat="luxury"))
    office.invoice(office.add(), number="2", day=date(2027, 1, 4))
    office.drain()
    with serving(box) as port:
        mornings = Mornings(office, box, mail(port, daily_at=SEVEN, admin=[]))
        (told,) = mornings.run(at(30, 7))
    books, admin = part(told, "plain").split("FÜR DEN ADMIN")
    assert "relay.toml" not in books
    assert "04.01.2027" in admin
    assert "relay.toml" in admin


def test_no_cause_sends_a_bookkeeper_to_the_configuration() -> None:
    """Whatever holds a record has a way out that is the bookkeeper's, or is the admin's alone."""
    for code, definition in definitions().items():
        if "ends" in definition and not is_for_admin(code):
            for language in texts.LANGUAGES:
                said = for_bookkeeper(definition[language])
                assert "relay.toml" not in said, code
                assert said.endswith((".", "{what}", "}")), code


def test_what_people_type_is_shown(office: Office, mornings: Mornings) -> None:
    """A customer's name is no HTML."""
    customer = office.add(COMPANY1="<b>Müller & Söhne</b> «Ü»")
    office.invoice(customer, position("100.00", account="9999"))
    office.drain()
    html = part(to(mornings.run(at(30, 7)), BOOKS), "html")
    assert "&lt;b&gt;Müller &amp; Söhne&lt;/b&gt;" in html
    assert "<b>Müller" not in html


def test_without_the_package_for_workbooks(
    office: Office, mornings: Mornings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter comes all the same, with a file that Excel opens too."""

    def missing(*_: object) -> int:
        raise Refused("cli_excel_missing")

    monkeypatch.setattr(morning_letter, "write_workbook", missing)
    office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    (attached,) = to(mornings.run(at(30, 7)), BOOKS).iter_attachments()
    assert attached.get_filename() == "offen.csv"
    assert "20260001" in attached.get_content()


def test_server_that_is_away_is_tried_again(office: Office) -> None:
    """A letter that could not be sent is sent later the same day, and one refused alone too."""
    office.drain()
    box = Mailbox()
    with serving(box) as port:
        pass
    told = mail(port, daily_at=SEVEN)
    mornings = Mornings(office, box, told)
    assert mornings.run(at(30, 7)) == []
    box.refuses = {BOOKS}
    with serving(box, port=port):
        assert mornings.run(at(30, 7, 4)) == []  # not at once
        assert [letter["To"] for letter in mornings.run(at(30, 7, 5))] == [IT]
        box.refuses = set()
        assert [letter["To"] for letter in mornings.run(at(30, 7, 11))] == [BOOKS]


def test_english(office: Office, box: Mailbox) -> None:
    """The letter speaks the configured language."""
    office.invoice(office.add(), position("100.00", account="9999"))
    office.drain()
    office.settings = office.settings.model_copy(update={"language": "en"})
    with serving(box) as port:
        letters = Mornings(office, box, mail(port, daily_at=SEVEN)).run(at(30, 7))
    told = to(letters, BOOKS)
    assert told["Subject"] == "cobra → Sage: 0 booked; 1 open, CHF 108.10"
    assert "TO BE CORRECTED in cobra or Sage" in part(told, "plain")


def test_on_only_if_wanted(office: Office) -> None:
    """Without `daily_at` there is no such chore."""
    on = office.settings.model_copy(update={"mail": mail(daily_at=SEVEN)})
    assert len(housework(on, cobra_engine)) == 2
