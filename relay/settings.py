"""Knows the configuration: what `relay.toml` may say, and everything that is wrong with it at once.

Read once, by the command line. Environment variables override: `RELAY_RELAY__POLL_MS=100`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveInt,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as SourceError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from relay.errors import SettingsError

ADDRESS_FIELDS = frozenset(
    [
        "sage_address_number",
        "debtor_number",
        "salutation",
        "title",
        "firm",
        "firm2",
        "department",
        "last_name",
        "first_name",
        "street",
        "house_number",
        "po_box",
        "zip",
        "city",
        "country",
        "language",
        "phone",
        "private_phone",
        "mobile",
        "fax",
        "email",
        "terms",
        "match_code",
        "address_type",
        "uid_number",
    ]
)
"""Our names for the fields of an address."""


def _database_url(value: str) -> str:
    try:
        make_url(value)
    except ArgumentError:
        raise PydanticCustomError("url", "not a database URL") from None
    return value


DatabaseUrl = Annotated[str, AfterValidator(_database_url)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Password(_Section):
    """Where a password is kept; never in the file itself. Exactly one of the three."""

    env: str | None = None
    file: Path | None = None
    keyring: str | None = None

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
            return self.file.read_text(encoding="utf-8").rstrip("\r\n")
        if self.keyring is not None:
            found = _from_keyring(self.keyring, user, key)
            if found is not None:
                return found
        place = self.env or self.file or self.keyring
        raise SettingsError(key, [(key, "config_password", {"place": place, "user": user})])


def _from_keyring(service: str, user: str, key: str) -> str | None:
    try:
        import keyring
    except ImportError:
        raise SettingsError(key, [(key, "config_keyring_missing", {})]) from None
    return keyring.get_password(service, user)


class Condition(_Section):
    """A column that says yes or no: `{ column = "DELETED0", is = 1 }` or `is = "not null"`."""

    column: str
    is_: int | str = Field(alias="is")

    def holds(self, value: object) -> bool:
        """Tell whether `value`, read from the column, fulfils the condition."""
        if self.is_ == "null":
            return value is None
        if self.is_ == "not null":
            return value is not None
        if isinstance(self.is_, int):
            return value is not None and str(int(value) if isinstance(value, bool) else value) == (
                str(self.is_)
            )
        return isinstance(value, str) and value.strip() == self.is_


class Selection(_Section):
    """Which addresses go over when no invoice decides: a field whose value is in a list."""

    field: str
    in_: list[str] = Field(alias="in", min_length=1)


class Address(_Section):
    """`[cobra.address]`: the captured table of addresses and what its columns mean."""

    table: str
    schema_name: str | None = Field(default=None, alias="schema")
    key: str
    parent: str | None = None
    debtor: Literal["main", "self"] = "main"
    required: list[str] = ["firm|last_name", "zip", "city"]
    selection: Selection | None = None
    deleted: Condition | None = None
    on_delete: Literal["keep", "lock", "hold"] = "keep"
    changed_by: str | None = None
    fields: dict[str, str]

    @field_validator("fields")
    @classmethod
    def _known(cls, fields: dict[str, str]) -> dict[str, str]:
        for name in fields:
            if name not in ADDRESS_FIELDS:
                known = ", ".join(sorted(ADDRESS_FIELDS))
                raise PydanticCustomError(
                    "unknown_field", "unknown field {name}", {"name": name, "known": known}
                )
        if "sage_address_number" not in fields:
            raise PydanticCustomError("number_not_mapped", "sage_address_number is not mapped")
        return fields

    @model_validator(mode="after")
    def _refers_to_mapped(self) -> Self:
        wanted = {name for rule in self.required for name in rule.split("|")}
        if self.selection is not None:
            wanted.add(self.selection.field)
        missing = sorted(wanted - set(self.fields))
        if missing:
            raise PydanticCustomError(
                "field_not_mapped", "not mapped: {names}", {"names": ", ".join(missing)}
            )
        return self

    def captured(self) -> dict[str, str]:
        """Return every mapped column: our name for it, to cobra's column (design: Capture)."""
        columns = dict(self.fields) | {"key": self.key}
        if self.parent is not None:
            columns["parent"] = self.parent
        if self.deleted is not None:
            columns["deleted"] = self.deleted.column
        return columns


class Cobra(_Section):
    """`[cobra]`: the database that is captured."""

    url: DatabaseUrl
    password: Password | None = None
    address: Address


class Timing(_Section):
    """`[relay]`: how the relay polls and writes."""

    poll_ms: PositiveInt = 50
    batch_size: int = Field(default=500, ge=1, le=1000)
    lock_timeout_ms: PositiveInt = 200
    recheck_seconds: PositiveInt = 300
    trigger_check_seconds: PositiveInt = 300


class Retention(_Section):
    """`[retention]`: days that finished entries and ledger rows are kept."""

    outbox: PositiveInt = 90
    not_for_sage: PositiveInt = 3
    ledger: PositiveInt = 400

    @model_validator(mode="after")
    def _ledger_outlives_outbox(self) -> Self:
        if self.ledger < self.outbox:
            raise PydanticCustomError("ledger_too_short", "ledger must not be shorter than outbox")
        return self


class Profile(_Section):
    """`[sage.profile]`: renames of the reference schema; an empty name means: not there."""

    tables: dict[str, str] = {}
    columns: dict[str, dict[str, str]] = {}


class Year(_Section):
    """`[[sage.year]]`: one fiscal year of one mandant, with its own Sage database."""

    name: str = Field(min_length=1, max_length=50, pattern=r"^[^\s,;*]+$")
    mandant: str = Field(min_length=1, max_length=50)
    first_day: date
    last_day: date
    url: DatabaseUrl
    password: Password | None = None

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.last_day < self.first_day:
            raise PydanticCustomError("year_backwards", "last_day is before first_day")
        return self


class Sage(_Section):
    """`[sage]`: the databases that are written, one for each fiscal year of a mandant."""

    mode: Literal["addresses", "invoices"] = "addresses"
    profile: Profile = Profile()
    year: list[Year] = Field(min_length=1)

    @field_validator("year")
    @classmethod
    def _distinct(cls, years: list[Year]) -> list[Year]:
        names = [y.name.casefold() for y in years]
        double = sorted({y.name for y in years if names.count(y.name.casefold()) > 1})
        if double:
            raise PydanticCustomError("year_twice", "twice: {names}", {"names": ", ".join(double)})
        ordered = sorted(years, key=lambda y: (y.mandant, y.first_day))
        for one, next_one in itertools.pairwise(ordered):
            if one.mandant == next_one.mandant and next_one.first_day <= one.last_day:
                raise PydanticCustomError(
                    "year_overlap", "overlap", {"one": one.name, "other": next_one.name}
                )
        return ordered

    def before(self, year: Year) -> Year | None:
        """Return the same mandant's preceding year, or None."""
        earlier = [
            y for y in self.year if y.mandant == year.mandant and y.last_day < year.first_day
        ]
        return earlier[-1] if earlier else None


class Settings(BaseSettings):
    """All of `relay.toml`."""

    model_config = SettingsConfigDict(
        env_prefix="RELAY_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    language: Literal["de", "en"] = "de"
    relay: Timing = Timing()
    retention: Retention = Retention()
    cobra: Cobra
    map: dict[str, dict[str, str]] = {}
    sage: Sage

    @model_validator(mode="after")
    def _selection_for_addresses(self) -> Self:
        if self.sage.mode == "addresses" and self.cobra.address.selection is None:
            raise PydanticCustomError("selection_missing", "mode addresses needs a selection")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment override the file, whose content comes as init arguments."""
        return env_settings, init_settings

    def fingerprint(self) -> str:
        """Return a hash of mapping and years: two relays with the same one may stand by.

        Passwords and timing do not count; the environment of a standby may differ in them.
        """
        years = [
            (y.name, y.mandant, str(y.first_day), str(y.last_day), _place(y.url))
            for y in self.sage.year
        ]
        told = {
            "cobra": _place(self.cobra.url),
            "address": self.cobra.address.model_dump(mode="json"),
            "map": self.map,
            "mode": self.sage.mode,
            "profile": self.sage.profile.model_dump(mode="json"),
            "years": years,
        }
        text = json.dumps(told, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def cobra_url(self) -> URL:
        """Return cobra's URL with its password filled in."""
        return _with_password(self.cobra.url, self.cobra.password, "cobra.password")

    def year_url(self, year: Year) -> URL:
        """Return a year's URL with its password filled in."""
        return _with_password(year.url, year.password, f"sage.year.{year.name}.password")


def _place(url: str) -> str:
    parsed = make_url(url)
    return f"{parsed.drivername}://{parsed.host}/{parsed.database}"


def _with_password(url: str, password: Password | None, key: str) -> URL:
    parsed = make_url(url)
    if password is None:
        return parsed
    return parsed.set(password=password.read(parsed.username or "", key))


def read_settings(path: Path) -> Settings:
    """Read `relay.toml`.

    Relative SQLite paths count from the file's folder, so that the relay may be started anywhere.

    Raises:
        SettingsError: with every problem of the file at once, each with its key or line.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(str(path), [("", "config_not_found", {"file": path})]) from None
    except OSError as error:
        told_by_system: dict[str, object] = {"file": path, "what": error.strerror}
        raise SettingsError(str(path), [("", "config_not_read", told_by_system)]) from None
    except UnicodeDecodeError:
        raise SettingsError(str(path), [("", "config_not_utf8", {"file": path})]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(path), [("", "config_syntax", {"what": error})]) from None
    _anchor_sqlite(told, path.resolve().parent)
    try:
        return Settings(**told)
    except ValidationError as error:
        raise SettingsError(str(path), [_problem(e) for e in error.errors()]) from None
    except SourceError as error:  # a section in the environment that is not JSON
        raise SettingsError(str(path), [("", "config_environment", {"what": error})]) from None


def _anchor_sqlite(told: dict[str, Any], folder: Path) -> None:
    sage = told.get("sage")
    years = sage.get("year") if isinstance(sage, dict) else None
    sections = [told.get("cobra"), *(years if isinstance(years, list) else [])]
    for section in sections:
        url = section.get("url") if isinstance(section, dict) else None
        prefix = "sqlite:///"
        if isinstance(url, str) and url.startswith(prefix):
            section["url"] = prefix + str(folder / url.removeprefix(prefix))


def _problem(error: Any) -> tuple[str, str, dict[str, object]]:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    values: dict[str, object] = {"what": error["msg"]} | dict(error.get("ctx") or {})
    return place, f"config_{error['type']}", values
