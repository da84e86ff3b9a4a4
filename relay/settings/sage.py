"""Knows `[sage]`: the databases that are written, one for each fiscal year of a mandant."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError
from stdnum import iban

from relay.settings.database import DatabaseUrl, Password
from relay.settings.profile import Profile
from relay.settings.section import AS_SEEN, Section, Seen


def _range(value: str) -> str:
    first, _, last = value.partition("-")
    if not (first.isdigit() and last.isdigit() and int(first) <= int(last)):
        raise PydanticCustomError("number_range", "not a range of numbers")
    return value


NumberRange = Annotated[str, AfterValidator(_range)]
"""`"900000-999999"`, both ends included."""


LARGEST_LONG = 2**31 - 1
"""Sage keeps numbers of documents and of debtors as long (TAF 2012)."""


def _iban(value: str) -> str:
    if not iban.is_valid(value):
        raise PydanticCustomError("iban", "not an IBAN", {"value": value})
    return iban.compact(value)


Iban = Annotated[str, AfterValidator(_iban)]
"""An IBAN with or without blanks; its check digits are right (ISO 13616, modulo 97)."""


def in_range(number: int, ranges: list[str]) -> bool:
    """Tell whether a number lies in one of the ranges."""
    ends = (text.partition("-") for text in ranges)
    return any(int(first) <= number <= int(last) for first, _, last in ends)


class Year(Section):
    """`[[sage.year]]`: one fiscal year of one mandant, with its own Sage database."""

    name: str = Field(min_length=1, max_length=50, pattern=r"^[^\s,;*\x00-\x1f\x7f]+$")
    mandant: Annotated[str, Field(min_length=1, max_length=50), AS_SEEN]
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
    collective_account: dict[Seen, str] = Field(default_factory=dict)
    rounding_account: str | None = None
    own_numbers: list[NumberRange] = Field(default_factory=list)
    document_numbers: NumberRange = "1000000000-1999999999"
    iban: dict[Seen, list[Iban]] = Field(default_factory=dict)
    """Mandant to the accounts that its customers pay to: QR-IBAN, IBAN."""
    on_foreign_change: Literal["hold", "overwrite"] = "hold"
    """What a comparison does with a field of an address that somebody changed in Sage."""
    profile: Profile = Profile()
    year: list[Year] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_who_numbers(self) -> Self:
        if self.profile.numbers_documents and "document_numbers" in self.model_fields_set:
            raise PydanticCustomError("document_numbers_counted", "a counter numbers documents")
        return self

    @property
    def numbers_of_documents(self) -> str:
        """The numbers that documents may have: all, where Sage's own counter gives them."""
        counted = self.profile.numbers_documents is not None
        return f"1-{LARGEST_LONG}" if counted else self.document_numbers

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

    @property
    def names(self) -> list[str]:
        """The names of all years."""
        return [year.name for year in self.year]

    @property
    def mandants(self) -> list[str]:
        """The mandants that have a year."""
        return sorted({year.mandant for year in self.year})

    def named(self, name: str) -> Year | None:
        """Return the year of this name, if there is one."""
        return next((year for year in self.year if year.name == name), None)

    def covering(self, mandant: str, day: date) -> Year | None:
        """Return the mandant's year in which a day lies, or None."""
        return next((y for y in self._of(mandant) if y.first_day <= day <= y.last_day), None)

    def before(self, year: Year) -> Year | None:
        """Return the same mandant's preceding year, or None."""
        earlier = (y for y in reversed(self._of(year.mandant)) if y.last_day < year.first_day)
        return next(earlier, None)

    def after(self, year: Year) -> Year | None:
        """Return the same mandant's following year, or None."""
        return next((y for y in self._of(year.mandant) if y.first_day > year.last_day), None)

    def _of(self, mandant: str) -> list[Year]:
        return [year for year in self.year if year.mandant == mandant]
