"""Knows the configuration as a whole: its sections, its fingerprint, and the databases' URLs.

Read once, by the command line. Environment variables override: `RELAY_RELAY__POLL_MS=100`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Literal, LiteralString, Self

from pydantic import model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core import ValidationError as CoreError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import URL, make_url

from relay.base.errors import SettingsError
from relay.settings.cobra import Cobra, InvoiceSection, Position
from relay.settings.maps import Maps
from relay.settings.parts import Answers, Documents, Mail, Metrics, PageSection
from relay.settings.relay import Retention, Timing
from relay.settings.sage import Sage, Year

Complaint = tuple[str, str, dict[str, object]]
"""Key or line, code of the catalogue, values."""
ENVIRONMENT = "RELAY_"
"""Variables that begin so go before the file."""


class Settings(BaseSettings):
    """All of `relay.toml`."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    language: Literal["de", "en"] = "de"
    relay: Timing = Timing()
    retention: Retention = Retention()
    cobra: Cobra
    map: Maps = Maps()
    sage: Sage
    documents: Documents | None = None
    answers: Answers | None = None
    mail: Mail | None = None
    metrics: Metrics | None = None
    page: PageSection | None = None

    @model_validator(mode="after")
    def _selection_for_addresses(self) -> Self:
        if self.sage.mode == "addresses" and self.cobra.address.selection is None:
            raise PydanticCustomError("selection_missing", "mode addresses needs a selection")
        return self

    @model_validator(mode="after")
    def _documents_for_answers(self) -> Self:
        if self.answers is not None:
            for place, is_given in (
                (("documents",), self.documents is not None),
                (("sage", "mode"), self.sage.mode == "invoices"),
            ):
                if not is_given:
                    problem = _at(place, "needed_for_answers")
                    raise CoreError.from_exception_data("Settings", [problem])
        return self

    @model_validator(mode="after")
    def _complete_for_invoices(self) -> Self:
        if self.sage.mode == "invoices":
            problems = list(self._missing_for_invoices())
            if problems:
                raise CoreError.from_exception_data("Settings", problems)
        return self

    def _missing_for_invoices(self) -> Iterator[InitErrorDetails]:
        invoice, position = self.cobra.invoice, self.cobra.position
        for place, given in (
            (("cobra", "invoice"), invoice),
            (("cobra", "position"), position),
            (("sage", "collective_account"), self.sage.collective_account),
            (("map", "vat"), self.map.vat),
        ):
            if not given:
                yield _at(place, "needed_for_invoices")
        if invoice is None:
            return
        fields = ("cobra", "invoice", "fields")
        if "rounding" in invoice.fields and self.sage.rounding_account is None:
            yield _at(("sage", "rounding_account"), "rounding_account")
        if position is not None and position.amounts == "net" and "gross" not in invoice.fields:
            yield _at(fields, "gross_needed")
        mandants = self.sage.mandants
        known = ", ".join(mandants)
        for mandant in self.sage.iban.keys() - {*mandants}:
            yield _at(("sage", "iban"), "mandant_unknown", name=mandant, known=known)
        if "mandant" not in invoice.fields and len(mandants) > 1:
            yield _at(fields, "mandant_not_mapped", mandants=known)

    @property
    def invoices(self) -> tuple[InvoiceSection, Position] | None:
        """The sections of header and positions, when invoices go over."""
        if self.sage.mode != "invoices" or self.cobra.invoice is None:
            return None
        return None if self.cobra.position is None else (self.cobra.invoice, self.cobra.position)

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
            (y.name, y.mandant, *map(str, (y.first_day, y.last_day, y.vat_settled)), _place(y.url))
            for y in self.sage.year
        ]
        invoices = self.invoices
        content = {
            "cobra": _place(self.cobra.url),
            "days": [str(self.cobra.earliest_day), str(self.cobra.latest_day)],
            "address": self.cobra.address.model_dump(mode="json"),
            "invoice": invoices and [part.model_dump(mode="json") for part in invoices],
            "map": self.map.model_dump(mode="json"),
            "mode": self.sage.mode,
            "accounts": [self.sage.collective_account, self.sage.rounding_account],
            "numbers": [self.sage.own_numbers, self.sage.document_numbers],
            "profile": self.sage.profile.differences(),
            "years": years,
        }
        if self.sage.iban:
            content["iban"] = self.sage.iban
        if self.sage.on_foreign_change != "hold":
            content["foreign"] = self.sage.on_foreign_change
        if self.documents is not None:
            content["documents"] = self.documents.model_dump(mode="json")
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def cobra_url(self) -> URL:
        """Return cobra's URL with its password filled in; raises as `year_url`."""
        return self._filled(self.cobra)

    def mail_password(self) -> str | None:
        """Return the password of the mail server's user, if it needs one; raises as `year_url`."""
        if self.mail is None or self.mail.password is None:
            return None
        return self.mail.password.read(self.mail.user or "", "mail.password")

    def year_url(self, year: Year) -> URL:
        """Return a year's URL with its password filled in.

        Raises:
            SettingsError: a password is not where it should be; names every one that is not.
        """
        return self._filled(year)

    def _filled(self, section: Cobra | Year) -> URL:
        try:
            return _with_password(section)
        except SettingsError as error:
            problems: list[Complaint] = []
            sections: list[Cobra | Year] = [self.cobra, *self.sage.year]
            for each in sections:
                try:
                    _with_password(each)
                except SettingsError as other:
                    problems += other.problems
            raise SettingsError(str(error.values["file"]), problems) from None


def _at(place: tuple[str, ...], code: LiteralString, **values: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError(code, code, values), loc=place, input=None)


def _place(url: str) -> str:
    parsed = make_url(url)
    return f"{parsed.drivername}://{parsed.host}/{parsed.database}"


def _with_password(section: Cobra | Year) -> URL:
    url = make_url(section.url)
    if section.password is None:
        return url
    place = f"sage.year.{section.name}" if isinstance(section, Year) else "cobra"
    return url.set(password=section.password.read(url.username or "", f"{place}.password"))
