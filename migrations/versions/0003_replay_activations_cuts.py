"""Replays in progress, the history of what was the registry's answer, and data cuts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables; what is the registry's answer by now is where the history begins."""
    _activation()
    _data_cut()
    _replay()
    op.execute(
        "INSERT INTO activation (fingerprint, activated_at, kind) SELECT fingerprint, activated_at, 'first' FROM active_criteria"
    )


def _activation() -> None:
    op.create_table(
        "activation",
        sa.Column("activation_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("previous", TEXT, nullable=True),
        sa.Column("activated_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("activation_id", name=op.f("pk_activation")),
        sqlite_autoincrement=True,
    )


def _data_cut() -> None:
    op.create_table(
        "data_cut",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_data_cut")),
    )


def _replay() -> None:
    op.create_table(
        "replay",
        sa.Column("projection_id", sa.Integer(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("until_offset", sa.BigInteger(), nullable=False),
        sa.Column("next_patient", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("projection_id", "partition", name=op.f("pk_replay")),
        sqlite_with_rowid=False,
    )
