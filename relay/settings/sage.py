"""Knows the sections of `relay.toml`: what each key means and which values are possible."""

from __future__ import annotations

import os
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    NonNegativeInt,
    PositiveInt,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from relay.base.days import Days
from relay.base.errors import SettingsError
from relay.base.system import why
from relay.settings.invoice import Iban, Invoice, NumberRange, Position
from relay.settings.matching import is_possible, matches
from relay.settings.section import Condition, Section

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
    """Refuse what is no URL; the message never shows it, since it may hold a password."""
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):  # the latter: what stands for the port is no number
        raise PydanticCustomError("url", "not a database URL") from None
    if "@" in (url.host or ""):  # a password with an unwritten %40: its rest would pass for a host
        raise PydanticCustomError("url", "not a database URL")
    if url.drivername not in DRIVERS:
        raise PydanticCustomError("dialect", "unknown", {"name": url.drivername})
    return value


DRIVERS = ("mssql+pyodbc", "mssql", "sqlite", "sqlite+pysqlite")
"""How a URL that the relay can use begins."""

DatabaseUrl = Annotated[str, AfterValidator(_database_url), Field(repr=False)]


class Password(Section):
    """Where a password is kept; never in the file itself. Exactly one of the three."""

    env: str | None = Field(default=None, pattern=r"^[\w()]+$")
    file: Path | None = None
    keyring: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _not_the_password_itself(cls, told: object) -> object:
        if isinstance(told, str):
            raise PydanticCustomError("password_itself", "a password does not stand here")
        return told

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
        told: dict[str, object] = {"file": file, "what": why(error)}
        raise SettingsError(key, [(key, "config_not_read", told)]) from None
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
        told: dict[str, object] = {"what": error}
        raise SettingsError(key, [(key, "config_keyring_failed", told)]) from None


class Selection(Section):
    """Which addresses go over when no invoice decides: a field whose value is in a list."""

    field: str
    in_: list[int | date | str] = Field(alias="in", min_length=1)

    def holds(self, value: object) -> bool:
        """Tell whether `value`, read from the field's column, is in the list."""
        return any(matches(named, value) for named in self.in_)

    def can_tell(self, kind: type, length: int | None) -> bool:
        """Tell whether each value of the list can stand in a column of this type and length."""
        return all(is_possible(named, kind, length) for named in self.in_)


class Address(Section):
    """`[cobra.address]`: the captured table of addresses and what its columns mean."""

    table: str
    schema_name: str | None = Field(default=None, alias="schema")
    key: str
    parent: str | None = None
    debtor: Literal["main", "self"] = "main"
    required: list[str] = Field(default=["firm|last_name", "zip", "city"])
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


class Cobra(Section):
    """`[cobra]`: the database that is captured."""

    url: DatabaseUrl
    password: Password | None = None
    earliest_day: date = Days().first
    latest_day: date = Days().last
    address: Address
    invoice: Invoice | None = None
    position: Position | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.latest_day < self.earliest_day:
            raise PydanticCustomError("days_backwards", "latest_day is before earliest_day")
        return self

    @property
    def days(self) -> Days:
        """The days that can be right on an invoice; others are held."""
        return Days(self.earliest_day, self.latest_day)


class Timing(Section):
    """`[relay]`: how the relay polls and writes."""

    poll_ms: PositiveInt = 50
    batch_size: int = Field(default=500, ge=1, le=1000)
    lock_timeout_ms: PositiveInt = 200
    recheck_seconds: PositiveInt = 300
    trigger_check_seconds: PositiveInt = 300
    master_data_seconds: NonNegativeInt = 60


class Retention(Section):
    """`[retention]`: days that finished entries and ledger rows are kept."""

    outbox: PositiveInt = 90
    not_for_sage: PositiveInt = 3
    ledger: PositiveInt = 400

    @model_validator(mode="after")
    def _ledger_outlives_outbox(self) -> Self:
        if self.ledger < self.outbox:
            raise PydanticCustomError("ledger_too_short", "ledger must not be shorter than outbox")
        return self


class Profile(Section):
    """`[sage.profile]`: renames of the reference schema; an empty name means: not there."""

    tables: dict[str, str] = Field(default_factory=dict)
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)


class Year(Section):
    """`[[sage.year]]`: one fiscal year of one mandant, with its own Sage database."""

    name: str = Field(min_length=1, max_length=50, pattern=r"^[^\s,;*\x00-\x1f\x7f]+$")
    mandant: str = Field(min_length=1, max_length=50)
    first_day: date
    last_day: date
    vat_settled: date | None = None
    url: DatabaseUrl
    password: Password | None = None

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.last_day < self.first_day:
            raise PydanticCustomError("year_backwards", "last_day is before first_day")
        return self


class Sage(Section):
    """`[sage]`: the databases that are written, one for each fiscal year of a mandant."""

    mode: Literal["addresses", "invoices"] = "addresses"
    collective_account: dict[str, str] = Field(default_factory=dict)
    rounding_account: str | None = None
    own_numbers: list[NumberRange] = Field(default_factory=list)
    document_numbers: NumberRange = "1000000000-1999999999"
    iban: dict[str, list[Iban]] = Field(default_factory=dict)
    """Mandant to the accounts that its customers pay to: QR-IBAN, IBAN."""
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
        for one, next_one in pairwise(ordered):
            if one.mandant == next_one.mandant and next_one.first_day <= one.last_day:
                raise PydanticCustomError(
                    "year_overlap", "overlap", {"one": one.name, "other": next_one.name}
                )
        return ordered

    def covering(self, mandant: str, day: date) -> Year | None:
        """Return the mandant's year in which a day lies, or None."""
        return next(
            (y for y in self.year if y.mandant == mandant and y.first_day <= day <= y.last_day),
            None,
        )

    def before(self, year: Year) -> Year | None:
        """Return the same mandant's preceding year, or None."""
        earlier = [
            y for y in self.year if y.mandant == year.mandant and y.last_day < year.first_day
        ]
        return earlier[-1] if earlier else None

    def after(self, year: Year) -> Year | None:
        """Return the same mandant's following year, or None."""
        return next(
            (y for y in self.year if y.mandant == year.mandant and y.first_day > year.last_day),
            None,
        )
