"""Knows who may sign in: people with a token each, of which the database has only a hash.

A token is 256 random bits. Nobody guesses one, so a plain SHA-256 keeps it as well as a slow hash
keeps a password that a person chose.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import case, delete, insert, or_, select, update
from sqlalchemy.engine import Connection

from relay.base.errors import Refused
from relay.base.spelling import as_key
from relay.database import counted, utcnow
from relay.extras.page.tables import page_tables

LONGEST_NAME = 100


class PageRole(StrEnum):
    """What somebody may do on the page."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    """Also release, skip, resend, pause and resume."""


@dataclass(frozen=True, slots=True)
class PageUser:
    """Somebody who may sign in, or might once."""

    name: str
    id: str
    role: str
    created_by: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    counts: int
    """1: the token still opens the page, by the database's clock."""


def add_user(connection: Connection, name: str, role: PageRole, days: int | None, by: str) -> str:
    """Let somebody sign in; returns the token, which is known nowhere else.

    Raises:
        Refused: `page_name_wrong`, or `page_user_known`: somebody of this name may sign in already.
    """
    called = as_key(name)
    if not called or len(called) > LONGEST_NAME:
        raise Refused("page_name_wrong", name=name, longest=LONGEST_NAME)
    u = page_tables(connection.dialect.name).user
    for known in users(connection):
        if known.name.casefold() == called.casefold():
            if known.counts:
                raise Refused("page_user_known", name=known.name)
            connection.execute(delete(u).where(u.c.name == known.name))
    token = secrets.token_urlsafe(32)
    now = connection.execute(select(utcnow())).scalar_one()
    values: dict[str, Any] = {
        "name": called, "id": secrets.token_hex(16), "token_hash": _hash(token), "role": str(role),
        "created_by": by, "created_at": now,
        "expires_at": None if days is None else now + timedelta(days=days),
    }  # fmt: skip
    connection.execute(insert(u).values(values))
    return token


def revoke_user(connection: Connection, name: str, by: str) -> None:
    """Let somebody in no longer, at once.

    Raises:
        Refused: `page_user_unknown`.
    """
    u = page_tables(connection.dialect.name).user
    living = (u.c.name == as_key(name), u.c.revoked_at.is_(None))
    values = {"revoked_at": utcnow(), "revoked_by": by}
    if counted(connection, update(u).where(*living).values(values)) != 1:
        raise Refused("page_user_unknown", name=name)


def users(connection: Connection) -> list[PageUser]:
    """Return all who may sign in or might once, by name."""
    u = page_tables(connection.dialect.name).user
    return [PageUser(*row) for row in connection.execute(_query(u))]


def user_of_token(connection: Connection, token: str) -> PageUser | None:
    """Return who signs in with a token, if it still counts."""
    u = page_tables(connection.dialect.name).user
    return _living(connection, _query(u).where(u.c.token_hash == _hash(token)))


def user_signed_in(connection: Connection, name: str, id_: str) -> PageUser | None:
    """Return who signed in, if the token of then still counts."""
    u = page_tables(connection.dialect.name).user
    return _living(connection, _query(u).where(u.c.name == name, u.c.id == id_))


def _living(connection: Connection, query: Any) -> PageUser | None:
    row = connection.execute(query).one_or_none()
    return None if row is None or not row.counts else PageUser(*row)


def _query(u: Any) -> Any:
    alive = u.c.revoked_at.is_(None) & or_(u.c.expires_at.is_(None), u.c.expires_at > utcnow())
    columns = (u.c.name, u.c.id, u.c.role, u.c.created_by, u.c.created_at, u.c.expires_at)
    counts = case((alive, 1), else_=0).label("counts")
    return select(*columns, u.c.revoked_at, counts).order_by(u.c.name)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
