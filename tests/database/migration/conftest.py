"""An empty database for each dialect and section, and a relay of a later version."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, get_args

import pytest

from relay.base.files import alembic_folder
from relay.database import dialect_of, schema

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine import Engine

    from tests.world.servers import Server

SECTIONS = get_args(schema.Section)
HEADS = {section: schema.head(section) for section in SECTIONS}
"""The newest version of today."""

NEXT_MIGRATION = """
from alembic import op
import sqlalchemy as sa

revision = "9999"
down_revision = {before!r}
branch_labels = depends_on = None


def upgrade():
    op.create_table("relay_of_tomorrow", sa.Column("id", sa.Integer()))
    {then}


def downgrade():
    op.drop_table("relay_of_tomorrow")
"""


def write_next(folder: Path, section: schema.Section, then: str = "pass") -> None:
    """Add the migration of tomorrow to a folder of migrations."""
    told = NEXT_MIGRATION.format(before=HEADS[section], then=then)
    (folder / section / "9999_next.py").write_text(told)


@pytest.fixture
def engine(server: Server) -> Engine:
    """An empty database, as the relay opens it."""
    return dialect_of(url := server.create("schema")).engine(url, lock_timeout_ms=10_000)


@pytest.fixture(params=SECTIONS)
def section(request: pytest.FixtureRequest) -> schema.Section:
    """Each of the two sections."""
    found: schema.Section = request.param
    return found


@pytest.fixture
def tomorrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A relay of a later version, whose folder has a blank and a percent sign in its name."""
    folder = tmp_path / "relay 100%" / "alembic"
    shutil.copytree(alembic_folder(), folder)
    for section in SECTIONS:
        write_next(folder, section)
    monkeypatch.setattr(schema, "alembic_folder", lambda: folder)
    return folder
