"""Knows how a Sage year's books are read and written."""
