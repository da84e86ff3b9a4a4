"""Cobra's users read the views and nothing behind them; the relay may record and no more."""

from __future__ import annotations

import pytest

from relay.admin import rights
from relay.base.values import RecordId
from relay.database import surface
from relay.engine.service import sayer
from relay.extras.documents import views
from relay.extras.documents.change import Change
from relay.extras.documents.recording import Recording, hand_over
from tests.admin.rights.logins import Logins
from tests.world.bureau import Bureau
from tests.world.databases import INVOICES, Databases, merged


def test_rights_name_every_view_only_when_it_is_there(databases: Databases) -> None:
    """Without the part neither its views nor its tables are spoken of."""
    on = databases.settings(**merged(INVOICES, {"documents": {}}))
    off = databases.settings(**INVOICES)
    named = {grant.what for grant in rights.grants(rights.in_cobra(on, "reader"))}
    assert set(surface.views_of_parts("mssql")) <= named
    assert len(surface.views_of_parts("mssql")) == 2 * len(views.VIEWS)
    for role in ("reader", "run"):
        told = " ".join(rights.in_cobra(off, role))
        assert "relay.document" not in told
        assert "v_beleg" not in told


def test_readers_and_the_relay_have_what_they_need(databases: Databases) -> None:
    """A reader sees customers through the views, not in cobra's table; a relay's login records."""
    if databases.server.dialect == "sqlite":
        pytest.skip("SQLite has no users: whoever may write to the file may do everything")
    bureau = Bureau(databases)
    with bureau.relay_engine().begin() as connection:
        views.create(connection, bureau.settings)
    logins = Logins(databases, bureau.settings)
    try:
        _records(logins, bureau)
        reader, cobra = logins.with_role("reader"), databases.cobra
        with databases.server.engine(logins.url(reader, cobra)).connect() as connection:
            for name in surface.views_of_parts("mssql"):
                connection.exec_driver_sql(f"SELECT COUNT(*) FROM {name}").scalar_one()
        for statement in ("SELECT COUNT(*) FROM relay.document", "DELETE FROM relay.v_beleg"):
            assert logins.objection(reader, cobra, statement) is not None, statement
    finally:
        logins.close()


def _records(logins: Logins, bureau: Bureau) -> None:
    """Book, hold and take back a document as the relay's own login."""
    relay, cobra = logins.with_role("run"), bureau.databases.cobra
    recording = Recording(bureau.settings, sayer(bureau.settings))
    record = RecordId("invoice", "1")
    told = {"number": "1", "invoice_date": "2026-01-31", "positions": [{"article": "A"}]}
    steps = (
        Change(record, 1, "booked", told, "MUSTER2026", stands=True),
        Change(record, 2, "booked", told, "MUSTER2026", stands=True),
        Change(record, 3, "held", told),
        Change(record, 4, None, {}),
    )
    for step in steps:
        with bureau.databases.server.engine(logins.url(relay, cobra)).begin() as connection:
            recording.write(connection, [step])
            hand_over(connection, {"7": "7"})
    assert bureau.document("1").state == "reversed"
