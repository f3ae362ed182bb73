"""The first schema: the log, and what consumers remember."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create everything."""
    _active_criteria()
    _checkpoint()
    _course()
    _criteria_set()
    _data_query()
    _episode()
    _fact()
    _landmark()
    _log_entry()
    _log_head()
    _outbox()
    _parked()
    _patient()
    _projection()
    _quarantine()
    _quarantine_context()
    _stream_position()
    _transition()


def _active_criteria() -> None:
    op.create_table(
        "active_criteria",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("activated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint('"only" = 1', name=op.f("ck_active_criteria_one_row")),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_active_criteria")),
    )


def _checkpoint() -> None:
    op.create_table(
        "checkpoint",
        sa.Column("projection_id", sa.Integer(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("projection_id", "partition", name=op.f("pk_checkpoint")),
        sqlite_with_rowid=False,
    )


def _course() -> None:
    op.create_table(
        "course",
        sa.Column("projection_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("index_day", sa.Integer(), nullable=True),
        sa.Column("state", TEXT, nullable=True),
        sa.Column("since_day", sa.Integer(), nullable=True),
        sa.Column("best", TEXT, nullable=True),
        sa.Column("relapses", sa.Integer(), nullable=True),
        sa.Column("refractory", TEXT, nullable=True),
        sa.Column("last_day", sa.Integer(), nullable=True),
        sa.Column("baseline_value", TEXT, nullable=True),
        sa.Column("baseline_unit", TEXT, nullable=True),
        sa.Column("baseline_times_uln", TEXT, nullable=True),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("projection_id", "patient_id", name=op.f("pk_course")),
        sqlite_with_rowid=False,
    )


def _criteria_set() -> None:
    op.create_table(
        "criteria_set",
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_criteria_set")),
        sa.UniqueConstraint("id", "version", name=op.f("uq_criteria_set_id_version")),
    )


def _data_query() -> None:
    op.create_table(
        "data_query",
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("identity", TEXT, nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("problem", TEXT, nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint(
            "patient_id", "kind", "identity", "event_id", "problem", "known_from", name=op.f("pk_data_query")
        ),
        sqlite_with_rowid=False,
    )


def _episode() -> None:
    op.create_table(
        "episode",
        sa.Column("projection_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_day", sa.Integer(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=True),
        sa.Column("onset_day", sa.Integer(), nullable=False),
        sa.Column("closed_day", sa.Integer(), nullable=True),
        sa.Column("evidence", TEXT, nullable=False),
        sa.Column("announced_id", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("projection_id", "patient_id", "opened_day", "known_from", name=op.f("pk_episode")),
        sqlite_with_rowid=False,
    )


def _fact() -> None:
    op.create_table(
        "fact",
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("identity", TEXT, nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("version_time", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", TEXT, nullable=True),
        sa.Column("occurred_at", TEXT, nullable=True),
        sa.Column("day", sa.Integer(), nullable=True),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("status", TEXT, nullable=True),
        sa.Column("analyte", TEXT, nullable=True),
        sa.Column("value", TEXT, nullable=True),
        sa.Column("comparator", TEXT, nullable=True),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("limit_value", TEXT, nullable=True),
        sa.Column("limit_comparator", TEXT, nullable=True),
        sa.Column("flags", TEXT, nullable=True),
        sa.Column("content", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("patient_id", "kind", "identity", "event_id", name=op.f("pk_fact")),
        sqlite_with_rowid=False,
    )


def _landmark() -> None:
    op.create_table(
        "landmark",
        sa.Column("projection_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=True),
        sa.Column("answer", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("projection_id", "patient_id", "code", "known_from", name=op.f("pk_landmark")),
        sqlite_with_rowid=False,
    )


def _log_entry() -> None:
    op.create_table(
        "log_entry",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("chain_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "partition", "offset", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("event_id", "stream", name=op.f("uq_log_entry_event_id_stream")),
    )


def _log_head() -> None:
    op.create_table(
        "log_head",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("chain_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "partition", name=op.f("pk_log_head")),
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )


def _parked() -> None:
    op.create_table(
        "parked",
        sa.Column("projection_id", sa.Integer(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("event_id", sa.LargeBinary(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("parked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("projection_id", "partition", "offset", name=op.f("pk_parked")),
    )
    op.create_index(op.f("ix_parked_projection_id_key"), "parked", ["projection_id", "key"], unique=False)


def _patient() -> None:
    op.create_table(
        "patient",
        sa.Column(
            "patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("centre", TEXT, nullable=False),
        sa.Column("patient", TEXT, nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient")),
        sa.UniqueConstraint("centre", "patient", name=op.f("uq_patient_centre_patient")),
    )


def _projection() -> None:
    op.create_table(
        "projection",
        sa.Column("projection_id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("criteria", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("projection_id", name=op.f("pk_projection")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_projection_fingerprint")),
    )


def _quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("centre", TEXT, nullable=False),
        sa.Column("door", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("row_number", sa.BigInteger(), nullable=False),
        sa.Column("part", TEXT, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("reasons", TEXT, nullable=False),
        sa.Column("context_hash", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("content_hash", name=op.f("uq_quarantine_content_hash")),
    )
    op.create_index(op.f("ix_quarantine_state_centre"), "quarantine", ["state", "centre"], unique=False)


def _quarantine_context() -> None:
    op.create_table(
        "quarantine_context",
        sa.Column("context_hash", sa.LargeBinary(), nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("context_hash", name=op.f("pk_quarantine_context")),
    )


def _stream_position() -> None:
    op.create_table(
        "stream_position",
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("stream", "partition", name=op.f("pk_stream_position")),
    )


def _transition() -> None:
    op.create_table(
        "transition",
        sa.Column("projection_id", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("confirmed_day", sa.Integer(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("known_to", sa.BigInteger(), nullable=True),
        sa.Column("from_state", TEXT, nullable=False),
        sa.Column("to_state", TEXT, nullable=False),
        sa.Column("onset_day", sa.Integer(), nullable=False),
        sa.Column("relapse", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.SmallInteger(), nullable=False),
        sa.Column("evidence", TEXT, nullable=False),
        sa.Column("announced_id", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint(
            "projection_id", "patient_id", "confirmed_day", "known_from", name=op.f("pk_transition")
        ),
        sqlite_with_rowid=False,
    )
