"""Knows every text for people, in German and English: one catalogue, found by code."""

from __future__ import annotations
