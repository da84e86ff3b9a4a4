"""Knows which database's way of being examined is meant."""

from __future__ import annotations

from sqlalchemy.engine import Connection, Engine

from relay.database.sqlite.survey import SqliteSurvey
from relay.database.sqlserver.survey import SqlServerSurvey
from relay.database.survey_base import (
    DatabaseFacts,
    FileFacts,
    FoundColumn,
    LinkFacts,
    LoginFacts,
    Permission,
    RivalTrigger,
    ServerFacts,
    Survey,
)

__all__ = [
    "DatabaseFacts",
    "FileFacts",
    "FoundColumn",
    "LinkFacts",
    "LoginFacts",
    "Permission",
    "RivalTrigger",
    "ServerFacts",
    "Survey",
    "survey_of",
]

_DIALECTS: dict[str, Survey] = {d.name: d for d in (SqlServerSurvey(), SqliteSurvey())}


def survey_of(database: Engine | Connection) -> Survey:
    """Return the way to examine a database that `dialect_of` knows."""
    return _DIALECTS[database.dialect.name]
