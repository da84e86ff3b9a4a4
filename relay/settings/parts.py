"""Knows the sections of `relay.toml` about optional parts; a part without its section is off."""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from relay.settings.cobra import TableSection
from relay.settings.database import Password
from relay.settings.section import Section, TimeOfDay

COPIED = frozenset(
    [
        "number", "kind", "customer_key", "customer_name", "mandant", "year", "invoice_date",
        "posted_on", "due_date", "currency", "currency_gross", "net", "tax", "gross", "reference",
        "text", "sage_document", "open_item", "reversal", "state", "reason",
    ]
)  # fmt: skip
"""What of a document may be copied into a table of cobra's, by our names."""


class Turnover(Section):
    """`[documents.turnover]`: columns of cobra's address table for a customer's net turnover."""

    last_year: str | None = None
    this_year: str | None = None
    planned: str | None = None
    """This year's times `factor`: cobra's interface to Lexware fills TURNOVER3 so."""
    factor: Decimal = Field(default=Decimal(1), ge=0)

    def columns(self) -> dict[str, str]:
        """Return our name to cobra's column."""
        return self.model_dump(exclude={"factor"}, exclude_none=True)


class CopyTable(TableSection):
    """`[documents.table]`: a table of cobra's that gets a row for each document in Sage.

    Its key is the column that holds the key of the invoice.
    """

    known = COPIED


class Documents(Section):
    """`[documents]`: cobra keeps of each invoice what stands in Sage, for views and evaluations."""

    turnover: Turnover | None = None
    table: CopyTable | None = None


class InvoiceAnswers(Section):
    """`[answers.copy.invoice]`: columns of cobra's invoices for what became of each."""

    paid: str | None = None
    """1 once nothing is open, else 0."""
    settled_on: str | None = None
    open_amount: str | None = None
    last_payment: str | None = None
    reminder_level: str | None = None


class CustomerAnswers(Section):
    """`[answers.copy.address]`: columns of cobra's addresses for how each customer stands."""

    balance: str | None = None
    overdue: str | None = None
    overdue_since: str | None = None
    last_payment: str | None = None
    reminder_lock: str | None = None
    """1 if Sage reminds the customer of nothing, else 0."""


class AnswerCopies(Section):
    """`[answers.copy]`: what is copied into cobra's own tables, and how often."""

    copy_seconds: PositiveInt = 300
    invoice: InvoiceAnswers = InvoiceAnswers()
    address: CustomerAnswers = CustomerAnswers()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.invoice.model_fields_set or self.address.model_fields_set):
            raise PydanticCustomError("copies_nothing", "no column is named")
        return self


class Answers(Section):
    """`[answers]`: cobra is told what Sage alone knows, paid or not, balances, customer data.

    It needs `[documents]`, beside which it is kept.
    """

    open_seconds: PositiveInt = 60
    """How often the items that are not settled are looked at."""
    customers_seconds: PositiveInt = 900
    """How often addresses, debtors, and items that were written in Sage are looked at."""
    copies: AnswerCopies | None = Field(default=None, alias="copy")


_MAIL_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def _mail_address(value: str) -> str:
    if not _MAIL_ADDRESS.fullmatch(value):
        raise PydanticCustomError("mail_address", "not a mail address")
    return value


MailAddress = Annotated[str, AfterValidator(_mail_address)]


class Mail(Section):
    """`[mail]`: who is told by mail of what is not in order, and through which server."""

    server: str = Field(min_length=1)
    port: PositiveInt = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca_file: Path | None = None
    """Certificates of a server whose own is signed by nobody that the system trusts."""
    user: str | None = None
    password: Password | None = None
    sender: MailAddress
    bookkeeper: list[MailAddress] = Field(default_factory=list)
    admin: list[MailAddress] = Field(default_factory=list)
    every_minutes: PositiveInt = 60
    after_minutes: int = Field(default=15, ge=0)
    repeat_days: PositiveInt = 7
    daily_at: TimeOfDay | None = None
    """By this machine's clock: when the morning letter goes out, also if all is well."""

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if not (self.bookkeeper or self.admin):
            raise PydanticCustomError("mail_to_nobody", "no recipient")
        if self.password is not None and self.user is None:
            raise PydanticCustomError("mail_without_user", "a password without a user")
        if self.password is not None and self.tls == "none":
            raise PydanticCustomError("mail_in_clear", "a password without encryption")
        return self


class Metrics(Section):
    """`[metrics]`: where `relay run` shows its figures to Prometheus."""

    port: int = Field(ge=1, le=65535)
    address: str = Field(default="127.0.0.1", min_length=1)
    """Of this machine; from elsewhere nobody reads unless it says so."""


LOCAL = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise PydanticCustomError("page_host", "not the name of a host")
    return value.lower()


def _ip_address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        raise PydanticCustomError("page_address", "not an address") from None
    return value


Host = Annotated[str, AfterValidator(_host)]
IpAddress = Annotated[str, AfterValidator(_ip_address)]


class PageSection(Section):
    """`[page]`: where `relay page` is reached by a browser, and as whom it trusts who asks."""

    port: int = Field(default=8469, ge=1, le=65535)
    address: IpAddress = "127.0.0.1"
    """Of this machine; from elsewhere nobody reaches it unless it says so."""
    hosts: list[Host] = Field(default_factory=list)
    """Names by which browsers may call it, besides this machine's own."""
    certificate: Path | None = None
    key: Path | None = None
    """TLS by files of its own, in PEM."""
    trusted_proxies: list[IpAddress] = Field(default_factory=list)
    """Whose word on the visitor's address counts; a proxy has to bring TLS."""
    session_hours: int = Field(default=8, ge=1, le=24)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise PydanticCustomError("page_half_a_certificate", "certificate without key")
        if not (self.is_secure or ip_address(self.address).is_loopback):
            raise PydanticCustomError("page_in_clear", "open to others without TLS")
        return self

    @property
    def is_secure(self) -> bool:
        """Tell whether browsers reach it by TLS: its own, or a proxy's."""
        return self.certificate is not None or bool(self.trusted_proxies)

    @property
    def called(self) -> list[str]:
        """Return all names by which it may be called."""
        return list(dict.fromkeys([*LOCAL, *self.hosts]))
