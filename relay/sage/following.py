"""Knows how the link of a record that cobra holds no more goes to the one that took its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Table, exists, update

from relay.sage.year import SageYear


def move_links(
    year: SageYear,
    numbers: Mapping[str, str],
    followed: Mapping[str, Sequence[str]],
) -> None:
    """Give each address without a link the one of a record that it follows, by the same number.

    The debtor account goes along. What was booked for the record before stays as it was booked.
    """
    for key, before in followed.items():
        links = year.numbers([key, *before])
        former = next((k for k in before if links.get(k) == numbers[key]), None)
        if key in links or former is None:
            continue
        _move(year, year.tables.link, former, key)
        _move(year, year.tables.debtor, former, key)


def _move(year: SageYear, table: Table, former: str, key: str) -> None:
    other = table.alias("other")
    there = exists().where(other.c.entity_key == key)
    own = (table.c.entity_key == former, ~there)
    year.connection.execute(update(table).where(*own).values(entity_key=key))
