"""Plays random histories of clerks, operators and faults against a small model."""
