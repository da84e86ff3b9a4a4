"""Knows how a person's data is erased from the relay's own tables, and from Sage where it may be.

Keys, numbers, hashes and the ledger stay, so that all is still done exactly once and in order.
Each database has its own transaction, cobra's first; a run that was interrupted is repeated, and
only one that came to its end has its row in the audit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import func, select, update
from sqlalchemy.engine import Connection

from relay.admin.privacy.judged import Judged
from relay.admin.privacy.rows import OwnRow, rows_in_cobra, words_of_all
from relay.admin.privacy.subject import DataSubject
from relay.admin.read_only import Looked
from relay.admin.recovery.opened import Opened
from relay.admin.repair import Repair
from relay.base.errors import Refused
from relay.base.values import OPEN, Entity, Person, RecordId
from relay.cobra import access
from relay.cobra.decisions import keep_erasure
from relay.cobra.reading import AddressReader
from relay.database import counted
from relay.engine.checking import checked_address
from relay.rules.address.check import Checked
from relay.rules.images import Gone
from relay.rules.nameless import erased, swept
from relay.sage.adapter import SqlYear
from relay.sage.forgetting import Forgotten, forget_address
from relay.settings import Settings

KEPT_YEARS = 10
"""Books and vouchers are kept for ten years after the end of the fiscal year (OR 958f)."""
_SHORTEST = 5
"""A phrase of fewer letters would be found within other words."""
_OF_MANY = frozenset(["ACode", "City", "CCode", "Lang", "Salut", "Title", "AdrId"])
"""Tags that many people share: they are erased from the person's own rows alone."""
_NAMING = ("customer_name", "name")


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did."""

    rows: Mapping[str, int]
    """Table of cobra's schema `relay` to rows that were changed."""
    years: Mapping[str, Forgotten]
    """What became of the address in each Sage year."""


def require_erasable(looked: Looked, settings: Settings, subject: DataSubject) -> None:
    """Refuse where what is erased would come again.

    Raises:
        Refused: `privacy_still_in_cobra`, or `privacy_open`.
    """
    read = AddressReader(looked.lock, settings.cobra.address).read([subject.key])
    state = checked_address(read.get(subject.key, Gone()), settings)
    if not (isinstance(state, Gone) or (isinstance(state, Checked) and state.restricted)):
        raise Refused("privacy_still_in_cobra", key=subject.key)
    with looked.lock.reading() as connection:
        o = looked.lock.tables.outbox
        query = access.SHOWN.on(select(o.c.id, o.c.entity, o.c.entity_key), o)
        rows = connection.execute(query.where(o.c.status.in_(OPEN)).order_by(o.c.id))
        still = [r.id for r in rows if RecordId(r.entity, r.entity_key) in subject.records]
    if still:
        raise Refused("privacy_open", entries=", ".join(map(str, still[:10])))


class Erasure(Opened):
    """Erases a person while no relay runs."""

    def erase(self, subject: DataSubject, by: Person, marker: str, today: date) -> Erased:
        """Do it, and sign it off in the audit.

        Raises:
            Refused: a configured year cannot be reached, or lacks a table; nothing was erased.
        """
        for name in self.settings.sage.names:
            if name not in self.years:
                raise Refused("privacy_year_away", year=name, why="-")
        needed = {name: self._is_needed(year, subject, today) for name, year in self.years.items()}
        with self.cobra.begin():
            phrases = [*self._phrases(subject)]
            rows = _forget_rows(self.cobra, subject, phrases, marker)
            said = Person(by.who, swept(by.reason, phrases, marker))
            number = next(iter(subject.numbers), "")  # else no Sage year knew it
            keep_erasure(self.cobra, self.tables, subject.key, number, said)
        years = {
            name: self._in_year(year, subject, marker, needed=needed[name])
            for name, year in self.years.items()
        }
        with self.cobra.begin():
            proof = {"rows": dict(rows), "years": {name: str(one) for name, one in years.items()}}
            Repair(self.cobra, said).note("erase", f"{Entity.ADDRESS}:{subject.key}", proof)
        return Erased(rows, years)

    def _is_needed(self, year: SqlYear, subject: DataSubject, today: date) -> bool:
        """Tell whether bookings need the address by law; what erasing takes is read beforehand."""
        peer = year.peer()
        if peer is None:
            return False
        is_kept = today.year - year.settings.last_day.year <= KEPT_YEARS
        needed = is_kept and _is_booked(year, peer.epoch, subject.key)
        # Its debtor is locked whatever is configured by now: the bookings may be of a time when
        # invoices still went over.
        for name in ("Adr", "PKd") if needed else ("Adr",):
            year.sage_table(name)
        return needed

    def _in_year(
        self, year: SqlYear, subject: DataSubject, marker: str, *, needed: bool
    ) -> Forgotten:
        peer = year.peer()
        if peer is None:
            return Forgotten.UNKNOWN
        with year.transaction(peer.epoch):
            return forget_address(year, subject.key, marker, needed=needed)

    def _phrases(self, subject: DataSubject) -> Iterator[str]:
        """Yield what names the person in sentences about others: names, street, phones."""
        found: set[str] = set()
        for row in rows_in_cobra(self.cobra, subject):
            content = row.of_kind(Judged.CONTENT)
            found |= {str(content[name]) for name in _NAMING if name in content}
            sent = content.get("sent")
            if row.name == "delivery" and sent:
                found |= set(_named_in(orjson.loads(sent)))
        for year in self.years.values():
            ln, peer = year.tables.link, year.peer()
            if peer is None:
                continue
            with year.transaction(peer.epoch) as connection:
                query = select(ln.c.content).where(ln.c.entity_key == subject.key)
                for text in connection.execute(query).scalars():
                    found |= set(_named_in(orjson.loads(text)))
        # People write a name in either order.
        found |= {" ".join(reversed(one.split())) for one in found if one.count(" ") == 1}
        yield from sorted((one for one in found if len(one) >= _SHORTEST), key=len, reverse=True)


def _is_booked(year: SqlYear, epoch: int, key: str) -> bool:
    """Tell whether invoices to an address were booked; no relay runs that could book another."""
    b = year.tables.booking
    with year.transaction(epoch) as connection:
        query = select(func.count()).where(b.c.address_key == key)
        return bool(connection.execute(query).scalar_one())


def _named_in(sent: Mapping[str, Any]) -> Iterator[str]:
    """Yield what names a person in what was sent: an address by tag, or an invoice."""
    if "postings" in sent:
        report = sent.get("invoice") or {}
        yield from (str(report[name]) for name in ("customer_name",) if report.get(name))
        return
    yield from (t for tag, t in sent.items() if isinstance(t, str) and tag not in _OF_MANY)


def _forget_rows(
    connection: Connection, subject: DataSubject, phrases: Iterable[str], marker: str
) -> Counter[str]:
    changed: Counter[str] = Counter()
    named = list(phrases)
    for row in list(rows_in_cobra(connection, subject)):
        changed[row.name] += _write(connection, row, _forgotten(row, marker))
    spelled = [*named, *filter(None, map(_escaped, named))]
    for row, words in list(words_of_all(connection, subject.tables, spelled)):
        texts = {w: row.values[w] for w in words if row.values[w] is not None}
        clean = {word: swept(text, spelled, marker) for word, text in texts.items()}
        new = {word: text for word, text in clean.items() if text != texts[word]}
        changed[row.name] += _write(connection, row, new)
    return +changed


def _write(connection: Connection, row: OwnRow, values: Mapping[str, Any]) -> int:
    if not values:
        return 0
    statement = update(row.table).where(row.itself).values(**values)
    if row.name == "outbox":
        statement = access.WRITTEN.on(statement, row.table)
    if counted(connection, statement) != 1:
        raise Refused("privacy_locked", table=row.name)
    return 1


def _forgotten(row: OwnRow, marker: str) -> dict[str, Any]:
    """Return what stands in a person's row in place of the data."""
    found = {
        name: _in_place_of((row.name, name), value, marker)
        for name, value in row.of_kind(Judged.CONTENT, Judged.WORDS).items()
        if (row.name, name) not in _KEPT_WORDS
    }
    return {name: new for name, new in found.items() if new != row.values[name]}


_KEPT_WORDS = {("audit", "subject"), ("audit", "detail")}
"""They name records by number: that is how the action is found."""


def _in_place_of(column: tuple[str, str], value: str, marker: str) -> str:
    if not value:
        return value
    if column == ("delivery", "sent"):
        known = orjson.loads(value)
        if "erased" in known:
            return value
        return orjson.dumps(erased(value)).decode()
    if column == ("delivery", "warnings"):
        return orjson.dumps([[code, marker] for code, _ in orjson.loads(value)]).decode()
    return marker


def _escaped(phrase: str) -> str:
    """Return a phrase as JSON writes it, if that is another one."""
    written = orjson.dumps(phrase).decode()[1:-1]
    return written if written != phrase else ""
