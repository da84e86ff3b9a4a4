"""Knows how addresses and debtors that cobra and Sage both had before the relay find together.

Nothing is taken over because it looks alike: each pair is proposed to a person, who decides.
"""
