"""Lets Sage's own program enter a sample in an odd Sage, at a desk that knows nothing of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from tests.admin.learning.test_unknown import run
from tests.world.databases import INVOICES, make_databases
from tests.world.desk import Desk
from tests.world.odd_sages import OddSage
from tests.world.office import THIS, Office, position
from tests.world.servers import Server


def sampled(server: Server, folder: Path, kind: str, *others: str) -> tuple[Office, Desk]:
    """Note the year and enter an invoice as Sage does; `others` are done before."""
    databases = make_databases(server, OddSage(kind))
    office = Office(databases)
    desk = Desk(replace(databases, odd=None), folder, **INVOICES)
    key = office.add(SAGENR0="1001")
    for statement in others:
        run(office.sage[THIS], statement)
    before = desk.relay("learn", "before", "--year", THIS)
    assert before.exit_code == 0, before.output
    invoice = office.invoice(
        key,
        position("100.00", TEXT="Beratung Mai", account="3200"),
        position("50.00", TEXT="Käse", vat="reduced", COSTCENTRE="KST1"),
        day=date(2026, 1, 31),
        DUEDATE=date(2026, 3, 2),
    )
    office.drain()
    assert office.state(invoice) == ("applied", None)
    return office, desk
