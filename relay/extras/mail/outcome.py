"""Knows how what people were told of has ended: what became of the record, or that it is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from relay.admin.history import EntryHistory, history
from relay.base import texts
from relay.base.values import OPEN, Entity, RecordId, Status
from relay.extras.mail.memory import News, Remembered


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
