"""Runs the relay for longer, under clerks who never pause and a hand that keeps killing it."""
