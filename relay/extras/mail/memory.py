"""Knows what people were told by mail: each trouble once, again after days, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from relay.admin.history import EntryHistory, history
from relay.base import texts
from relay.base.values import OPEN, Entity, RecordId, Status
from relay.cobra.tables import SourceTables, source_tables
from relay.database import among, chunks, dialect_of, utcnow
from relay.extras.mail.trouble import Role, Trouble, hashed

MORNING = "morning"
"""The subject under which a morning letter is remembered."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A trouble that somebody was told of."""

    id: str
    role: Role
    subject: str
    mark: str
    text: str
    told_at: datetime


@dataclass(slots=True)
class News:
    """What one person is to be told."""

    new: list[Trouble] = field(default_factory=list)
    still: list[Trouble] = field(default_factory=list)
    """Told some days ago, and unchanged."""
    ended: list[Remembered] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.new or self.still or self.ended)


def mailed_before(connection: Connection) -> tuple[list[Remembered], datetime]:
    """Return what people were told of troubles, and the server's time."""
    m = source_tables(connection.dialect.name).mailed
    rows = connection.execute(
        select(m.c.id, m.c.role, m.c.subject, m.c.mark, m.c.text, m.c.told_at)
    )
    found = [
        Remembered(row.id, Role(row.role), row.subject or "", row.mark, row.text, row.told_at)
        for row in rows
        if row.subject != MORNING
    ]
    return found, connection.execute(select(utcnow())).scalar_one()


def news(
    now: datetime, known: Iterable[Remembered], here: Sequence[Trouble], repeat: timedelta
) -> dict[Role, News]:
    """Return what each role is to be told. Pure."""
    found = {role: News() for role in Role}
    remaining = {one.id: one for one in known}
    for trouble in here:
        before = remaining.pop(trouble.id, None)
        if before is None or before.mark != trouble.mark:
            found[trouble.role].new.append(trouble)
        elif before.told_at <= now - repeat:
            found[trouble.role].still.append(trouble)
    for one in remaining.values():
        found[one.role].ended.append(one)
    return found


def remember(connection: Connection, tables: SourceTables, sent: News) -> None:
    """Note what somebody was told: it has been sent."""
    m = tables.mailed
    gone = [one.id for one in sent.ended] + [trouble.id for trouble in sent.new]
    for some in chunks(gone):
        connection.execute(m.delete().where(among(m.c.id, some)))
    rows = [
        {
            "id": trouble.id,
            "role": str(trouble.role),
            "subject": trouble.subject,
            "mark": trouble.mark,
            "text": trouble.text,
        }
        for trouble in sent.new
    ]
    dialect_of(connection).insert_rows(connection, m, rows)
    for some in chunks([trouble.id for trouble in sent.still]):
        connection.execute(update(m).where(among(m.c.id, some)).values(told_at=utcnow()))


@dataclass(frozen=True, slots=True)
class LastMorning:
    """The last morning letter that a role got."""

    day: date
    until: datetime
    """It told what had happened before."""


def last_mornings(connection: Connection) -> dict[Role, LastMorning]:
    """Return the last morning letter of each role that got one."""
    m = source_tables(connection.dialect.name).mailed
    query = select(m.c.role, m.c.mark, m.c.text).where(m.c.subject == MORNING)
    return {
        Role(row.role): LastMorning(date.fromisoformat(row.mark), datetime.fromisoformat(row.text))
        for row in connection.execute(query)
    }


def remember_mornings(
    connection: Connection, tables: SourceTables, sent: Mapping[Role, LastMorning]
) -> None:
    """Note which morning letters have been sent, in place of the ones before."""
    m = tables.mailed
    rows = [
        {
            "id": hashed(f"{role} {MORNING}"),
            "role": str(role),
            "subject": MORNING,
            "mark": one.day.isoformat(),
            "text": one.until.isoformat(),
        }
        for role, one in sent.items()
    ]
    connection.execute(m.delete().where(among(m.c.id, [row["id"] for row in rows])))
    dialect_of(connection).insert_rows(connection, m, rows)


def settled(connection: Connection, news: News, language: str) -> News:
    """Return the news with how each trouble ended; one that is still under way has not ended.

    A record that is tried again just now is neither in order nor new trouble: the next letter
    tells what became of it.
    """
    said = [(one, _ending(connection, one, language)) for one in news.ended]
    news.ended = [replace(one, text=text) for one, text in said if text is not None]
    return news


def _ending(connection: Connection, trouble: Remembered, language: str) -> str | None:
    entity, _, key = trouble.subject.partition(":")
    if entity not in [*map(str, Entity)]:
        return texts.text("mail_over", language, text=trouble.text)
    record = RecordId(Entity(entity), key)
    entries = history(connection, key, [record])
    if any(entry.status in OPEN for entry in entries):
        return None
    name = trouble.text.partition(": ")[0]
    return f"{name}: {became(entries, language)}"


def became(entries: Sequence[EntryHistory], language: str) -> str:
    """Say what the last entry came to; entries that are gone were finished long ago."""
    if not entries:
        return texts.text("mail_gone", language)
    last = entries[-1]
    places = ", ".join(
        texts.text("mail_place", language, key=delivery.sage_key, year=delivery.year)
        for delivery in last.deliveries
        if delivery.status == Status.APPLIED and delivery.sage_key
    )
    if last.status == Status.APPLIED and places:
        return _how(last, language, places)
    return texts.text(f"mail_ended_{last.status}", language, reason=last.text)


def _how(last: EntryHistory, language: str, places: str) -> str:
    """Say how something went over: an invoice may also have been taken back."""
    if last.entity != Entity.INVOICE:
        return texts.text("mail_applied_as", language, places=places)
    sent = [delivery.sent for delivery in last.deliveries if delivery.sent]
    if any(one.get("reverses") and "invoice" not in one for one in sent):
        return texts.text("mail_taken_back", language, places=places)
    return texts.text("mail_booked_as", language, places=places)
