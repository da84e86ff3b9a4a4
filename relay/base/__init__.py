"""Knows the words that all rooms share: statuses, outcomes, errors, texts, sheets."""
