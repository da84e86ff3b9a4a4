"""What tells a restored database when everything else agrees: the marker that a restore changes."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from relay.cobra.identity import Identity
from relay.cobra.memory import Memory
from relay.engine.handshake import Meeting, judge
from relay.sage.port import Peer

INSTALLATION = uuid4()
PLACE = ("SAGESRV", "MUSTER2026")
IDENTITY = Identity(INSTALLATION, 1, ("COBRASRV", "cobra"), "fork-of-cobra")
PEER = Peer("MUSTER2026", INSTALLATION, 1, 1, None, None, "fork-of-cobra")
MEETING = Meeting("MUSTER2026", PEER, Memory(PLACE, "fork-of-sage"), PLACE, "fork-of-sage")


def test_both_markers_agree() -> None:
    """Nothing was restored."""
    assert judge(IDENTITY, MEETING) is None


def test_cobra_with_another_marker_was_restored() -> None:
    """Sage's side keeps cobra's marker; uids may agree by chance."""
    told = judge(replace(IDENTITY, generation="other"), MEETING)
    assert told is not None
    assert told.code == "cobra_restored"


def test_sage_with_another_marker_was_restored() -> None:
    """Cobra's side keeps the marker of each year."""
    told = judge(IDENTITY, replace(MEETING, generation="other"))
    assert told is not None
    assert told.code == "sage_restored"


@pytest.mark.parametrize("side", ["cobra", "sage"])
def test_marker_that_cannot_be_seen_says_nothing(side: str) -> None:
    """Rights may be missing, on either side or at either time: then the uids alone must tell."""
    if side == "cobra":
        assert judge(replace(IDENTITY, generation=None), MEETING) is None
        assert judge(IDENTITY, replace(MEETING, peer=replace(PEER, generation=None))) is None
    else:
        assert judge(IDENTITY, replace(MEETING, generation=None)) is None
        forgotten = replace(MEETING.memory, generation=None)
        assert judge(IDENTITY, replace(MEETING, memory=forgotten)) is None
