"""Knows the section of `relay.toml` about figures for Prometheus; without it the part is off."""

from __future__ import annotations

from pydantic import Field

from relay.settings.section import Section


class Metrics(Section):
    """`[metrics]`: where `relay run` shows its figures to Prometheus."""

    port: int = Field(ge=1, le=65535)
    address: str = Field(default="127.0.0.1", min_length=1)
    """Of this machine; from elsewhere nobody reads unless it says so."""
