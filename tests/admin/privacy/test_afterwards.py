"""After an erasure no command and no chore writes anything of the person into our tables again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from relay.base.errors import Exit
from tests.admin.privacy.test_privacy import NAME, PERSON, TEXTS, WHY, found_in, texts_in
from tests.sage.test_restricted import LOCKING, RESTRICTED
from tests.world.backups import Backup
from tests.world.bookkeeper import Bookkeeper
from tests.world.bureau import Bureau
from tests.world.databases import INVOICES, Databases, merged
from tests.world.desk import Desk
from tests.world.office import THIS, Office, position

MARKER = "[gelöscht]"
REASON = ("--reason", "x")
Leave = Callable[[Office, str], None]


def parts(address: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return a configuration's parts; by default the documents."""
    return {"documents": {}, **more, "cobra": {"address": address or RESTRICTED}}


def row_gone(office: Office, key: str) -> None:
    """Cobra deletes the row."""
    office.remove(key)


def flagged(office: Office, key: str) -> None:
    """Cobra flags the row as deleted, and still says all of it."""
    office.change(key, DELETED0=1)


def restricted(office: Office, key: str) -> None:
    """Cobra keeps the address, and nothing of it may be sent."""
    office.change(key, UIDNO0="gesperrt")


def client(office: Office, **more: Any) -> tuple[str, str, str]:
    """Return a person, an invoice that is booked, and one that is held; both name the person."""
    key = office.add(**{**PERSON, "SAGENR0": "815", **more})
    named = {"TEXT": f"Massanzug für {NAME}"}
    booked = office.invoice(key, position("100.00", **named), SUBJECT=f"Anzug {NAME}")
    wrong = position("10.00", account="9999", **named)
    held = office.invoice(key, wrong, number="20260002", SUBJECT=f"Hose {NAME}")
    office.drain()
    return key, booked, held


def erase(office: Office, desk: Desk, key: str, leave: Leave, *held: str) -> None:
    """Let cobra leave the person, skip what is held, and erase."""
    leave(office, key)
    office.drain()
    for invoice in held:
        office.skip(invoice, "erledigt")
    office.drain()
    result = desk.relay("privacy", "erase", "--address", key, *WHY)
    assert result.exit_code == Exit.OK, result.output
    assert found_in(office) == []


def resend(office: Office, desk: Desk, *records: str) -> None:
    """Have records looked at anew."""
    for record in records:
        result = desk.relay("resend", "--key", record, *REASON)
        assert result.exit_code == Exit.OK, result.output
    office.drain()


@pytest.mark.parametrize("leave", [row_gone, flagged, restricted])
@pytest.mark.parametrize("policy", [RESTRICTED, LOCKING])
def test_record_that_is_looked_at_anew(
    databases: Databases, tmp_path: Path, leave: Leave, policy: dict[str, Any]
) -> None:
    """Entries, deliveries and documents of address and invoices tell what happened, not to whom."""
    office = Bureau(databases, **parts(policy))
    desk = Desk(databases, tmp_path, **merged(INVOICES, parts(policy)))
    key, booked, held = client(office)
    erase(office, desk, key, leave, held)
    resend(office, desk, f"address:{key}", f"invoice:{booked}", f"invoice:{held}")
    assert found_in(office) == []
    assert office.of_invoice(booked)[-1].status == "applied"
    document = office.document(booked)
    assert (document.customer_key, document.text) == (key, MARKER)
    assert [line.text for line in office.lines(booked)] == [MARKER]
    entry = office.of_invoice(held)[-1]
    assert entry.status in {"held", "waiting"}
    assert "20260002" in office.document(held).number


def test_correction_of_an_invoice_is_booked_without_a_name_here(
    databases: Databases, tmp_path: Path
) -> None:
    """What is sent to Sage is not kept: only that it was, and its hash."""
    policy = merged(parts(), {"cobra": {"invoice": {"on_change": "reverse-and-rebook"}}})
    office = Bureau(databases, **policy)
    desk = Desk(databases, tmp_path, **merged(INVOICES, policy))
    key, booked, held = client(office)
    erase(office, desk, key, restricted, held)
    office.edit_positions(booked, ACCOUNT="3200")
    office.drain()
    assert office.state(booked)[0] == "applied"
    assert office.document(booked).state == "corrected"
    assert found_in(office) == []
    sent = [row.sent for row in office.deliveries(booked, THIS) if row.sent]
    assert sent
    assert all(orjson.loads(text).keys() == {"erased"} for text in sent)


@pytest.mark.parametrize("leave", [row_gone, restricted])
def test_documents_are_recorded_afterwards(
    databases: Databases, tmp_path: Path, leave: Leave
) -> None:
    """`backfill --documents` reads Sage, which keeps the person by law; our copy does not."""
    without = parts() | {"documents": None}
    office = Bureau(databases, **without)
    desk = Desk(databases, tmp_path, **merged(INVOICES, without))
    key, booked, held = client(office)
    other = office.add(SAGENR0="816", COMPANY1="Andere AG")
    theirs = office.invoice(other, position("1.00", TEXT="Knopf"), number="20260009")
    erase(office, desk, key, leave, held)
    desk.write(databases.settings(**merged(INVOICES, parts())))
    told = desk.relay("backfill", "--documents", *REASON)
    assert told.exit_code == Exit.OK, told.output
    assert found_in(office) == []
    document = office.document(booked)
    assert (document.customer_key, document.text) == (key, MARKER)
    assert str(document.gross) == "108.10"
    assert {line.text for line in office.lines(booked)} == {MARKER}
    assert office.lines(theirs)[0].text == "Knopf"


def test_documents_of_a_sub_address(databases: Databases, tmp_path: Path) -> None:
    """An invoice to a contact is booked for the firm; its texts name the contact."""
    without = parts() | {"documents": None}
    office = Bureau(databases, **without)
    desk = Desk(databases, tmp_path, **merged(INVOICES, without))
    firm = office.add(SAGENR0="700", COMPANY1="Firma AG")
    key, booked, held = client(office, MAINID=int(firm))
    erase(office, desk, key, restricted, held)
    resend(office, desk, f"address:{key}", f"invoice:{booked}")
    desk.write(databases.settings(**merged(INVOICES, parts())))
    assert desk.relay("backfill", "--documents", *REASON).exit_code == Exit.OK
    assert found_in(office) == []
    assert office.document(booked).text == MARKER


def test_person_whom_no_year_knew(databases: Databases, tmp_path: Path) -> None:
    """What is held was never in Sage; looked at again, it names nobody either."""
    office = Bureau(databases, **parts())
    desk = Desk(databases, tmp_path, **merged(INVOICES, parts()))
    key = office.add(**{**PERSON, "SAGENR0": "815"})
    held = office.invoice(key, position("10.00", account="9999"), SUBJECT=f"Hose {NAME}")
    office.drain()
    assert found_in(office, TEXTS[:2]) == list(TEXTS[:2])
    erase(office, desk, key, restricted, held)
    resend(office, desk, f"invoice:{held}", f"address:{key}")
    assert office.state(held) == ("held", "account_missing")
    assert "9999" in office.told(held)
    assert found_in(office) == []


def test_items_that_were_entered_in_sage(databases: Databases, tmp_path: Path) -> None:
    """The mirror has their amounts, and neither their text nor the customer's name."""
    answers = parts(answers={})
    office = Bookkeeper(databases, **answers)
    desk = Desk(databases, tmp_path, **merged(INVOICES, answers))
    key, _, held = client(office)
    (debtor,) = (row["PkKey"] for row in office.book(THIS, "PKd"))
    office.own_item("S1", debtor, "40.00", Text=f"Vorschuss {NAME}")
    office.look()
    assert NAME in str(office.answered(office.answers.sage_item))
    erase(office, desk, key, restricted, held)
    office.look()
    office.own_item("S2", debtor, "2.00", Text=f"Nachschuss {NAME}")
    office.look()
    office.look()
    assert found_in(office) == []
    items = {row["number"]: row for row in office.answered(office.answers.sage_item)}
    assert {number: row["text"] for number, row in items.items()} == {"S1": None, "S2": None}
    assert str(items["S2"]["open_amount"]) == "2.00"


def test_restored_sage_does_not_bring_the_name_back(databases: Databases, tmp_path: Path) -> None:
    """A year from before the erasure knows what was sent; cobra's tables do not learn it."""
    answers = parts(answers={})
    office = Bookkeeper(databases, **answers)
    desk = Desk(databases, tmp_path, **merged(INVOICES, answers))
    key, booked, held = client(office)
    backup = Backup(office.sage[THIS])
    erase(office, desk, key, restricted, held)
    backup.restore()
    healed = desk.relay("reconcile", "--yes", *REASON)
    assert healed.exit_code == Exit.OK, healed.output
    office.drain()
    office.look()
    resend(office, desk, f"invoice:{booked}")
    assert found_in_cobra(office) == []
    assert desk.relay("privacy", "erase", "--address", key, *WHY).exit_code == Exit.OK
    assert found_in(office) == []


def found_in_cobra(office: Office) -> list[str]:
    """Return which of the texts stand in our tables in cobra."""
    everything = texts_in(office.cobra)
    return [text for text in TEXTS if text in everything]


def test_restored_cobra_knows_whom_sage_was_to_forget(databases: Databases, tmp_path: Path) -> None:
    """Cobra from before the erasure has lost the decision; `reconcile` reads it from the links."""
    office = Bureau(databases, **parts())
    desk = Desk(databases, tmp_path, **merged(INVOICES, parts()))
    key, booked, held = client(office)
    restricted(office, key)
    office.drain()
    office.skip(held, "erledigt")
    office.drain()
    backup = Backup(office.cobra)
    result = desk.relay("privacy", "erase", "--address", key, *WHY)
    assert result.exit_code == Exit.OK, result.output
    backup.restore()
    assert desk.relay("reconcile", "--yes", *REASON).exit_code == Exit.OK
    office.drain()
    again = desk.relay("privacy", "erase", "--address", key, *WHY)
    assert again.exit_code == Exit.OK, again.output
    resend(office, desk, f"invoice:{booked}", f"address:{key}")
    assert found_in(office) == []
