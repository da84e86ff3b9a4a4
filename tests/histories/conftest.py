"""Lends the companies of the crash tests."""

from tests.crash.conftest import companies

__all__ = ["companies"]
