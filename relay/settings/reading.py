"""Knows how `relay.toml` is read: once, with everything that is wrong with it at once."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError as SourceError

from relay.base.errors import SettingsError
from relay.base.system import why
from relay.settings.whole import ENVIRONMENT, Problem, Settings


def read_settings(path: Path) -> Settings:
    """Read `relay.toml`.

    Relative paths, of SQLite files and of files with a password, count from the file's folder,
    so that the relay may be started anywhere.

    Raises:
        SettingsError: with every problem of the file at once, each with its key or line.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(str(path), [("", "config_not_found", {"file": path})]) from None
    except OSError as error:
        told_by_system: dict[str, object] = {"file": path, "what": why(error)}
        raise SettingsError(str(path), [("", "config_not_read", told_by_system)]) from None
    except UnicodeDecodeError:
        raise SettingsError(str(path), [("", "config_not_utf8", {"file": path})]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(path), [("", "config_syntax", {"what": error})]) from None
    _anchor(told, path.resolve().parent)
    try:
        return Settings(**told)
    except ValidationError as error:
        raise SettingsError(str(path), [_problem(e) for e in error.errors()]) from None
    except SourceError as error:  # a section in the environment that is not JSON
        raise SettingsError(str(path), [("", "config_environment", {"what": error})]) from None


def _anchor(told: dict[str, Any], folder: Path) -> None:
    sage = told.get("sage")
    years = sage.get("year") if isinstance(sage, dict) else None
    mail = told.get("mail")
    if isinstance(mail, dict) and isinstance(mail.get("ca_file"), str):
        mail["ca_file"] = str(folder / mail["ca_file"])
    sections = [told.get("cobra"), mail, *(years if isinstance(years, list) else [])]
    for section in sections:
        url = section.get("url") if isinstance(section, dict) else None
        prefix = "sqlite:///"
        if isinstance(url, str) and url.startswith(prefix):
            section["url"] = prefix + str(folder / url.removeprefix(prefix))
        password = section.get("password") if isinstance(section, dict) else None
        if isinstance(password, dict) and isinstance(password.get("file"), str):
            password["file"] = str(folder / password["file"])


def _problem(error: Any) -> Problem:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    variable = f"{ENVIRONMENT}{'__'.join(map(str, error['loc']))}".upper()
    if variable in map(str.upper, os.environ):
        place = variable
    values: dict[str, object] = {"what": error["msg"]} | dict(error.get("ctx") or {})
    return place, f"config_{error['type']}", values
