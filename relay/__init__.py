"""Relays what changes in cobra CRM to Sage 50, exactly once."""

__version__ = "0.1.0"
