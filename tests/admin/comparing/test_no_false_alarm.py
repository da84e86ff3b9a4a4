"""Whatever was booked, corrected or taken back: where nobody interfered, nothing differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from relay.admin.comparing.finding import Mismatch
from relay.admin.comparing.sweep import Sweep
from relay.admin.read_only import looking
from relay.settings import Settings
from tests.rules.documented import Played, case_files, play, read_cases
from tests.world.databases import INVOICES, Databases, make_databases, merged
from tests.world.odd_sages import KINDS, OddSage
from tests.world.office import THIS, Office, position
from tests.world.servers import Server


def compared(settings: Settings) -> list[Mismatch]:
    """Return what a comparison of everything finds."""
    with looking(settings) as looked:
        sweep = Sweep(looked.lock, looked.years, settings)
        return [one for page in sweep.pages() for one in page.findings]


def of_whom(found: Sequence[Mismatch], played: Sequence[Played]) -> set[str]:
    """Return the cases of which something was found, though nobody worked in Sage by hand."""
    by_hand = {one.number for one in played if any(step.in_sage for step in one.case.then)}
    return {f"{one.number} {one.kind} {one.field}" for one in found if one.number not in by_hand}


@pytest.mark.parametrize("path", case_files(), ids=lambda path: path.stem)
def test_documented_cases_agree(path: Path, databases: Databases) -> None:
    """Rates, currencies, roundings, corrections, closed periods: Sage has what cobra says."""
    told = read_cases(path)
    played = play(told, databases)
    settings = databases.settings(**merged(INVOICES, told.settings))
    assert of_whom(compared(settings), played) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_another_sage_agrees(server: Server, kind: str) -> None:
    """Signed amounts, centimes, codes, counters: what a profile writes reads back as the same."""
    databases = make_databases(server, OddSage(kind))
    told = merged(INVOICES, {"cobra": {"invoice": {"on_change": "reverse-and-rebook"}}})
    office = Office(databases, **told)
    customer = office.add()
    lines = (position("200.00", COSTCENTRE="KST1"), position("50.00", "3200", "reduced"))
    keys = [office.invoice(customer, *lines, number=f"2026000{n}") for n in (1, 2)]
    credit = office.invoice(customer, position("20.00"), number="20260003", KIND="G")
    office.drain_all()
    office.edit_positions(keys[1], NET="75.00")
    office.edit(keys[1], GROSS="158.03")
    office.drain_all()
    assert [office.state(key) for key in (*keys, credit)] == [("applied", None)] * 3
    assert compared(office.settings) == []


def test_adopted_document_agrees(databases: Databases) -> None:
    """What Sage itself wrote and the relay linked may have another term, due day and reference."""
    office = Office(databases, **INVOICES)
    key = office.invoice(office.add())
    office.drain_all()
    office.forget_booking(THIS)
    office.sage_execute(THIS, "UPDATE OPd SET ZabId = NULL, DateD = NULL, Ref = NULL")
    office.edit(key, DUEDATE=date(2026, 3, 31))
    office.drain_all()
    assert office.warnings(key, THIS) == ["document_adopted"]
    assert compared(office.settings) == []
