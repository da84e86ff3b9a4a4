"""Knows how a new fiscal year comes into `relay.toml`: its section, tried before it is saved.

All comments are left as a person wrote them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT

from relay.base.errors import Refused
from relay.base.files import why
from relay.settings import Settings, read_settings


@dataclass(frozen=True, slots=True)
class NewYear:
    """What was said of a new year; the rest follows from the mandant's latest one."""

    name: str
    mandant: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    url: str | None = None


def section_of(new: NewYear, settings: Settings) -> Mapping[str, Any]:
    """Return the year's section.

    Raises:
        Refused: `year_mandant_needed`, `year_url_needed`.
    """
    mandant = new.mandant or _only_mandant(settings)
    latest = next((y for y in reversed(settings.sage.year) if y.mandant == mandant), None)
    first, last, url = new.first_day, new.last_day, new.url
    if latest is not None:
        first = first or latest.last_day + timedelta(days=1)
        if url is None and latest.name in latest.url:
            url = latest.url.replace(latest.name, new.name)
    if url is None or first is None:
        raise Refused("year_url_needed", year=new.name)
    password = latest.password if latest is not None else None
    return {
        "name": new.name,
        "mandant": mandant,
        "first_day": first,
        "last_day": last or _year_later(first) - timedelta(days=1),
        "url": url,
        "password": password and password.model_dump(mode="json", exclude_none=True),
    }


def _only_mandant(settings: Settings) -> str:
    mandants = settings.sage.mandants
    if len(mandants) > 1:
        raise Refused("year_mandant_needed", known=", ".join(mandants))
    return mandants[0]


def _year_later(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)


def with_section(config: Path, section: Mapping[str, Any]) -> tuple[str, Settings]:
    """Return the new text of the configuration, and the settings that it makes.

    Raises:
        SettingsError: with everything that is wrong with the year.
        Refused: `cli_file_not_written`.
    """
    trial = config.with_name(f"{config.name}.new")
    try:
        text = with_year(config.read_text(encoding="utf-8-sig"), section)
        _write_beside(trial, text, config)
    except OSError as error:
        raise Refused("cli_file_not_written", file=config, what=why(error)) from None
    try:
        return text, read_settings(trial)
    finally:
        trial.unlink()


def save(config: Path, text: str) -> Path:
    """Replace the configuration in one step; the old one stays beside it, where is returned.

    Raises:
        Refused: `cli_file_not_written`.
    """
    kept = config.with_name(f"{config.name}.bak")
    new = config.with_name(f"{config.name}.new")
    try:
        shutil.copy2(config, kept)
        _write_beside(new, text, config)
        if _owned_alike(new, config):
            new.replace(config)
        else:  # only an administrator may give a file to somebody: it stays whose it is
            config.write_text(text, encoding="utf-8")
            new.unlink()
    except OSError as error:
        raise Refused("cli_file_not_written", file=new, what=why(error)) from None
    return kept


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


def with_year(text: str, values: Mapping[str, Any]) -> str:
    """Return the text of a configuration with one more `[[sage.year]]` after the others.

    A key that is None is left out; a dictionary becomes an inline table, as for a password.
    """
    document = tomlkit.parse(text)
    years: Any = document["sage"]["year"]
    entry: Any = tomlkit.table() if isinstance(years, AoT) else tomlkit.inline_table()
    for name, value in values.items():
        if isinstance(value, Mapping):
            inner = tomlkit.inline_table()
            inner.update(value)
            entry[name] = inner
        elif value is not None:
            entry[name] = value
    if isinstance(years, AoT):
        entry.trivia.indent = "\n"
    years.append(entry)
    return tomlkit.dumps(document)
