"""Knows the words of the command line itself: what click says in German, days, and statuses."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import click
from click import core, decorators, exceptions, formatting, parser, termui, types

from relay.base import texts
from relay.base.values import Status
from relay.cli.frame import environment_language

OF_CLICK = (core, decorators, exceptions, formatting, parser, termui, types)
"""click's modules that say something; each keeps gettext's functions under its own names."""


def speak() -> None:
    """Let click speak the catalogue's language; it asks each time that it says something.

    Its own way, files of gettext, follows the environment alone, which says nothing on Windows.
    """

    def of_click(message: str) -> str:
        return _in_german().get(message, message) if environment_language() == "de" else message

    def counted(one: str, others: str, count: int) -> str:
        return of_click(one if count == 1 else others)

    for module in OF_CLICK:
        for name, function in (("_", of_click), ("ngettext", counted)):
            if hasattr(module, name):
                setattr(module, name, function)


@cache
def _in_german() -> dict[str, str]:
    messages = texts.catalogue().items()
    return {of["en"]: of["de"] for code, of in messages if code.startswith("click_")}


class When(click.DateTime):
    """A day, a time of this machine's clock, or a month; as the Swiss write it, or as ISO does."""

    def __init__(self, kind: str, formats: list[str]) -> None:
        """Take what it is called in the catalogue: `day`, `time` or `month`."""
        super().__init__(formats)
        self._kind = kind

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's
        """Return what stands for it in the help."""
        return texts.text(f"when_{self._kind}_metavar", environment_language())

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return it as a time; what cannot be one is told with examples."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            wrong = texts.text(f"when_{self._kind}_wrong", environment_language(), value=value)
            raise click.BadParameter(wrong, ctx, param) from None


DAYS = ["%d.%m.%Y", "%Y-%m-%d"]
TIMES = [
    *DAYS, "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
]  # fmt: skip
DAY, TIME = When("day", DAYS), When("time", TIMES)
MONTH = When("month", ["%m.%Y", "%Y-%m"])


class StatusName(click.Choice[str]):
    """A status by its code or by its name in German or English."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the code."""
        names = {
            texts.status(status, language).casefold(): str(status)
            for language in texts.LANGUAGES
            for status in Status
        }
        return super().convert(names.get(str(value).strip().casefold(), value), param, ctx)
