"""Knows whether the installed triggers are the ones that the mapping asks for."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from relay.base.values import Problem
from relay.cobra.capture.triggers import Trigger, render
from relay.database import TableInfo, capture_of
from relay.database.capture import FoundTrigger
from relay.settings import Settings


def verify(connection: Connection, settings: Settings) -> list[Problem]:
    """Compare what is installed with what the mapping asks for; an empty list means: all is well.

    Raises:
        NotCapturable: a table or columns are not there.
    """
    wanted = render(connection, settings)
    found = capture_of(connection).triggers(connection)
    installed = [installed_as(trigger, found) for trigger in wanted]
    pairs = zip(wanted, installed, strict=True)
    of_wanted = [finding for trigger, one in pairs if (finding := _of(trigger, one))]
    return of_wanted + _others(installed, found)


def _of(trigger: Trigger, installed: FoundTrigger | None) -> Problem | None:
    code = "trigger_missing" if installed is None else _fault(trigger, installed)
    return None if code is None else _problem(code, trigger.name, trigger.table)


def _fault(trigger: Trigger, installed: FoundTrigger) -> str | None:
    if not installed.enabled:
        return "trigger_disabled"
    if installed.definition is None:
        return "trigger_unreadable"
    # Babelfish keeps no text where the schema's name is odd; SQL Server always keeps one.
    if installed.definition and not same_text(trigger, installed):
        return "trigger_altered"
    return None


def installed_as(trigger: Trigger, found: list[FoundTrigger]) -> FoundTrigger | None:
    """Return the trigger that is installed under this name on this table."""
    mine = (f for f in found if f.table_id == trigger.watched and _named(f, trigger.name))
    return next(mine, None)


def same_text(trigger: Trigger, installed: FoundTrigger) -> bool:
    """Tell whether the text is ours; line ends and outer blanks do not count."""
    return _plain(installed.definition or "") == _plain(trigger.sql)


def _others(expected: list[FoundTrigger | None], found: list[FoundTrigger]) -> list[Problem]:
    """Return the triggers that are named like ours, but that the mapping does not ask for."""
    return [
        _problem("trigger_foreign", _shown(f.where), f.table) for f in found if f not in expected
    ]


def _problem(code: str, trigger: str, table: str) -> Problem:
    return Problem(code, {"trigger": trigger, "table": table})


def _named(found: FoundTrigger, name: str) -> bool:
    return found.where.name.casefold() == name.casefold()


def _plain(sql: str) -> str:
    return sql.replace("\r\n", "\n").strip()


def _shown(where: TableInfo) -> str:
    return where.name if where.schema is None else f"{where.schema}.{where.name}"
