"""Knows where a database URL may hold a secret, and hides it from all that people read."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from sqlalchemy.engine import URL

HIDDEN = "***"
_KEYS = r"pwd|password|accesstoken|clientsecret|sslkeypassword"
_PAIR = re.compile(rf"(?i)\b({_KEYS})(\s*=\s*)(\{{(?:[^}}]|}}}})*\}}?|[^;&\s]+[^;&]*)")
"""A secret in the way of ODBC: up to the semicolon, or in braces with `}}` for a brace."""


def shown(url: URL) -> str:
    """Return a URL as it may be shown: without the password, wherever it stands."""
    query = {key: _hide_in_value(key, value) for key, value in url.query.items()}
    return hidden(url.set(query=query).render_as_string(hide_password=True), url)


def hidden(words: str, url: URL) -> str:
    """Return words, such as a driver's, without the secrets of the URL that they are about."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        words = words.replace(secret, HIDDEN)
    return _PAIR.sub(rf"\1\2{HIDDEN}", words)


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


def _hide_in_value(key: str, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if not isinstance(value, str):
        return tuple(str(_hide_in_value(key, each)) for each in value)
    if re.fullmatch(_KEYS, key, re.IGNORECASE):
        return HIDDEN
    return _PAIR.sub(rf"\1\2{HIDDEN}", value)
