"""Knows how restored, moved and copied databases are taken up again."""
