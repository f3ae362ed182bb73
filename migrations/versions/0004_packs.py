"""Histories kept packed, to be replayed from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, empty: the next replay fills them."""
    op.create_table(
        "pack",
        sa.Column(
            "patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("until_offset", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_pack")),
    )
    op.create_table(
        "packed",
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("partition", name=op.f("pk_packed")),
    )
    if op.get_bind().dialect.name == "postgresql":  # half of it is ids, which no compression makes shorter
        op.execute("ALTER TABLE pack ALTER COLUMN data SET STORAGE EXTERNAL")
