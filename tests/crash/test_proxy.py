"""The proxy knows a COMMIT when it sees one, and nothing else for one."""

from __future__ import annotations

import pytest

from tests.crash.proxy import BATCH, TRANSACTION_MANAGER, is_commit

HEADERS = (22).to_bytes(4, "little") + bytes(18)
"""ALL_HEADERS with a transaction descriptor (MS-TDS 2.2.5.3)."""


def _packet(kind: int, content: bytes) -> bytes:
    return bytes([kind, 1, 0, 0, 0, 0, 1, 0]) + HEADERS + content


@pytest.mark.parametrize(
    ("packet", "commits"),
    [
        (_packet(TRANSACTION_MANAGER, (7).to_bytes(2, "little")), True),
        (_packet(TRANSACTION_MANAGER, (8).to_bytes(2, "little")), False),
        (_packet(BATCH, "IF @@TRANCOUNT > 0 COMMIT TRAN".encode("utf-16-le")), True),
        (_packet(BATCH, "SELECT 1".encode("utf-16-le")), False),
        (b"", False),
    ],
    ids=["request", "rollback", "batch", "query", "nothing"],
)
def test_knows_a_commit(packet: bytes, commits: bool) -> None:  # noqa: FBT001 - a parameter
    """Both ways in which the driver commits are seen; a rollback or a query is not one."""
    assert is_commit(packet) is commits
