"""Knows the section of `relay.toml` about the document enquiry; without it the part is off."""

from __future__ import annotations

from relay.section import Section


class Documents(Section):
    """`[documents]`: cobra keeps of each invoice what stands in Sage, for views and evaluations."""
