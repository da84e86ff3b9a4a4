"""A person is shown and erased; the relay keeps every promise afterwards."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from sqlalchemy.engine import Engine

from relay.admin.privacy import erasing
from relay.admin.privacy.erasing import Erasure
from relay.admin.privacy.subject import find_subject
from relay.admin.read_only import looking
from relay.admin.recovery.opened import instead_of_relay
from relay.admin.uninstall import own_tables
from relay.base.errors import Exit, Refused
from relay.base.values import Person
from relay.sage.forgetting import forget_address
from tests.world.backups import Backup
from tests.world.bookkeeper import Bookkeeper
from tests.world.bureau import Bureau
from tests.world.company import World
from tests.world.databases import INVOICES, Databases, merged
from tests.world.desk import Desk
from tests.world.office import LAST, THIS, Office, position

WHY = ("--reason", "Löschbegehren vom 1. November", "--yes")
NAME, STREET, PHONE = "Zebedäus Quirinalis", "Schnurrgasse", "+41 79 555 44 33"
TEXTS = ("Zebedäus", "Quirinalis", STREET, "79 555 44 33")
PERSON = {
    "COMPANY1": None, "FIRSTNAME0": "Zebedäus", "LASTNAME0": "Quirinalis", "STREET0": STREET,
    "PHONE0": PHONE,
}  # fmt: skip
PARTS: dict[str, Any] = {"documents": {}}
UNSEEN: dict[str, Any] = {"sage": {"profile": {"tables": {"PKd": "NOWHERE"}}}}
"""Addresses alone go over, and Sage has no such table; or the login does not see it."""


@pytest.fixture
def office(databases: Databases) -> Office:
    """A company that books invoices, and whose documents can be looked up."""
    return Bureau(databases, **PARTS)


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Desk:
    return Desk(databases, tmp_path, **merged(INVOICES, PARTS))


def person(office: Office, **more: Any) -> tuple[str, str]:
    """Return the address and the invoice of a person whose data stands everywhere."""
    key = office.add(**{**PERSON, "SAGENR0": "815", **more})
    article = {"TEXT": f"Massanzug für {NAME}"}
    invoice = office.invoice(key, position("100.00", **article), SUBJECT=f"Anzug {NAME}")
    held = office.invoice(key, position("10.00", account="9999"), number="20260002")
    office.drain()
    office.skip(held, f"mit {NAME} besprochen")
    return key, invoice


def texts_in(engine: Engine) -> str:
    """Return all that stands in the relay's own tables of a database."""
    with engine.connect() as connection:
        tables = own_tables(connection).values()
        rows = [row for table in tables for row in connection.execute(select(table))]
    return "\n".join(" ".join(map(str, row)) for row in rows)


def found_in(office: World, texts: tuple[str, ...] = TEXTS) -> list[str]:
    """Return which of the texts stand in any table of the relay."""
    everything = "\n".join(texts_in(engine) for engine in (office.cobra, *office.sage.values()))
    return [text for text in texts if text in everything]


def row_of(office: World, table: str) -> dict[str, Any]:
    """Return the person's row in one of Sage's tables."""
    (row,) = [row for row in office.book(THIS, table) if row["AdrId"] == "815"]
    return dict(row)


def gone(office: World, key: str) -> None:
    """Let cobra delete the address, and the relay carry that out."""
    office.remove(key)
    office.drain()


def test_all_that_is_kept_is_shown(office: Office, desk: Desk) -> None:
    """By number or key: each table in which the person stands, and Sage's own."""
    key, _ = person(office)
    shown = desk.json("privacy", "show", "--address", "815")
    assert shown == desk.json("privacy", "show", "--address", key)
    tables = {(one["place"], one["table"]) for one in shown}
    assert {
        ("cobra", "outbox"), ("cobra", "delivery"), ("cobra", "audit"), ("cobra", "decision"),
        ("cobra", "document"), ("cobra", "document_position"), ("cobra", "handed_over"),
        (THIS, "link"), (THIS, "debtor"), (THIS, "booking"), (THIS, "applied"), (THIS, "Adr"),
        (THIS, "PKd"), (THIS, "OPd"),
    } <= tables  # fmt: skip
    everything = str(shown)
    for text in TEXTS:
        assert text in everything, text
    letter = desk.relay("privacy", "show", "--address", "815", "--letter").stdout
    assert "Auskunft vom" in letter
    assert "OR 958f" in letter
    assert STREET in letter
    table = desk.relay("privacy", "show", "--address", "815")
    assert "relay.link" in table.stdout


def test_nobody_and_several(office: Office, desk: Desk) -> None:
    """Who is asked for must be one."""
    person(office)
    result = desk.relay("privacy", "show", "--address", "999999")
    assert result.exit_code == Exit.REFUSED
    office.add(SAGENR0="815")
    result = desk.relay("privacy", "show", "--address", "815")
    assert result.exit_code == Exit.REFUSED
    assert "mehrere" in result.output


def test_nothing_is_found_after_erasure(office: Office, desk: Desk) -> None:
    """No table of the relay, in cobra or Sage, names the person; the books keep the address."""
    key, invoice = person(office)
    other = office.add(SAGENR0="816", COMPANY1="Andere AG")
    office.invoice(other, number="20260009")
    office.drain()
    assert found_in(office) == list(TEXTS)
    gone(office, key)
    result = desk.relay("privacy", "erase", "--address", "815", *WHY)
    assert result.exit_code == Exit.OK, result.output
    assert "OR 958f" in result.output
    assert found_in(office) == []
    assert STREET in row_of(office, "Adr")["Road"]
    assert int(row_of(office, "PKd")["WrnLk"]) == 1
    assert "Andere AG" in texts_in(office.sage[THIS])
    (signed,) = _audited(office, "erase")
    assert signed.reason == WHY[1]
    assert orjson.loads(signed.detail)["years"][THIS] == "locked"
    assert office.state(invoice) == ("applied", None)


def _audited(office: Office, action: str) -> list[Any]:
    a = office.outbox.audit
    with office.cobra.connect() as connection:
        return list(connection.execute(select(a).where(a.c.action == action)))


def test_address_without_bookings_is_emptied(databases: Databases, tmp_path: Path) -> None:
    """What the relay wrote is gone from Sage too, but for the number."""
    office = World(databases)
    desk = Desk(databases, tmp_path)
    key = office.add(**{**PERSON, "SAGENR0": "815"})
    office.drain()
    assert STREET in row_of(office, "Adr")["Road"]
    gone(office, key)
    result = desk.relay("privacy", "erase", "--address", key, *WHY)
    assert result.exit_code == Exit.OK, result.output
    row = row_of(office, "Adr")
    assert row["Corp"] == "[gelöscht]"
    assert not any(text in str(row) for text in TEXTS)
    assert found_in(office) == []


def test_bookings_of_an_earlier_mode_keep_the_address(
    office: Office, databases: Databases, tmp_path: Path
) -> None:
    """Where only addresses go over by now, the books still need whom they were written to."""
    key, _ = person(office)
    gone(office, key)
    desk = Desk(databases, tmp_path)  # with no invoices in its configuration
    shown = {
        (one["place"], one["table"]) for one in desk.json("privacy", "show", "--address", "815")
    }
    assert {(THIS, "Adr"), (THIS, "PKd"), (THIS, "OPd")} <= shown
    result = desk.relay("privacy", "erase", "--address", "815", *WHY)
    assert result.exit_code == Exit.OK, result.output
    assert STREET in row_of(office, "Adr")["Road"]
    assert int(row_of(office, "PKd")["WrnLk"]) == 1
    assert found_in(office) == []


def test_debtors_of_an_earlier_mode_that_are_not_seen(
    office: Office, databases: Databases, tmp_path: Path
) -> None:
    """Where invoices were booked, their debtors are shown and locked, or nothing is done at all."""
    key, _ = person(office)
    gone(office, key)
    before = texts_in(office.cobra)
    desk = Desk(databases, tmp_path, **UNSEEN)
    for command in (("show",), ("erase", *WHY)):
        result = desk.relay("privacy", command[0], "--address", "815", *command[1:])
        assert result.exit_code == Exit.REFUSED, result.output
        assert THIS in result.output
        assert "PKd = " in result.output
    assert texts_in(office.cobra) == before


def test_debtors_are_not_asked_for_where_none_was_ours(
    databases: Databases, tmp_path: Path
) -> None:
    """Who only ever relayed addresses needs no table of debtors, nor a right on it."""
    office = World(databases)
    desk = Desk(databases, tmp_path, **UNSEEN)
    key = office.add(**{**PERSON, "SAGENR0": "815"})
    office.drain()
    shown = {one["table"] for one in desk.json("privacy", "show", "--address", key)}
    assert "Adr" in shown
    gone(office, key)
    assert desk.relay("privacy", "erase", "--address", key, *WHY).exit_code == Exit.OK
    assert found_in(office) == []


def test_all_that_is_needed_is_read_before_anything_is_erased(
    office: Office, databases: Databases
) -> None:
    """Also what went away since the person was looked for."""
    key, _ = person(office)
    gone(office, key)
    with looking(office.settings) as looked:
        subject = find_subject(looked, office.settings, key)
    before = texts_in(office.cobra)
    with (
        instead_of_relay(Erasure, databases.settings(**UNSEEN)) as erasure,
        pytest.raises(Refused, match="sage_table_missing"),
    ):
        erasure.erase(subject, Person("Rosa", "x"), "[gelöscht]", date(2026, 12, 1))
    assert texts_in(office.cobra) == before


def test_refused_while_it_would_come_again(office: Office, desk: Desk) -> None:
    """As long as cobra holds the address, or an entry is open, nothing is erased."""
    key, invoice = person(office)
    result = desk.relay("privacy", "erase", "--address", "815", *WHY)
    assert result.exit_code == Exit.REFUSED
    assert "cobra hat die Adresse" in result.output
    office.remove(key)
    result = desk.relay("privacy", "erase", "--address", "815", *WHY)
    assert result.exit_code == Exit.REFUSED
    assert "offen" in result.output
    assert found_in(office) == list(TEXTS)
    assert office.state(invoice) == ("applied", None)


def test_every_promise_is_kept_afterwards(office: Office, desk: Desk) -> None:
    """Drained, sent again, repeated and restored: nothing is booked twice, nothing comes back."""
    key, invoice = person(office)
    gone(office, key)
    assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
    before = office.book(THIS, "Blg")
    for command in (
        ("resend", "--key", f"address:{key}", "--reason", "x"),
        ("resend", "--key", f"invoice:{invoice}", "--reason", "x"),
    ):
        assert desk.relay(*command).exit_code == Exit.OK
    office.drain()
    assert office.book(THIS, "Blg") == before
    assert found_in(office) == []
    again = desk.relay("privacy", "erase", "--address", key, *WHY)
    assert again.exit_code in {Exit.OK, Exit.REFUSED}, again.output
    assert desk.relay("show", key).exit_code == Exit.OK
    assert desk.relay("journal", "--month", "2026-01").exit_code in {Exit.OK, Exit.FINDINGS}


def test_record_that_returns_is_not_sent(office: Office, desk: Desk) -> None:
    """Cobra's backup brings the person back: a person decides, the relay does not send."""
    key, _ = person(office)
    gone(office, key)
    assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
    office.add_as(key, **{**PERSON, "SAGENR0": "815", "STREET0": "Neue Gasse"})
    office.drain()
    entry = office.of_address(key)[-1]
    assert (entry.status, entry.error_code) == ("held", "address_erased")
    assert "815" in str(entry.error)
    assert found_in(office) == []
    assert STREET in row_of(office, "Adr")["Road"]


def test_restored_cobra_sends_nothing_of_the_erased(office: Office, desk: Desk) -> None:
    """A backup from before brings address and invoices back; after reconcile nothing goes over."""
    key, _ = person(office)
    backup = Backup(office.cobra)
    gone(office, key)
    assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
    books, address = office.journal(THIS), row_of(office, "Adr")
    backup.restore()
    healed = desk.relay("reconcile", "--yes", "--reason", "zurückgespielt")
    assert healed.exit_code == Exit.OK, healed.output
    office.drain()
    for _ in range(2):
        assert office.of_address(key)[-1].status == "held"
        assert (office.journal(THIS), row_of(office, "Adr")) == (books, address)
        resent = desk.relay("resend", "--key", f"address:{key}", "--reason", "doch")
        assert resent.exit_code == Exit.OK, resent.output
        office.drain()
    assert office.of_address(key)[-1].error_code == "address_erased"


def test_what_is_locked_is_emptied_after_ten_years(
    office: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books keep the address as long as the law says; then the same command empties it."""
    key, _ = person(office)
    gone(office, key)
    assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
    assert STREET in row_of(office, "Adr")["Road"]
    monkeypatch.setattr(erasing, "KEPT_YEARS", -1)
    for _ in range(2):
        assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
        row = row_of(office, "Adr")
        assert row["Corp"] == "[gelöscht]"
        assert not any(text in str(row) for text in TEXTS)


def test_year_that_never_had_the_address_does_not_get_it(office: Office, desk: Desk) -> None:
    """An erased person who returns is new to no year: also one without a link is not told."""
    key, _ = person(office)
    gone(office, key)
    assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
    office.add_as(key, **{**PERSON, "SAGENR0": "815"})
    late = office.invoice(key, position("70.00"), number="20250007", day=date(2025, 12, 1))
    office.drain()
    assert office.book(LAST, "Adr") == []
    assert office.book(LAST, "Blg") == []
    assert office.state(late)[0] in {"waiting", "held"}
    entry = office.of_address(key)[-1]
    assert (entry.status, entry.error_code) == ("held", "address_erased")


def test_customers_of_sage_stay_nameless(databases: Databases, tmp_path: Path) -> None:
    """What Sage has to keep is not mirrored into cobra again."""
    parts: dict[str, Any] = {"documents": {}, "answers": {}}
    office = Bookkeeper(databases, **parts)
    desk = Desk(databases, tmp_path, **merged(INVOICES, parts))
    key, _ = person(office)
    office.look()
    assert "Quirinalis" in texts_in(office.cobra)
    gone(office, key)
    assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
    office.look()
    assert found_in(office) == []


def test_others_sentences_are_swept(office: Office, desk: Desk) -> None:
    """Where another record's reason names the person, only the name goes."""
    key, _ = person(office)
    other = office.add(SAGENR0="816", CITY0=None)
    waits = office.invoice(other, number="20260009")
    office.drain()
    full = row_of(office, "Adr")["Corp"]
    reason = f"Doppel von {full}, bitte klären"
    assert desk.relay("skip", "--key", f"invoice:{waits}", "--reason", reason).exit_code == Exit.OK
    gone(office, key)
    assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
    assert found_in(office) == []
    said = office.of_invoice(waits)[-1]
    assert "Doppel von [gelöscht], bitte klären" in str(said.reason or said.error)


def test_running_relay_is_refused(office: Office, desk: Desk) -> None:
    """It would write what is being erased."""
    from relay.cobra.lock import hold  # noqa: PLC0415 - for this test alone

    key, _ = person(office)
    gone(office, key)
    with hold(office.relay_engine()):
        result = desk.relay("privacy", "erase", "--address", "815", *WHY)
    assert result.exit_code == Exit.REFUSED
    assert found_in(office) == list(TEXTS)


@pytest.mark.parametrize("dies_in", [0, 1])
def test_interrupted_erasure_is_repeated(
    office: Office, desk: Desk, monkeypatch: pytest.MonkeyPatch, dies_in: int
) -> None:
    """Whichever database it died before, the same call comes to the end; only that is signed."""
    key, _ = person(office)
    gone(office, key)
    done: list[Any] = []

    def dying(*args: Any, **more: Any) -> Any:
        if len(done) == dies_in:
            raise ConnectionError
        done.append(forget_address(*args, **more))
        return done[-1]

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "forget_address", dying)
        assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.BUG
    assert _audited(office, "erase") == []
    office.drain()
    assert desk.relay("privacy", "erase", "--address", "815", *WHY).exit_code == Exit.OK
    assert found_in(office) == []
    assert len(_audited(office, "erase")) == 1
