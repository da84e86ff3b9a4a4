"""Knows where a database URL may hold a secret, and hides it from all that people read."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from sqlalchemy.engine import URL

HIDDEN = "***"
_KEYS = r"pwd|password|accesstoken|clientsecret|sslkeypassword"
_PAIR = re.compile(rf"(?i)\b({_KEYS})(\s*=\s*)(\{{(?:[^}}]|}}}})*\}}?|[^;&\s]+[^;&]*)")
"""A secret in the way of ODBC: up to the semicolon, or in braces with `}}` for a brace."""


SHORT = 4
"""A secret with fewer characters stands in other words by chance; stars there would spell it."""


def shown(url: URL) -> str:
    """Return a URL as it may be shown: without the password, and readable where it has a query.

    >>> shown(sqlalchemy.make_url("mssql+pyodbc://relay:e@SERVER/cobra?driver=%2Fopt%2Fdriver.so"))
    'mssql+pyodbc://relay:***@SERVER/cobra?driver=/opt/driver.so'
    """
    plain = url.set(query={}).render_as_string(hide_password=True)
    query = "&".join(
        f"{key}={_hide_in_value(key, value)}"
        for key, values in url.normalized_query.items()
        for value in values
    )
    return f"{plain}?{query}" if query else plain


def holds_secret(url: URL) -> bool:
    """Tell whether a URL holds a secret, as its password or in what is told to the driver."""
    return bool(_secrets(url))


def hidden(words: str, url: URL) -> str:
    """Return words, such as a driver's, without the secrets of the URL that they are about."""
    words = _PAIR.sub(rf"\1\2{HIDDEN}", words)
    for secret in sorted(_secrets(url), key=len, reverse=True):
        if len(secret) < SHORT and secret in words:
            return HIDDEN
        words = words.replace(secret, HIDDEN)
    return words


def _secrets(url: URL) -> set[str]:
    """Return the URL's secrets as they are and as ODBC spells them; a blank hides nothing."""
    found = {str(url.password or "")}
    for key, values in url.normalized_query.items():
        for value in values:
            if re.fullmatch(_KEYS, key, re.IGNORECASE):
                found.add(value)
            for text in (value, unquote_plus(value)):
                found |= {_bare(pair[3]) for pair in _PAIR.finditer(text)}
    return {secret for secret in found if secret.strip()}


def _bare(value: str) -> str:
    if value.startswith("{"):
        return value.removeprefix("{").removesuffix("}").replace("}}", "}")
    return value.strip()


def _hide_in_value(key: str, value: str) -> str:
    if re.fullmatch(_KEYS, key, re.IGNORECASE):
        return HIDDEN
    return _PAIR.sub(rf"\1\2{HIDDEN}", unquote_plus(value))
