"""Each column of the relay's own tables is judged: can it hold data of a person?"""

from __future__ import annotations

from sqlalchemy.engine import Engine

from relay.admin.privacy.judged import COBRA, SAGE
from relay.admin.uninstall import own_tables
from tests.world.databases import YEARS, Databases
from tests.world.office import Office

HOUSEKEEPING = {"own_write", "source_version", "target_version"}
"""One dialect's alone, or the migrations' own."""


def columns_in(engine: Engine) -> dict[str, set[str]]:
    with engine.connect() as connection:
        tables = own_tables(connection)
    return {name: {str(column.name) for column in table.columns} for name, table in tables.items()}


def test_every_column_is_judged(databases: Databases) -> None:
    """A new table or column stands here before it can hold anything; none is judged that is not."""
    office = Office(databases)
    for engine, judged in ((office.cobra, COBRA), (office.sage[YEARS[0]], SAGE)):
        there = columns_in(engine)
        known = {name: set(columns) for name, columns in judged.items()}
        for housekeeping in HOUSEKEEPING - there.keys():
            known.pop(housekeeping, None)
        assert there == known
