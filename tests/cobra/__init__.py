"""Cobra's side: what is due, taken in hand, decided by people, read and acknowledged."""
