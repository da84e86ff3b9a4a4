"""Knows how `relay.toml` is read: once, with everything that is wrong with it at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError
from pydantic_settings import SettingsError as SourceError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from relay.base.errors import SettingsError
from relay.base.files import why
from relay.settings.mistakes import (
    Keys,
    commented_out,
    homes_of,
    keys_at,
    lines_of,
    named,
    nearest,
    of_syntax,
)
from relay.settings.whole import ENVIRONMENT, Complaint, Settings


def read_settings(path: Path) -> Settings:
    """Read `relay.toml`.

    Relative paths, of SQLite files and of files with a password, count from the file's folder,
    so that the relay may be started anywhere.

    Raises:
        SettingsError: with every problem of the file at once, each with its key or line.
    """
    text = _text(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(path), [of_syntax(text, error)]) from None
    _anchor(content, path.resolve().parent)
    problems = list(_passwords(content))
    settings = None
    try:
        settings = Settings(**content)
    except ValidationError as error:
        problems += [_of_variable(each) or _problem(each, content, text) for each in error.errors()]
    except SourceError as error:  # a section in the environment that is not JSON
        raise SettingsError(str(path), [("", "config_environment", {"what": error})]) from None
    if problems or settings is None:
        raise SettingsError(str(path), _located(problems, text, content))
    return settings


def located(problems: Iterable[Complaint], path: Path) -> list[Complaint]:
    """Return problems of a file that TOML can read, each with its line."""
    text = _text(path)
    return _located(problems, text, tomllib.loads(text))


def _located(
    problems: Iterable[Complaint], text: str, content: Mapping[str, Any]
) -> list[Complaint]:
    """Add the line to each problem: of the setting, or of the section in which it is missing."""
    lines = lines_of(text, content)
    found = []
    for place, code, values in problems:
        here = place
        while here and here not in lines:
            here = here.rpartition(".")[0]
        found.append((place, code, values | {"at": lines[here]} if here else values))
    return sorted(found, key=lambda one: cast(int, one[2].get("at", 0)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(str(path), [("", "config_not_found", {"file": path})]) from None
    except OSError as error:
        values: dict[str, object] = {"file": path, "what": why(error)}
        raise SettingsError(str(path), [("", "config_not_read", values)]) from None
    except UnicodeDecodeError:
        raise SettingsError(str(path), [("", "config_not_utf8", {"file": path})]) from None


def _anchor(content: dict[str, Any], folder: Path) -> None:
    """Let relative paths of SQLite files, passwords and certificates count from the folder."""
    for name, key in (("mail", "ca_file"), ("page", "certificate"), ("page", "key")):
        section = content.get(name)
        if isinstance(section, dict) and isinstance(section.get(key), str):
            section[key] = str(folder / section[key])
    for _, section in _with_url_or_password(content):
        url = section.get("url")
        prefix = "sqlite:///"
        if isinstance(url, str) and url.startswith(prefix):
            section["url"] = prefix + str(folder / url.removeprefix(prefix))
        password = section.get("password")
        if isinstance(password, dict) and isinstance(password.get("file"), str):
            password["file"] = str(folder / password["file"])


def _with_url_or_password(content: dict[str, Any]) -> list[tuple[Keys, dict[str, Any]]]:
    sage = content.get("sage")
    years = sage.get("year") if isinstance(sage, dict) else None
    sections: list[tuple[Keys, Any]] = [(("cobra",), content.get("cobra"))]
    sections.append((("mail",), content.get("mail")))
    sections += [
        (("sage", "year", number), year)
        for number, year in enumerate(years if isinstance(years, list) else [])
    ]
    return [(place, section) for place, section in sections if isinstance(section, dict)]


def _passwords(content: dict[str, Any]) -> Iterator[Complaint]:
    """Refuse a password in a URL: the file is copied, mailed and kept, and is no place for one."""
    for place, section in _with_url_or_password(content):
        url = section.get("url")
        with suppress(ArgumentError, ValueError):  # no URL is told as that
            parsed = make_url(str(url))
            if _holds_password(parsed) and "@" not in (parsed.host or ""):
                yield named((*place, "url"), content), "config_password_in_url", {}


def _holds_password(url: URL) -> bool:
    return url.password is not None or any(k.casefold() in ("pwd", "password") for k in url.query)


def _of_variable(error: Any) -> Complaint | None:
    """Return the problem of an environment variable that goes before the file."""
    variable = f"{ENVIRONMENT}{'__'.join(map(str, error['loc']))}".upper()
    if variable not in map(str.upper, os.environ):
        return None
    return variable, f"config_{error['type']}", _values(error)


def _problem(error: Any, content: dict[str, Any], text: str) -> Complaint:
    loc, kind = error["loc"], error["type"]
    place = named(loc, content)
    if fallen := _fallen(loc, text):
        return place, "config_section_commented_out", fallen
    if kind == "missing" and (line := commented_out(text, loc)):
        return place, "config_commented_out", {"line": line}
    if kind == "extra_forbidden":
        return place, *_unknown(loc)
    if loc == ("sage", "year") and kind == "list_type":
        return place, "config_year_list", {}
    values = _values(error)
    near = kind == "unknown_field" and nearest(values["name"], str(values["known"]).split(", "))
    if near:
        return place, "config_unknown_field_near", values | {"near": near}
    return place, f"config_{kind}", values


def _fallen(loc: Keys, text: str) -> dict[str, object] | None:
    """Tell whose key this is, if its section's beginning is a comment: it fell into the one above.

    Returns section and line, or None.
    """
    for home in homes_of(Settings, str(loc[-1]) if loc else ""):
        line = commented_out(text, home.split(".")) if home else None
        if line is not None and list(loc[:-1]) != home.split("."):
            return {"section": home, "line": line}
    return None


def _values(error: Any) -> dict[str, Any]:
    values = {"what": error["msg"]} | dict(error.get("ctx") or {})
    if error["type"] == "literal_error":
        values["expected"] = values["expected"].replace(" or ", ", ")  # in any language
    return values


def _unknown(loc: Keys) -> tuple[str, dict[str, object]]:
    key = str(loc[-1])
    if near := nearest(key, keys_at(Settings, loc[:-1])):
        return "config_extra_near", {"near": near}
    if homes := [home for home in homes_of(Settings, key) if home]:
        return "config_extra_elsewhere", {"sections": ", ".join(f"[{home}]" for home in homes)}
    return "config_extra_forbidden", {}
