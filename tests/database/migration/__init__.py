"""Migrations build what the code expects, lead back, and hold in both dialects."""
