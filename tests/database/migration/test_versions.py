"""A database whose schema does not fit is refused, with the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relay.base.errors import Refused
from relay.database import schema
from tests.database.migration.conftest import HEADS
from tests.database.migration.looking import current

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


def refusal(engine: Engine, section: schema.Section) -> Refused:
    with engine.connect() as connection, pytest.raises(Refused) as caught:
        schema.require(connection, section)
    return caught.value


def test_a_missing_schema_is_refused(engine: Engine, section: schema.Section) -> None:
    """The refusal names the command that helps."""
    found = refusal(engine, section)

    assert found.code == "schema_missing"
    assert found.values["command"] == "relay migrate"
    assert found.values["section"] == section


def test_a_schema_that_fits_is_accepted(engine: Engine, section: schema.Section) -> None:
    """A migrated database raises nothing."""
    schema.upgrade(engine, section)
    with engine.connect() as connection:
        schema.require(connection, section)


@pytest.mark.usefixtures("tomorrow")
def test_an_older_schema_is_refused_until_migrated(engine: Engine, section: schema.Section) -> None:
    """A relay that was updated says which version it found, and migrating mends it."""
    schema.upgrade(engine, section)
    schema.downgrade(engine, section, HEADS[section])

    found = refusal(engine, section)
    assert found.code == "schema_older"
    assert (found.values["found"], found.values["known"]) == (HEADS[section], "9999")

    schema.upgrade(engine, section)
    with engine.connect() as connection:
        schema.require(connection, section)


@pytest.mark.usefixtures("tomorrow")
def test_a_newer_schema_is_refused(
    engine: Engine, section: schema.Section, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that was put back neither works nor migrates, in either direction."""
    schema.upgrade(engine, section)
    monkeypatch.undo()

    assert refusal(engine, section).code == "schema_newer"
    for migrate in (schema.upgrade, schema.downgrade):
        with pytest.raises(Refused) as caught:
            migrate(engine, section)
        assert caught.value.code == "schema_newer"
    assert current(engine, section) == "9999"
