"""Knows what Sage's own tables demand of the rows that the relay writes, by the catalogue alone.

What is missing, or of a type that can hold nothing of what its tag holds, is told by `masters`.
What the database itself then says to real rows, a rehearsal shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Column

from relay.admin.doctor.site import Finding, Reached, Site, error, info, warning
from relay.base.errors import Refused
from relay.base.toml import named
from relay.database.catalogue import ColumnInfo, Rule, RuleKind
from relay.database.survey import RivalTrigger
from relay.sage.codecs import kind_of
from relay.sage.layout import SageTable, needed_tables, place_of, sage_table
from relay.sage.reference import AMOUNTS, KEYS, LENGTHS
from relay.settings import Profile

CHANGED_ONLY = {"Acc"}
"""Tables into which the relay inserts nothing."""
CHANGED = {"Adr", "PKd", "OPd"}
"""Tables into which it inserts, and whose rows it changes later."""


@dataclass(frozen=True, slots=True)
class Demands:
    """A table that is written, as the profile maps it and as the catalogue has it."""

    name: str
    table: SageTable
    columns: Mapping[str, ColumnInfo]
    """Name in small letters to what is known of a column."""
    rules: list[Rule]
    triggers: list[RivalTrigger]
    given: frozenset[str]
    """Columns and tags, in small letters, of which the profile says what gives their values."""
    collation: str | None
    """The database's, if it is known by the name that columns have."""
    minor: frozenset[str] = frozenset()
    """Amounts that are kept in centimes."""

    def tags_of(self, columns: tuple[str, ...]) -> list[str]:
        """Return the tags whose values stand in these columns."""
        names = {column.casefold() for column in columns}
        return [tag for tag, c in self.table.columns.items() if c.name.casefold() in names]

    def left(self) -> list[ColumnInfo]:
        """Return the columns for which neither a tag nor the profile has a value."""
        known = self.given | {facts.name.casefold() for _, facts in self.mapped()}
        return [facts for name, facts in self.columns.items() if name not in known]

    def mapped(self) -> Iterator[tuple[str, ColumnInfo]]:
        """Yield each tag with its column."""
        for tag, column in self.table.columns.items():
            if facts := self.columns.get(column.name.casefold()):
                yield tag, facts


def examine(site: Site, place: Reached) -> Iterator[Finding]:
    """Examine each table that is written and can be read as configured."""
    for demands in demanding(site, place):
        for check in CHECKS:
            yield from check(demands)


def demanding(site: Site, place: Reached) -> Iterator[Demands]:
    """Yield what is known of each table that is written and can be read as configured."""
    is_stand_in = place.survey.server(place.connection).is_stand_in
    # Babelfish calls one collation by two names.
    collation = None if is_stand_in else place.survey.database(place.connection).collation
    for name in needed_tables(site.settings):
        if name in KEYS:
            with suppress(Refused):  # told by `masters`
                yield _demands(place, site.settings.sage.profile, name, collation)


def demanded(demands: Demands) -> Iterator[Finding]:
    """Find columns that a new row needs a value for, and for which nobody has one."""
    if demands.name in CHANGED_ONLY:
        return
    if names := [facts.name for facts in demands.left() if facts.is_demanded]:
        lines = ", ".join(f'{named(name)} = "…"' for name in names)
        values = {"table": demands.name, "columns": ", ".join(names), "lines": lines}
        yield error("sage_column_demanded", **values)


def numbered(demands: Demands) -> Iterator[Finding]:
    """Tell keys to which SQLite gives the next number, though Sage may take it from a counter."""
    for facts in demands.left():
        if facts.is_numbered and demands.name not in CHANGED_ONLY:
            yield info("sage_key_numbered", table=demands.name, column=facts.name)


def unnamed(demands: Demands) -> Iterator[Finding]:
    """Tell tags that go nowhere, with the columns that are left and may well be theirs."""
    if not demands.table.unsent:
        return
    free = [facts.name for facts in demands.left() if facts.filled is None]
    values = {"table": demands.name, "tags": ", ".join(demands.table.unsent)}
    if free:
        yield warning("sage_tags_unnamed", **values, columns=", ".join(free))
    else:
        yield warning("sage_tags_unsent", **values)


def unchanging(demands: Demands) -> Iterator[Finding]:
    """Find views whose new rows a trigger writes, and changed ones none."""
    events = {event for trigger in demands.triggers for event in trigger.instead_of}
    if demands.name in CHANGED and "INSERT" in events and "UPDATE" not in events:
        yield error("sage_view_unchanging", table=demands.name, view=demands.table.table.name)


def filled(demands: Demands) -> Iterator[Finding]:
    """Find mapped columns into which only the database itself can write."""
    for tag, facts in demands.mapped():
        is_given = {tag.casefold(), facts.name.casefold()} & demands.given
        if facts.filled is not None and not is_given:
            values = {"table": demands.name, "tag": tag, "column": facts.name}
            yield error("sage_column_filled", **values, by=str(facts.filled))


def whole(demands: Demands) -> Iterator[Finding]:
    """Find columns of whole numbers for amounts, where nobody says that they hold centimes."""
    tags = [
        tag
        for tag, column in demands.table.columns.items()
        if tag in AMOUNTS - {"Rate"} and tag not in demands.minor and _is_whole(column)
    ]
    if tags:
        lines = ", ".join(f'{tag} = "minor"' for tag in tags)
        columns = ", ".join(demands.table.columns[tag].name for tag in tags)
        values = {"table": demands.name, "tags": ", ".join(tags), "columns": columns}
        yield error("sage_amount_whole", **values, lines=lines)


def _is_whole(column: Column[Any]) -> bool:
    is_decimal = kind_of(column) is Decimal
    return kind_of(column) is int or (is_decimal and getattr(column.type, "scale", None) == 0)


def narrow(demands: Demands) -> Iterator[Finding]:
    """Find columns of texts that take less than the import format's."""
    for tag, length in LENGTHS.get(demands.name, {}).items():
        column = demands.table.columns.get(tag)
        takes = None if column is None else demands.table.length(tag)
        if column is not None and takes is not None and takes < length:
            values = {"table": demands.name, "tag": tag, "column": column.name}
            yield warning("sage_column_narrow", **values, takes=takes, length=length)


def collations(demands: Demands) -> Iterator[Finding]:
    """Tell which columns compare their texts otherwise than the database does."""
    if demands.collation is None:
        return
    other = [
        facts.name
        for _, facts in demands.mapped()
        if facts.collation and facts.collation.casefold() != demands.collation.casefold()
    ]
    if other:
        values = {"table": demands.name, "columns": ", ".join(other)}
        yield info("sage_collation_differs", **values, collation=demands.collation)


def rules(demands: Demands) -> Iterator[Finding]:
    """Tell what the table demands of values that the relay writes."""
    for rule in demands.rules:
        columns = rule.columns or _named_in(rule.demands, demands)
        tags = demands.tags_of(columns)
        if not tags or (rule.kind is RuleKind.UNIQUE and set(tags) >= set(KEYS[demands.name])):
            continue  # no value of ours, or one that the relay itself keeps apart
        values = {"table": demands.name, "rule": rule.name, "tags": ", ".join(tags)}
        if rule.kind is RuleKind.FOREIGN_KEY:
            yield info("sage_foreign_key", **values, demands=rule.demands or "-")
        elif rule.kind is RuleKind.CHECK:
            yield info("sage_check", **values, demands=rule.demands or "-")
        else:
            yield info("sage_unique", **values)


def triggers(demands: Demands) -> Iterator[Finding]:
    """Tell which triggers see what the relay writes."""
    names = ", ".join(trigger.name for trigger in demands.triggers if not trigger.is_instead)
    if names:
        yield info("sage_triggers", table=demands.name, triggers=names)


CHECKS = (
    demanded, numbered, unnamed, unchanging, filled, whole, narrow, collations, rules, triggers,
)  # fmt: skip


def _demands(place: Reached, profile: Profile, name: str, collation: str | None) -> Demands:
    """Read all that is known of a table.

    Raises:
        Refused: it is not there, or not as the profile says.
    """
    connection, survey = place.connection, place.survey
    table = sage_table(connection, profile, name)
    where = place_of(connection, profile, name)
    columns = survey.columns(connection, where)
    return Demands(
        name,
        table,
        {column.name.casefold(): column for column in columns},
        survey.rules(connection, where),
        survey.rivals(connection, where),
        _given(profile, name),
        collation,
        frozenset(tag for tag, amount in profile.amounts.get(name, {}).items() if amount.minor),
    )


def _given(profile: Profile, name: str) -> frozenset[str]:
    """Return the columns for which the profile itself says where their values come from."""
    parts = (profile.constants, profile.keys, profile.only)
    columns = (column for part in parts for column in part.get(name, {}))
    return frozenset(column.casefold() for column in columns)


def _named_in(condition: str, demands: Demands) -> tuple[str, ...]:
    """Return the mapped columns of which a condition speaks."""
    words = condition.casefold().replace("[", " ").replace("]", " ")
    for sign in '()"=<>,+-*/':
        words = words.replace(sign, " ")
    said = set(words.split())
    return tuple(facts.name for _, facts in demands.mapped() if facts.name.casefold() in said)
