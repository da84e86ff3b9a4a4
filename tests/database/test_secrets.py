"""What people read of a database's URL and of a driver's words has no secret in it."""

from __future__ import annotations

from urllib.parse import quote_plus

import pytest
from sqlalchemy.engine import make_url

from relay.database.secrets import hidden, shown

LOGIN = "mssql+pyodbc://relay:{}@SERVER/cobra"


def test_a_drivers_path_is_readable() -> None:
    """Nobody finds a file by %2F."""
    url = make_url(LOGIN.format("gEheim-7") + "?driver=%2Fopt%2Fms%2Flibmsodbcsql.so&Encrypt=no")
    assert shown(url) == (
        "mssql+pyodbc://relay:***@SERVER/cobra?driver=/opt/ms/libmsodbcsql.so&Encrypt=no"
    )


@pytest.mark.parametrize("secret", ["e", "ab", "SER", "o"])
def test_a_short_password_is_not_spelled_by_its_stars(secret: str) -> None:
    """A letter that is starred wherever it stands could be read from the rest."""
    url = make_url(LOGIN.format(secret) + "?driver=%2Fopt%2Fdriver.so")
    assert shown(url) == "mssql+pyodbc://relay:***@SERVER/cobra?driver=/opt/driver.so"
    words = "Login failed for user 'relay' on SERVER, about ab"
    assert hidden(words, url) == "***"


def test_a_short_password_leaves_other_words_alone() -> None:
    """Words in which it does not occur say what they say."""
    url = make_url(LOGIN.format("x"))
    assert hidden("Login failed, PWD=x;", url) == "Login failed, PWD=***;"


@pytest.mark.parametrize(
    "query",
    [
        "PWD=gEheim-7",
        f"odbc_connect={quote_plus('DRIVER={x};SERVER=s;UID=relay;PWD={gEheim-7}')}",
        f"odbc_connect={quote_plus(quote_plus('SERVER=s;PWD=gEheim-7;UID=relay'))}",
    ],
)
def test_a_secret_in_the_query_is_hidden(query: str) -> None:
    """Wherever ODBC takes a password, it is not shown."""
    url = make_url(f"mssql+pyodbc://SERVER/cobra?{query}")
    assert "gEheim" not in shown(url)
    assert "gEheim" not in hidden("refused: gEheim-7, PWD={gEheim-7}", url)
    assert "***" in shown(url)
