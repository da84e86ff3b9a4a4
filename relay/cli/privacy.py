"""Knows the commands `privacy show | erase`: what is kept of a person, and its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import groupby

import click

from relay.admin.privacy.erasing import Erasure, require_erasable
from relay.admin.privacy.shown import COBRA, KeptRow, kept_of
from relay.admin.privacy.subject import find_subject
from relay.admin.read_only import looking
from relay.admin.recovery.opened import instead_of_relay
from relay.base import texts
from relay.base.values import Person
from relay.cli.frame import Caller, Group, command, described
from relay.cli.options import as_json, reason, yes
from relay.cli.recovery import confirm
from relay.sage.forgetting import Forgotten


@click.group(cls=Group, help=described("privacy"))
def privacy() -> None:
    """Group the commands."""


_BECAME = {
    Forgotten.UNKNOWN: "privacy_unknown",
    Forgotten.LOCKED: "privacy_locked_in_sage",
    Forgotten.EMPTIED: "privacy_emptied",
}
_address = click.option("--address", required=True, help=described("privacy_address"))


@command("show", privacy)
@_address
@as_json
@click.option("--letter", is_flag=True, help=described("privacy_letter"))
def show(who: Caller, address: str, *, as_json: bool, letter: bool) -> None:
    """Look into cobra and each Sage year; nothing is written."""
    settings = who.settings
    with looking(settings, tables=()) as looked:
        subject = find_subject(looked, settings, address)
        kept = list(kept_of(looked, settings, subject))
    if as_json:
        who.put_json([asdict(one) for one in kept])
    elif letter:
        for line in _letter(who, subject.key, kept):
            who.put(line)
    else:
        _put(who, kept)


def _put(who: Caller, kept: Sequence[KeptRow]) -> None:
    table = who.table("head_place", "head_table", "head_kept")
    for one in kept:
        name = f"Sage: {one.table}" if one.is_sages else f"relay.{one.table}"
        table.add_row(one.place, name, _in_words(who, one))
    who.put_table(table)


def _in_words(who: Caller, one: KeptRow) -> str:
    shown = (f"{name} = {texts.shown(value, who.language)}" for name, value in one.values.items())
    return ", ".join(shown)


def _letter(who: Caller, key: str, kept: Sequence[KeptRow]) -> Iterator[str]:
    """Yield what can stand in a letter to the person: what, where, and why it is kept."""
    today = datetime.now().astimezone().date()
    yield from (who.text("letter_head", key=key, day=today), "")
    for place, of_place in groupby(kept, key=lambda one: one.place):
        rows = list(of_place)
        yield who.text("letter_cobra") if place == COBRA else who.text("letter_sage", year=place)
        for name, some in groupby(rows, key=lambda one: (one.is_sages, one.table)):
            yield from _of_table(who, name[1], list(some), is_sages=name[0])
        yield ""
    yield who.text("letter_end")


def _of_table(who: Caller, table: str, rows: Sequence[KeptRow], *, is_sages: bool) -> Iterator[str]:
    what = who.text(f"{'sages' if is_sages else 'own'}_{table.lower()}")
    yield f"- {what} ({len(rows)})"
    for row in rows:
        yield f"    {_in_words(who, row)}"


@command("erase", privacy)
@_address
@reason
@yes
def erase(who: Caller, address: str, person: Person, *, yes: bool) -> None:
    """Ask, then erase while no relay runs, and say what became of it in each place."""
    settings = who.settings
    with looking(settings, tables=()) as looked:
        subject = find_subject(looked, settings, address)
        require_erasable(looked, settings, subject)
    confirm(who, who.text("privacy_ask", key=subject.key, count=len(subject.invoices)), yes=yes)
    with instead_of_relay(Erasure, settings) as erasure:
        today = datetime.now().astimezone().date()
        done = erasure.erase(subject, person, who.text("privacy_marker"), today)
    who.say("privacy_erased", rows=sum(done.rows.values()))
    for year, what in done.years.items():
        who.say(_BECAME[what], year=year)
