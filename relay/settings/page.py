"""Knows the section of `relay.toml` about the page in a browser; without it the part is off."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from relay.settings.section import Section

LOCAL = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise PydanticCustomError("page_host", "not the name of a host")
    return value.lower()


def _address(value: str) -> str:
    try:
        ip_address(value)
    except ValueError:
        raise PydanticCustomError("page_address", "not an address") from None
    return value


Host = Annotated[str, AfterValidator(_host)]
IpAddress = Annotated[str, AfterValidator(_address)]


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
