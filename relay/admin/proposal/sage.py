"""Knows what a Sage year's database says of itself: its days, its terms, tax keys and accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.engine import URL, Connection

from relay.admin.proposal.lines import Standing, Suggestion
from relay.base.errors import Refused
from relay.base.toml import quoted
from relay.sage.layout import sage_table
from relay.settings import Profile

SHOWN = 20
_YEAR = re.compile(r"[\W_]*(?:19|20)\d\d$")
_NOT_IN_A_NAME = re.compile(r"[\s,;*]+")


@dataclass(frozen=True, slots=True)
class FoundYear:
    """What a year said."""

    name: str
    first_day: date | None = None
    last_day: date | None = None
    currency: str = ""
    terms: tuple[str, ...] = ()
    taxes: tuple[str, ...] = ()
    collective: tuple[str, ...] = field(default=())
    """The accounts on which its debtors are kept."""

    def proposals(self, url: str, *, has_user: bool) -> Mapping[tuple[str, str], Suggestion]:
        """Return what is proposed for the year's own section."""
        mandant = _YEAR.sub("", self.name) or self.name
        suggestions = {
            "name": Suggestion(Standing.ASSUMED, quoted(self.name)),
            "mandant": Suggestion(Standing.ASSUMED, quoted(mandant)),
            "first_day": _day(self.first_day),
            "last_day": _day(self.last_day),
            "url": Suggestion(Standing.READ, quoted(url)),
        }
        if not has_user:
            suggestions["password"] = Suggestion(Standing.UNUSED)
        return {("sage.year", name): proposal for name, proposal in suggestions.items()}


def ask(connection: Connection, url: URL) -> FoundYear:
    """Ask a year; what is called otherwise than in the profile `sage50` it does not tell."""
    database = str(url.database or "").replace("\\", "/").rpartition("/")[2]
    name = _NOT_IN_A_NAME.sub("_", database.removesuffix(".db"))
    client = next(iter(_rows(connection, "Client")), {})
    accounts = {str(row["AccId"]) for row in _rows(connection, "PKd")}
    return FoundYear(
        name=name,
        first_day=_as_day(client.get("YearFrom")),
        last_day=_as_day(client.get("YearTo")),
        currency=str(client.get("CurId") or ""),
        terms=tuple(f"{r['ZabId']} ({r.get('Days')})" for r in _rows(connection, "Zab"))[:SHOWN],
        taxes=tuple(f"{r['TaxId']} ({r['Rate']} %)" for r in _rows(connection, "Tax"))[:SHOWN],
        collective=tuple(sorted(accounts))[:SHOWN],
    )


def _rows(connection: Connection, name: str) -> list[dict[str, object]]:
    try:
        table = sage_table(connection, Profile(), name)
    except Refused:
        return []
    return table.understood_rows(connection)


def _as_day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _day(day: date | None) -> Suggestion:
    if day is None:
        return Suggestion(Standing.CHOOSE)
    return Suggestion(Standing.READ, day.isoformat())
