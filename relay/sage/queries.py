"""Knows the statements that each batch needs in a Sage year; they are built once."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from typing import Any

from sqlalchemy import CompoundSelect, select, union_all, update
from sqlalchemy.sql.dml import ReturningUpdate
from sqlalchemy.sql.selectable import Select

from relay.database import given, listed
from relay.sage.port import Peer
from relay.sage.tables import TargetTables, target_tables

PEER = [field.name for field in fields(Peer)]
"""The columns of the peer row, in the order of `Peer`."""


class Queries:
    """Statements for our own tables in a Sage year; `:names` stand for their values."""

    peer: Select[Any]
    """Gives what a `Peer` has."""
    raise_fence: ReturningUpdate[Any]
    """Takes `ours`, an epoch; gives the same, or nothing if there is a newer one."""
    ledgered: Select[Any]
    """Takes `year` and `uids`."""
    links: CompoundSelect[Any]
    """Takes `keys` and `numbers`: links of the one or to the other."""

    def __init__(self, tables: TargetTables) -> None:
        """Build the statements."""
        p, a, ln = tables.peer.c, tables.applied.c, tables.link.c
        ours = given("ours", p.epoch)
        peer = [p[name] for name in PEER]
        self.peer = select(*peer).where(p.id == 1)
        raised = update(tables.peer).where(p.id == 1, p.epoch <= ours).values(epoch=ours)
        self.raise_fence = raised.returning(*peer)
        self.ledgered = select(a.uid).where(
            a.year == given("year", a.year), a.uid.in_(listed("uids", a.uid))
        )
        links = select(ln.entity_key, ln.number, ln.content, ln.uid_number)
        # One seek each: joined by OR, two lists would have the whole table read.
        self.links = union_all(
            links.where(ln.entity_key.in_(listed("keys", ln.entity_key))),
            links.where(ln.number.in_(listed("numbers", ln.number))),
        )


@lru_cache
def queries(dialect: str) -> Queries:
    """Return the statements for a dialect (`mssql` or `sqlite`)."""
    return Queries(target_tables(dialect))
