"""Knows the order in which everything is proved, in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy.engine import Engine

from relay.admin import rights
from relay.admin.prove import script, sessions
from relay.admin.prove.script import DONE, Point, asked
from relay.cobra import capture
from relay.database import dialect_of, schema, survey_of
from relay.database.connecting import connect
from relay.database.scratch import (
    LOCK_TIMEOUT_MS,
    scratch_database,
    set_row_versions,
    without_transaction,
)
from relay.settings import Address, Settings

PREFIX = "relay_prove_"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a server answered to all points."""

    version: str
    is_stand_in: bool
    """It only speaks the language (Babelfish): what it answers says nothing of SQL Server."""
    points: tuple[Point, ...]

    @property
    def differing(self) -> list[Point]:
        """Return the points at which the server answers otherwise than expected."""
        return [point for point in self.points if not point.holds]


def prove(settings: Settings) -> Proof:
    """Ask cobra's server everything; nothing is left on it.

    Raises:
        Refused: on SQLite, without the right to make a database, or where that cannot be reached.
        Unavailable: the server does not answer, or did not drop the database.
    """
    with scratch_database(settings.cobra_url(), PREFIX) as url:
        engine = dialect_of(url).engine(url, lock_timeout_ms=LOCK_TIMEOUT_MS)
        with without_transaction(engine) as connection:
            facts = survey_of(connection).server(connection)
        points = tuple(_points(engine, _captured(settings)))
        return Proof(facts.version, facts.is_stand_in, points)


def _points(engine: Engine, settings: Settings) -> Iterator[Point]:
    guide = script.read_script()
    with without_transaction(engine) as connection:
        for batch in guide.preparation:
            connection.exec_driver_sql(batch)
    yield from _set_up(engine, settings)
    with without_transaction(engine) as connection:
        connection.exec_driver_sql("UPDATE prove.address SET city = N'first'")
    yield from _asked(engine, sessions.ALONE)
    for name, on in (("without_row_versions", False), ("with_row_versions", True)):
        # It ends all other sessions of the database: there are none now.
        yield asked(engine.url, name, DONE, partial(set_row_versions, engine, on=on))
        yield from _asked(engine, sessions.BESIDE_A_CLERK, f"_{name}")
    with without_transaction(engine) as connection:
        for part in guide.parts:
            yield script.ask(connection, part)
    yield from _remove(engine)


def _set_up(engine: Engine, settings: Settings) -> Iterator[Point]:
    yield asked(engine.url, "migrate_cobra", DONE, partial(schema.upgrade, engine, "source"))
    yield asked(engine.url, "migrate_sage", DONE, partial(schema.upgrade, engine, "target"))
    for name, expected in (("triggers", "3"), ("triggers_again", "0")):
        yield asked(engine.url, name, expected, lambda: len(capture.install(engine, settings)))
    for role in rights.IN_COBRA:
        yield asked(engine.url, f"rights_{role}", DONE, partial(_grant, engine, settings, role))


def _remove(engine: Engine) -> Iterator[Point]:
    yield asked(engine.url, "leave_sage", DONE, partial(schema.downgrade, engine, "target"))
    yield asked(engine.url, "leave_cobra", DONE, partial(schema.downgrade, engine, "source"))


def _asked(
    engine: Engine, points: tuple[tuple[str, str, sessions.Ask], ...], ending: str = ""
) -> Iterator[Point]:
    for name, expected, ask in points:
        yield asked(engine.url, f"{name}{ending}", expected, partial(ask, engine))


def _grant(engine: Engine, settings: Settings, role: str) -> None:
    with connect(engine, "cobra") as connection, connection.begin():
        for statement in rights.in_cobra(settings, role):
            connection.exec_driver_sql(statement)


def _captured(settings: Settings) -> Settings:
    """Return the settings for the script's own table, which is captured as cobra's would be."""
    fields = {
        "sage_address_number": "number", "last_name": "name", "zip": "zip", "city": "city",
    }  # fmt: skip
    address = Address(table="prove.address", key="id", required=[], fields=fields)
    cobra = settings.cobra.model_copy(
        update={"address": address, "invoice": None, "position": None}
    )
    return settings.model_copy(update={"cobra": cobra, "documents": None})
