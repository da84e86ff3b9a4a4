"""Knows how `relay.toml` names a database, and where its password is kept: never in the file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from relay.base.errors import SettingsError
from relay.base.files import why
from relay.settings.section import Section

DRIVERS = ("mssql+pyodbc", "mssql", "sqlite", "sqlite+pysqlite")
"""How a URL that the relay can use begins."""


def _database_url(value: str) -> str:
    """Refuse what is no URL; the message never shows it, since it may hold a password."""
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):  # the latter: what stands for the port is no number
        raise PydanticCustomError("url", "not a database URL") from None
    if "@" in (url.host or ""):  # a password with an unwritten %40: its rest would pass for a host
        raise PydanticCustomError("url", "not a database URL")
    if url.drivername not in DRIVERS:
        raise PydanticCustomError("dialect", "unknown", {"name": url.drivername})
    if any(
        name.casefold() == "applicationintent" and "readonly" in str(given).casefold()
        for name, given in url.query.items()
    ):
        raise PydanticCustomError("reads_only", "ApplicationIntent=ReadOnly")
    return value


DatabaseUrl = Annotated[str, AfterValidator(_database_url), Field(repr=False)]


class Password(Section):
    """Where a password is kept; never in the file itself. Exactly one of the three."""

    env: str | None = Field(default=None, pattern=r"^[\w()]+$")
    file: Path | None = None
    keyring: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _not_the_password_itself(cls, value: object) -> object:
        if isinstance(value, str):
            raise PydanticCustomError("password_itself", "a password does not stand here")
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(v is not None for v in (self.env, self.file, self.keyring)) != 1:
            raise PydanticCustomError("password_source", "exactly one of env, file, keyring")
        return self

    def read(self, user: str, key: str) -> str:
        """Return the password, or raise `SettingsError` that names the place it was looked for."""
        if self.env is not None and self.env in os.environ:
            return os.environ[self.env]
        if self.file is not None and self.file.is_file():
            return _from_file(self.file, key)
        if self.keyring is not None:
            found = _from_keyring(self.keyring, user, key)
            if found is not None:
                return found
        place = self.env or self.file or self.keyring
        raise SettingsError(key, [(key, "config_password", {"place": place, "user": user})])


def _from_file(file: Path, key: str) -> str:
    try:
        return file.read_text(encoding="utf-8-sig").rstrip("\r\n")
    except OSError as error:
        values: dict[str, object] = {"file": file, "what": why(error)}
        raise SettingsError(key, [(key, "config_not_read", values)]) from None
    except UnicodeDecodeError:
        raise SettingsError(key, [(key, "config_not_utf8", {"file": file})]) from None


def _from_keyring(service: str, user: str, key: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise SettingsError(key, [(key, "config_keyring_missing", {})]) from None
    try:
        return keyring.get_password(service, user)
    except KeyringError as error:
        values: dict[str, object] = {"what": error}
        raise SettingsError(key, [(key, "config_keyring_failed", values)]) from None
