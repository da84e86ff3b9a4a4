"""Knows the command `year add`: a new fiscal year from the configuration to the first addresses."""

from __future__ import annotations

from datetime import datetime

import click

from relay.admin.new_year import NewYear, save, section_of, with_section
from relay.admin.read_only import looking
from relay.admin.recovery.opened import beside_relay
from relay.admin.recovery.pair import Pairing
from relay.base.texts import of_error
from relay.base.values import Person
from relay.cli.backfill import queue_addresses
from relay.cli.databases import upgrade
from relay.cli.doctor import doctor
from relay.cli.frame import Caller, Group, command, described
from relay.cli.options import reason, yes
from relay.cli.recovery import confirm
from relay.cli.words import DAY
from relay.cobra.identity import place_name
from relay.database.connecting import year_engine
from relay.settings import Settings

COPIED = ("year_copied", "wrong_installation")
"""A database that was copied from another year's, with the ledger and the links in it."""


@click.group(cls=Group, help=described("year"))
def year() -> None:
    """Group the commands."""


@command("add", year)
@click.argument("name")
@click.option("--url", help=described("year_url"))
@click.option("--mandant", help=described("year_mandant"))
@click.option("--first-day", type=DAY, help=described("year_first_day"))
@click.option("--last-day", type=DAY, help=described("year_last_day"))
@yes
@reason
@click.pass_context
def add(
    ctx: click.Context,
    who: Caller,
    name: str,
    url: str | None,
    mandant: str | None,
    first_day: datetime | None,
    last_day: datetime | None,
    person: Person,
    *,
    yes: bool,
) -> None:
    """Configure, migrate, shake hands, queue the addresses, examine; each step may be repeated."""
    if who.settings.sage.named(name) is None:
        first, last = first_day and first_day.date(), last_day and last_day.date()
        wanted = NewYear(name, mandant, first, last, url)
        text, settings = with_section(who.config, section_of(wanted, who.settings))
    else:
        text, settings = None, who.settings
    new = settings.sage.named(name)
    if new is None:
        raise AssertionError(name)
    values = {"mandant": new.mandant, "first": new.first_day, "last": new.last_day}
    place = place_name((settings.year_url(new).host or "", settings.year_url(new).database or ""))
    who.say("year_planned", year=name, place=place, **values)
    confirm(who, who.text("year_ask", year=name), yes=yes)
    upgrade(who, year_engine(settings, new), "target", f"Sage {name}")
    was_copied = _shake_hands(who, settings, name, person, yes=yes)
    if text is not None:
        kept = save(who.config, text)
        del who.settings  # to be read anew
        who.say("year_saved", file=who.config, kept=kept)
    before = settings.sage.before(new)
    if before is not None and not was_copied:
        queue_addresses(who, person, before.name)
    who.say("year_restart", year=name)
    ctx.invoke(doctor, as_json=False)


def _shake_hands(who: Caller, settings: Settings, name: str, person: Person, *, yes: bool) -> bool:
    """Find out whether the year is new, or a copy; a copy is paired if the person says so.

    Raises:
        Refused: what the relay would refuse, and pairing does not end.
    """
    with looking(settings) as looked:
        refusal = looked.years.missed.get(name)
    if refusal is None:
        return False
    if refusal.code not in COPIED:
        raise refusal
    if refusal.code == "year_copied":
        who.say("year_is_a_copy", year=name, other=refusal.values["other"])
    else:
        who.put(of_error(refusal, who.language))
    confirm(who, who.text("cli_pair_year_ask", year=name), yes=yes)
    with beside_relay(Pairing, settings) as recovery:
        done = recovery.pair_year(name, person)
    who.say("cli_pair_done", what=name, place=done.place)
    who.say("cli_reconcile_done", records=done.records)
    return True
