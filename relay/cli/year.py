"""Knows the command `year add`: a new fiscal year from the configuration to the first addresses."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from getpass import getuser
from pathlib import Path
from typing import Any

import click

from relay.admin.read_only import looking
from relay.admin.recovery import Pair, beside_relay
from relay.admin.repair import Operator as Person
from relay.base.errors import Refused
from relay.base.system import why
from relay.base.texts import of_error
from relay.cli.backfill import queue_addresses
from relay.cli.doctor import doctor
from relay.cli.frame import Group, Operator, described, operator
from relay.cli.recovery import confirm, yes
from relay.cli.repair import reason
from relay.cli.words import DAY
from relay.cobra.identity import place_name
from relay.database import schema
from relay.database.connecting import explained
from relay.database.engines import year_engines
from relay.settings import Settings, Year, read_settings
from relay.settings.toml_file import with_year

COPIED = ("year_copied", "wrong_installation")
"""A database that was copied from another year's, with the ledger and the links in it."""


@click.group(cls=Group, help=described("year"))
def year() -> None:
    """Group the commands."""


@year.command("add", help=described("year_add"))
@click.argument("name")
@click.option("--url", help=described("year_url"))
@click.option("--mandant", help=described("year_mandant"))
@click.option("--first-day", type=DAY, help=described("year_first_day"))
@click.option("--last-day", type=DAY, help=described("year_last_day"))
@yes
@reason
@click.pass_context
@operator
def add(  # noqa: PLR0913, PLR0917 - what a year is
    who: Operator,
    ctx: click.Context,
    name: str,
    url: str | None,
    mandant: str | None,
    first_day: datetime | None,
    last_day: datetime | None,
    reason: str,
    *,
    yes: bool,
) -> None:
    """Configure, migrate, shake hands, queue the addresses, examine; each step may be repeated."""
    if _configured(who.settings, name) is None:
        days = [day.date() if day is not None else None for day in (first_day, last_day)]
        text, settings = _with(who, _told(who.settings, name, mandant, days, url))
    else:
        text, settings = None, who.settings
    new = _configured(settings, name)
    if new is None:
        raise AssertionError(name)
    told = {"mandant": new.mandant, "first": new.first_day, "last": new.last_day}
    place = place_name((settings.year_url(new).host or "", settings.year_url(new).database or ""))
    who.say("year_planned", year=name, place=place, **told)
    confirm(who, who.text("year_ask", year=name), yes=yes)
    _migrate(who, settings, name)
    was_copied = _shake_hands(who, settings, name, reason, yes=yes)
    if text is not None:
        _save(who, text)
    before = settings.sage.before(new)
    if before is not None and not was_copied:
        queue_addresses(who, reason, before.name)
    who.say("year_restart", year=name)
    ctx.invoke(doctor, as_json=False)


def _configured(settings: Settings, name: str) -> Year | None:
    return next((year for year in settings.sage.year if year.name == name), None)


def _told(
    settings: Settings,
    name: str,
    mandant: str | None,
    days: list[date | None],
    url: str | None,
) -> Mapping[str, Any]:
    """Return the year's section; what was not said follows from the mandant's latest year.

    Raises:
        Refused: `year_mandant_needed`, `year_url_needed`.
    """
    mandants = sorted({year.mandant for year in settings.sage.year})
    if mandant is None and len(mandants) > 1:
        raise Refused("year_mandant_needed", known=", ".join(mandants))
    mandant = mandant or mandants[0]
    latest = next((y for y in reversed(settings.sage.year) if y.mandant == mandant), None)
    first, last = days
    if first is None and latest is not None:
        first = latest.last_day + timedelta(days=1)
    if last is None and first is not None:
        last = _year_later(first) - timedelta(days=1)
    if url is None and latest is not None and latest.name in latest.url:
        url = latest.url.replace(latest.name, name)
    if url is None or first is None:
        raise Refused("year_url_needed", year=name)
    password = latest.password if latest is not None else None
    return {
        "name": name,
        "mandant": mandant,
        "first_day": first,
        "last_day": last,
        "url": url,
        "password": password and password.model_dump(mode="json", exclude_none=True),
    }


def _year_later(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)


def _with(who: Operator, told: Mapping[str, Any]) -> tuple[str, Settings]:
    """Return the new text of the configuration, and the settings that it makes.

    Raises:
        SettingsError: with everything that is wrong with the year.
    """
    try:
        text = with_year(who.config.read_text(encoding="utf-8-sig"), told)
        trial = who.config.with_name(f"{who.config.name}.new")
        _write_beside(trial, text, who.config)
    except OSError as error:
        raise Refused("cli_file_not_written", file=who.config, what=why(error)) from None
    try:
        return text, read_settings(trial)
    finally:
        trial.unlink()


def _migrate(who: Operator, settings: Settings, name: str) -> None:
    engine = year_engines(settings)[name]
    with explained(engine, f"Sage {name}"):
        with engine.connect() as connection:
            was = schema.current(connection, "target")
        schema.upgrade(engine, "target")
    who.say("cli_migrated", database=f"Sage {name}", was=was or "-", now=schema.head("target"))


def _shake_hands(who: Operator, settings: Settings, name: str, reason: str, *, yes: bool) -> bool:
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
    with beside_relay(Pair, settings) as recovery:
        done = recovery.pair_year(name, Person(getuser(), reason))
    who.say("cli_pair_done", what=name, place=done.place)
    who.say("cli_reconcile_done", records=done.records)
    return True


def _save(who: Operator, text: str) -> None:
    """Replace the configuration in one step; the old one stays beside it."""
    kept = who.config.with_name(f"{who.config.name}.bak")
    new = who.config.with_name(f"{who.config.name}.new")
    try:
        shutil.copy2(who.config, kept)
        _write_beside(new, text, who.config)
        if _owned_alike(new, who.config):
            new.replace(who.config)
        else:  # only an administrator may give a file to somebody: it stays whose it is
            who.config.write_text(text, encoding="utf-8")
            new.unlink()
    except OSError as error:
        raise Refused("cli_file_not_written", file=Path(new), what=why(error)) from None
    del who.settings  # to be read anew
    who.say("year_saved", file=who.config, kept=kept)


def _write_beside(new: Path, text: str, old: Path) -> None:
    """Write a file that nobody may read who may not read the old one."""
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text, encoding="utf-8")
    shutil.copymode(old, new)


def _owned_alike(new: Path, old: Path) -> bool:
    """Give a file to the old one's owner and group; whether it is theirs then."""
    was = old.stat()
    with suppress(OSError, AttributeError):  # AttributeError: on Windows
        os.chown(new, was.st_uid, was.st_gid)
    now = new.stat()
    return (now.st_uid, now.st_gid) == (was.st_uid, was.st_gid)
