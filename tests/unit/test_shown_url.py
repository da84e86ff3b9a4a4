"""What an error says of a database's place holds no password."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from relay.dialect import dialect_of, shown
from relay.errors import Unavailable
from relay.lock import open_connection


@pytest.mark.parametrize(
    "url",
    [
        "mssql+pyodbc://relay:geheim@COBRASRV/cobra",
        "mssql+pyodbc://relay@COBRASRV/cobra?driver=x&PWD=geheim",
        "mssql+pyodbc:///?odbc_connect=SERVER%3DCOBRASRV%3BUID%3Drelay%3BPWD%3Dgeheim",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    """Neither the URL's own password nor one in its query is shown."""
    assert "geheim" not in shown(make_url(url))


def test_error_of_a_connection_shows_no_query(tmp_path: Path) -> None:
    """A connection that fails names the place without the URL's query."""
    url = make_url(f"sqlite:///{tmp_path / 'none.db'}?timeout=4711")
    with pytest.raises(Unavailable) as failed:
        open_connection(dialect_of(url).engine(url, lock_timeout_ms=200), "cobra")
    assert "4711" not in str(failed.value.values)
    assert "none.db" in str(failed.value.values)
