"""Histories are packed in narrower columns: what was packed is forgotten, and the next replay packs anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty both tables; the facts are there."""
    for name in ("pack", "packed"):
        op.execute(sa.delete(sa.table(name)))
