"""Knows how addresses and debtors that cobra and Sage both had before the relay find together.

Nothing is taken over because it looks alike: each pair is proposed to a person, who decides.
"""

from relay.admin.adoption.deciding import DecidedLine, Mistake, check_move, decide, move
from relay.admin.adoption.matching import Proposal
from relay.admin.adoption.reading import propose

__all__ = [
    "DecidedLine",
    "Mistake",
    "Proposal",
    "check_move",
    "decide",
    "move",
    "propose",
]
