"""Knows how a person lets an address take the place of one that cobra holds no more.

It was deleted and entered again, or merged with a duplicate. One decision does for all of it: the
link in Sage goes over if the numbers are equal, and invoices that now name the other address stay
as they were booked.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.read_only import Looked
from relay.admin.repair import Repair
from relay.base.errors import Refused
from relay.base.values import Cause, Entity, Person, RecordId
from relay.cobra.decisions import keep_move
from relay.cobra.notices import reopen
from relay.cobra.reading import CobraReader
from relay.cobra.tables import source_tables
from relay.settings import Settings


def check_move(looked: Looked, settings: Settings, former: str, key: str) -> None:
    """Look whether an address can take the place of a former one.

    Raises:
        Refused: `adopt_move_same`, `adopt_move_there` (cobra still holds the former one),
            `adopt_move_gone` (it does not hold the other one), `adopt_move_unknown` (no Sage year
            knows the former one), `adopt_years_missing` (one that cannot be read may).
    """
    if former == key:
        raise Refused("adopt_move_same", key=key)
    gone = CobraReader(looked.lock, settings).gone([former, key])
    if former not in gone:
        raise Refused("adopt_move_there", former=former)
    if key in gone:
        raise Refused("adopt_move_gone", key=key)
    for year in looked.years.here.values():
        ln, b = year.tables.link, year.tables.booking
        with year.transaction(0) as connection:
            linked = select(ln.c.number).where(ln.c.entity_key == former)
            booked = select(b.c.document).where(b.c.address_key == former)
            # One after the other: SQL Server's connection answers one query at a time.
            if any(connection.execute(query).first() is not None for query in (linked, booked)):
                return
    looked.years.require_all()
    raise Refused("adopt_move_unknown", former=former)


def move(connection: Connection, operator: Person, former: str, key: str) -> None:
    """Keep the decision, and let the relay look at both addresses and at held invoices anew."""
    tables = source_tables(connection.dialect.name)
    keep_move(connection, tables, former, key, operator)
    reopen(connection, tables.outbox, tables.outbox.c.error_code.in_(FOLLOWED))
    records = [RecordId(Entity.ADDRESS, key), RecordId(Entity.ADDRESS, former)]
    repair = Repair(connection, operator)
    repair.notice(records, Cause.ADOPT)
    repair.record("move", f"{former} -> {key}", records)


FOLLOWED = ("customer_changed", "corrects_other_customer")
"""Codes of invoices that name another customer than the one they were booked for."""
