"""Knows the commands by which a person decides: list, release, skip, resend, pause, resume."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click

from relay.admin import status as inquiry
from relay.admin.naming import full_names, names_of
from relay.admin.repair import ALL_YEARS, Repair, repairing
from relay.admin.selection import EntrySelection, OpenEntry, open_entries
from relay.base import texts
from relay.base.errors import Refused, WrongCall
from relay.base.values import OPEN, Person, RecordId
from relay.cli.frame import NAMED, Caller, command, described, few
from relay.cli.options import SheetFile, as_json, everything, in_a_file, reason
from relay.cli.words import TIME, StatusName
from relay.database.connecting import cobra_engine

_HEADS = {
    "id": "head_entry", "record": "head_record", "name": "head_name", "status": "head_status",
    "since": "head_since", "by": "head_by", "code": "head_code", "what": "head_text",
}  # fmt: skip
"""What a line of a file tells, to the head of its column."""
F = TypeVar("F", bound=Callable[..., Any])
SHOWN = 200


def _chosen(command: F) -> F:
    """Add the options that choose entries; given together they all must hold."""
    for option in (
        click.option("--until", type=TIME, help=described("until")),
        click.option("--since", type=TIME, help=described("since")),
        click.option("--code", help=described("code")),
        click.option("--key", "keys", multiple=True, help=described("key")),
        click.argument("entries", nargs=-1, type=click.IntRange(min=1)),
    ):
        command = option(command)
    return command


@command("list")
@click.option("--status", type=StatusName([str(s) for s in OPEN]), help=described("status_only"))
@_chosen
@in_a_file
@as_json
def list_open(
    who: Caller, /, status: str | None, sheet: SheetFile | None, *, as_json: bool, **chosen: Any
) -> None:
    """List open records, oldest first: the newest entry, and how many older ones go with it."""
    limit = SHOWN if sheet is None else None
    with inquiry.asking(cobra_engine(who.settings)) as connection:
        found = open_entries(connection, _selection(chosen), status, limit)
        records = [RecordId(entry.entity, entry.key) for entry in found]
        names = {} if as_json else names_of(connection, who.settings, records)
    if as_json:
        who.put_json(found)
        return
    if sheet is not None:
        count = sheet.put(who, _HEADS, _in_words(who, found, names))
        who.say("cli_sheet_written", file=sheet.path, lines=count)
        return
    if not found:
        restricted = status is not None or _selection(chosen) != EntrySelection()
        who.say("cli_nothing_open_chosen" if restricted else "cli_nothing_open")
        return
    table = who.table("head_entry", "head_record", "head_status", "head_since", "head_text")
    for (entity, key), of_record in _by_record(found).items():
        newest = of_record[-1]
        number = f"{newest.id}" + (f" (+{len(of_record) - 1})" if len(of_record) > 1 else "")
        shown = texts.status(newest.status, who.language)
        since = who.local(of_record[0].created_at)
        record = RecordId(entity, key)
        called = texts.record_called(record, who.language, names.get(record))
        what = _what(newest, texts.record_name(record, who.language, names.get(record)))
        table.add_row(number, called, shown, since, what)
    who.put_table(table)
    if len(found) == SHOWN:
        who.say("cli_more", shown=SHOWN)


def _in_words(
    who: Caller, found: Sequence[OpenEntry], names: Mapping[RecordId, str]
) -> Iterator[dict[str, Any]]:
    """Return the lines of a file: one for each open entry."""
    for entry in found:
        record = RecordId(entry.entity, entry.key)
        name = texts.record_name(record, who.language, names.get(record))
        yield {
            "id": entry.id, "record": texts.record_name(record, who.language),
            "name": names.get(record), "status": texts.status(entry.status, who.language),
            "since": entry.created_at, "by": entry.created_by, "code": entry.code,
            "what": _what(entry, name),
        }  # fmt: skip


def _what(entry: OpenEntry, name: str) -> str:
    """Return what is the matter, without the record's name: it stands beside."""
    return (entry.text or "").removeprefix(f"{name}: ")


def _by_record(entries: Sequence[OpenEntry]) -> dict[tuple[str, str], list[OpenEntry]]:
    """Group entries by record: the newest one is enough to act on all of them."""
    grouped: dict[tuple[str, str], list[OpenEntry]] = {}
    for entry in entries:
        grouped.setdefault((entry.entity, entry.key), []).append(entry)
    return grouped


def _action(name: str, act: Callable[[Repair, EntrySelection], list[RecordId]]) -> click.Command:
    """Return a command that does something to chosen entries, with a reason."""

    @command(name)
    @_chosen
    @everything
    @reason
    def action(who: Caller, /, person: Person, *, everything: bool, **chosen: Any) -> None:
        selection = _selection(chosen)
        if selection == EntrySelection() and not everything:
            raise WrongCall("cli_nothing_chosen", command=name)
        with repairing(cobra_engine(who.settings), person) as repair:
            records = act(repair, selection)
        if not records:
            raise Refused("cli_nothing_found", command=name)
        with inquiry.asking(cobra_engine(who.settings)) as connection:
            some = full_names(connection, who.settings, records[:NAMED], who.language)
        names = few(some.values(), len(records))
        who.say(f"cli_{name}_done", records=len(records), names=names)

    return action


release = _action("release", Repair.release)
skip = _action("skip", Repair.skip)
resend = _action("resend", Repair.resend)


def _on_year(name: str, act: Callable[[Repair, str], None]) -> click.Command:
    """Return a command that does something to a year, or to all of them, with a reason."""

    @command(name)
    @click.argument("year", required=False)
    @everything
    @reason
    def action(who: Caller, year: str | None, person: Person, *, everything: bool) -> None:
        scope = _scope(who, year, everything=everything)
        with repairing(cobra_engine(who.settings), person) as repair:
            act(repair, scope)
        named = who.text("cli_scope_all") if scope == ALL_YEARS else scope
        who.say(f"cli_{name}_done", scope=named)

    return action


pause = _on_year("pause", Repair.pause)
resume = _on_year("resume", Repair.resume)


def _scope(who: Caller, year: str | None, *, everything: bool) -> str:
    known = who.settings.sage.names
    if everything == (year is not None):
        raise WrongCall("cli_year_or_all", known=", ".join(known))
    if year is not None and year not in known:
        raise Refused("cli_year_unknown", year=year, known=", ".join(known))
    return year or ALL_YEARS


def _selection(chosen: dict[str, Any]) -> EntrySelection:
    return EntrySelection(
        entries=tuple(chosen["entries"]),
        keys=tuple(chosen["keys"]),
        code=chosen["code"],
        since=_aware(chosen["since"]),
        until=_aware(chosen["until"]),
    )


def _aware(time: datetime | None) -> datetime | None:
    return None if time is None else time.astimezone()  # as the operator's clock shows it
