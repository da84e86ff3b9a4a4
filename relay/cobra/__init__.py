"""Knows cobra's database: triggers, outbox, the lock, and how records are read."""
