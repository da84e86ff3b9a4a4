"""Knows the section of `relay.toml` about mail to people; without it the part is off."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, PositiveInt, model_validator
from pydantic_core import PydanticCustomError

from relay.settings.database import Password
from relay.settings.section import Section, TimeOfDay

_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise PydanticCustomError("mail_address", "not a mail address")
    return value


MailAddress = Annotated[str, AfterValidator(_address)]


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
