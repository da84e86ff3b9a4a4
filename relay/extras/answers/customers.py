"""Knows the look at customers: addresses, debtors, and open items that were written in Sage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, and_, delete, exists, not_, or_, select

from relay.database import among, chunks
from relay.extras.answers.asking import Asking
from relay.extras.answers.following import Place
from relay.extras.answers.item import Answer, exact, whole_number
from relay.extras.answers.looking import AnswerLooks
from relay.extras.answers.mirror import Mirror
from relay.extras.answers.tables import ALL_YEARS
from relay.rules.address.facts import ERASED_TAG
from relay.rules.invoice.books import Raw
from relay.sage.port import Linked

PAGE = 250
"""Addresses, or items, that one chore looks at."""
Differences = dict[Place, Answer]
"""Record and tag to the row."""


class CustomerLook:
    """Brings the mirror up to date, and finds what was written in Sage since the last look."""

    def __init__(self, looking: AnswerLooks) -> None:
        """Take what the looks have in common."""
        self._looking = looking

    def pages(self) -> Iterator[None]:
        """Look at all years: items, then addresses and debtors."""
        self._looking.freshness.note_years()
        asking = self._looking.asking()
        for year in self._looking.mandants:
            yield from self._customers(year, asking)
        for year in self._looking.mandants:  # now that is known whose debtors are whose
            yield from self._items(year, asking)
        for year in self._looking.removed:
            yield from self._forget(year, asking)
        self._looking.freshness.note_end("customers_at", asking)

    def _items(self, year: str, asking: Asking) -> Iterator[None]:
        last: str | None = None
        while True:
            after = last
            rows = asking.ask(year, lambda here: here.answers().owed_after(after, PAGE))  # noqa: B023 - asked at once
            if not rows:
                return
            last = str(rows[-1]["OpId"])
            self._looking.keep_items(year, {str(row["OpId"]): None for row in rows}, asking)
            yield
            if len(rows) < PAGE or last == after:
                return

    def _customers(self, year: str, asking: Asking) -> Iterator[None]:
        last = ""
        while True:
            after = last
            linked = asking.ask(year, lambda here: here.answers().linked_after(after, PAGE))  # noqa: B023 - asked at once
            if linked is None:
                return
            is_over = len(linked) < PAGE
            self._keep(year, (after, None if is_over else linked[-1].key), linked, asking)
            yield
            if is_over:
                return
            last = linked[-1].key

    def _forget(self, year: str, asking: Asking) -> Iterator[None]:
        """Let go of who has nothing open in a year that nobody asks any more."""
        while True:
            with self._looking.lock.writing() as connection:
                mirror = self._looking.mirror(connection)
                gone = _forgotten(connection, mirror, year)
                mirror.count(gone, asking.today)
            if len(gone) < PAGE:
                return
            yield

    def _keep(
        self,
        year: str,
        between: tuple[str, str | None],
        linked: Sequence[Linked],
        asking: Asking,
    ) -> None:
        mandant = self._looking.mandants[year]
        with self._looking.lock.reading() as connection:
            erased = self._looking.mirror(connection).erased(each.key for each in linked)
        erased |= {each.key for each in linked if ERASED_TAG in each.sent}
        # Sage may have to keep them, we may not; a restored year still knows what was sent.
        linked = [
            replace(each, address={}, sent={}) if each.key in erased else each for each in linked
        ]
        customers = {
            each.key: {"entity_key": each.key, "mandant": mandant, "year": year, **customer(each)}
            for each in linked
        }
        found: Differences = {}
        for each in linked:
            for tag, (sent, in_sage) in differences(each).items():
                row: Answer = {"entity_key": each.key, "year": year, "field": tag}
                found[each.key, tag] = row | {"sent": sent, "in_sage": in_sage}
        with self._looking.lock.writing() as connection:
            mirror = self._looking.mirror(connection)
            gone = mirror.keep_customers(year, between, customers)
            mirror.keep_differences(year, between, found)
            mirror.count([*customers, *gone], asking.today)


def _forgotten(connection: Connection, mirror: Mirror, year: str) -> list[str]:
    """Delete a page of customers without open items, with what differs of them; returns who.

    Who owes what was carried over, and is linked in no later year, has nothing but this row.
    """
    c, f = mirror.tables.customer, mirror.tables.difference
    other = c.alias("other")
    same = and_(other.c.entity_key == c.c.entity_key, other.c.mandant == c.c.mandant)
    is_elsewhere = exists().where(same, other.c.year.not_in([year, ALL_YEARS]))
    owes = exists().where(same, other.c.year == ALL_YEARS, other.c.open_items > 0)
    mine = (c.c.year == year, c.c.open_items == 0, or_(is_elsewhere, not_(owes)))
    keys = list(connection.execute(select(c.c.entity_key).where(*mine).limit(PAGE)).scalars())
    for some in chunks(keys):
        connection.execute(delete(f).where(f.c.year == year, among(f.c.entity_key, some)))
        connection.execute(delete(c).where(c.c.year == year, among(c.c.entity_key, some)))
    return keys


def customer(linked: Linked) -> Answer:
    """Return what a year says of a customer, by column; NULL of what is not there any more."""
    account, address = linked.account or {}, linked.address or {}
    lock = whole_number(account.get("WrnLk"))
    return {
        "debtor": linked.debtor,
        "number": linked.number,
        "name": _text(address, "Corp"),
        "place": _text(address, "City"),
        "account": _text(account, "AccId"),
        "terms": _text(account, "ZabId"),
        "credit_limit": exact(account.get("Limit")),
        "reminder_lock": None if lock is None else int(bool(lock)),
    }


def differences(linked: Linked) -> Mapping[str, tuple[str, str | None]]:
    """Return tags of which Sage says something else than was sent; what was sent empty is Sage's.

    An address that is gone differs in its number, a debtor in its own; both may have been deleted,
    or merged with another one.
    """
    found: dict[str, tuple[str, str | None]] = {}
    if linked.debtor is not None and linked.account is None:
        found["PkKey"] = str(linked.debtor), None
    address = linked.address
    if address is None:
        return found | {"AdrId": (linked.number, None)}
    for tag, sent in linked.sent.items():
        text = _text(address, tag)
        if sent and tag in address and (text or "") != sent.rstrip(" "):
            found[tag] = sent, text
    return found


def _text(row: Raw, tag: str) -> str | None:
    value = row.get(tag)
    return None if value is None else str(value).rstrip(" ") or None
