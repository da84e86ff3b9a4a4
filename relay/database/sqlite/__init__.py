"""Knows SQLite."""
