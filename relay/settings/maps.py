"""Knows `[map]`: values of cobra, and what stands for them in Sage."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from relay.base.spelling import as_key
from relay.settings.section import Section, Seen

KINDS = ("invoice", "credit-note")
"""What `[map] kind` may lead to."""


def _counterpart(field: str, value: str) -> str:
    """Return what a map leads to; a mandant is one of relay.toml, which is read likewise."""
    return as_key(value) if field == "mandant" else value


class VatKey(Section):
    """`[[map.vat]]`: which tax key of Sage a category has, for supplies from a day on."""

    category: Seen
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    key: str = Field(min_length=1)


LETTERS = "letters"
"""The map of spellings: what stands on its left are letters, no values of cobra."""


class Maps(Section):
    """`[map]`: values of cobra and their counterparts in Sage, by our name of the field."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, dict[str, str]]

    vat: list[VatKey] = Field(default_factory=list)

    @model_validator(mode="after")
    def _as_people_see_them(self) -> Self:
        """Read the values of cobra as its fields are read; two that look alike would be one."""
        for name, counterparts in (self.__pydantic_extra__ or {}).items():
            if name != LETTERS:
                seen = {as_key(v): _counterpart(name, to) for v, to in counterparts.items()}
                if len(seen) < len(counterparts):
                    raise PydanticCustomError("map_twice", "twice", {"field": name})
                counterparts.clear()
                counterparts.update(seen)
        return self

    @model_validator(mode="after")
    def _sound(self) -> Self:
        each = [(rule.category, rule.from_) for rule in self.vat]
        double = sorted({category for category, day in each if each.count((category, day)) > 1})
        if double:
            raise PydanticCustomError("vat_twice", "twice: {names}", {"names": ", ".join(double)})
        kinds = sorted(set((self.of("kind") or {}).values()) - set(KINDS))
        if kinds:
            values = {"names": ", ".join(kinds), "known": ", ".join(KINDS)}
            raise PydanticCustomError("kind_unknown", "unknown: {names}", values)
        return self

    def of(self, field: str) -> Mapping[str, str] | None:
        """Return the map of a field, or None if its values go over as they are."""
        return (self.__pydantic_extra__ or {}).get(field)

    def tax_key(self, category: str, supplied_on: date) -> str | None:
        """Return Sage's tax key: the rule that began last on or before the day of supply."""
        last = None
        for rule in self.vat:
            begins = rule.from_ or date.min
            if rule.category == category and begins <= supplied_on:
                last = rule if last is None or begins > (last.from_ or date.min) else last
        return None if last is None or supplied_on > (last.to or date.max) else last.key
