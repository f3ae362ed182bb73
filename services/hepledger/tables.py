"""The schema of the registry's database, in one place: what the log stores, then what consumers remember.

Migrations are compared with it, so a table that is only here, or only there, turns a test red.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    UniqueConstraint,
)
from sqlalchemy import Text as AnyText

# Texts are ordered by their bytes everywhere: the order of a locale differs between machines, and an index that was built
# in one order and is searched in another finds nothing.
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# ---- the log -------------------------------------------------------------------------------------------------------

# One row per partition, locked by every append: the next offset to give out and the hash of the chain so far.
log_head = Table(
    "log_head",
    METADATA,
    Column("stream", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("chain_hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("stream", "partition"),
)

# One row per event, never changed and never deleted. The unique constraint names the event first: its ids are spread
# evenly, the stream's name is the same in nearly every row.
log_entry = Table(
    "log_entry",
    METADATA,
    Column("stream", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("event_id", LargeBinary, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("chain_hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("stream", "partition", "offset"),
    UniqueConstraint("event_id", "stream"),
)

# ---- what consumers remember ---------------------------------------------------------------------------------------

# Days are ordinals of the proleptic calendar (1 January of year 1 is 1), times are µs since 1970 UTC, offsets are those
# of the patient's partition of the reported stream. There are no foreign keys: every row of a patient is written by one
# transaction of the one worker that holds the partition, and a check per row would cost more than the row.

_ID = BigInteger().with_variant(Integer, "sqlite")

# Who is spoken of. A patient gets a number with the first fact that is stored; it never leaves the database.
patient = Table(
    "patient",
    METADATA,
    Column("patient_id", _ID, primary_key=True, autoincrement=True),
    Column("centre", Text, nullable=False),
    Column("patient", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    UniqueConstraint("centre", "patient"),
    Index(None, "partition", "patient_id"),
)

# Every version of every fact, as it was said, with its place in the log. The key begins with the patient, so that on
# SQLite a history is one stretch of pages, and ends with the event, so that a record that comes twice is stored once.
# `identity` is empty for an enrolment, a transplant and a death. The columns from `status` to `flags` are those of a
# laboratory result; `content` holds, as canonical JSON, what is said by every other kind, and by a retraction or a
# finalisation. `rank` orders versions of one `version_time` (hepledger.clinical.facts.Rank).
fact = Table(
    "fact",
    METADATA,
    Column("patient_id", _ID, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("identity", Text, nullable=False),
    Column("event_id", LargeBinary, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("version_time", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("reported_at", Text),
    Column("occurred_at", Text),
    Column("day", Integer),
    Column("rank", SmallInteger, nullable=False),
    Column("status", Text),
    Column("analyte", Text),
    Column("value", Text),
    Column("comparator", Text),
    Column("unit", Text),
    Column("limit_value", Text),
    Column("limit_comparator", Text),
    Column("flags", Text),
    Column("content", Text),
    PrimaryKeyConstraint("patient_id", "kind", "identity", "event_id"),
    sqlite_with_rowid=False,
)

# One row per criteria set that was ever projected: its identity is the fingerprint of its document.
projection = Table(
    "projection",
    METADATA,
    Column("projection_id", Integer, primary_key=True, autoincrement=True),
    Column("fingerprint", Text, nullable=False),
    Column("criteria", Text, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("fingerprint"),
)

# How far a projection has come on a partition (`next_offset` is the first it has not taken in), and who may go on:
# a worker writes only while the epoch is the one it raised.
checkpoint = Table(
    "checkpoint",
    METADATA,
    Column("projection_id", Integer, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("projection_id", "partition"),
    sqlite_with_rowid=False,
)

# How far the fold of a stream that no projection reads (the registry's) has come.
stream_position = Table(
    "stream_position",
    METADATA,
    Column("stream", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next_offset", BigInteger, nullable=False),
    PrimaryKeyConstraint("stream", "partition"),
)

# Where each patient stands under each criteria set, after the events below the projection's checkpoint. Every patient
# with a fact has a row; without an index date all from `index_day` to `last_day` are null. `since_day` is the onset of
# the present state. `snapshot` is the engine's own: what it needs to take one more result without the history.
course = Table(
    "course",
    METADATA,
    Column("projection_id", Integer, nullable=False),
    Column("patient_id", _ID, nullable=False),
    Column("index_day", Integer),
    Column("state", Text),
    Column("since_day", Integer),
    Column("best", Text),
    Column("relapses", Integer),
    Column("refractory", Text),
    Column("last_day", Integer),
    Column("baseline_value", Text),
    Column("baseline_unit", Text),
    Column("baseline_times_uln", Text),
    Column("snapshot", LargeBinary, nullable=False),
    PrimaryKeyConstraint("projection_id", "patient_id"),
    sqlite_with_rowid=False,
)

# Beliefs. Each was held from the event at `known_from` (included) until the one at `known_to` (excluded); null is now.
# An event that changes one closes its row and opens another, so that what was said at any offset can be said again.
# `rule` is the place of the criteria's transition in its document, from 0; `evidence` is event ids joined by "|";
# `announced_id` is the derived event that told the world, if one did.
transition = Table(
    "transition",
    METADATA,
    Column("projection_id", Integer, nullable=False),
    Column("patient_id", _ID, nullable=False),
    Column("confirmed_day", Integer, nullable=False),
    Column("known_from", BigInteger, nullable=False),
    Column("known_to", BigInteger),
    Column("from_state", Text, nullable=False),
    Column("to_state", Text, nullable=False),
    Column("onset_day", Integer, nullable=False),
    Column("relapse", Boolean, nullable=False),
    Column("rule", SmallInteger, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("announced_id", LargeBinary),
    PrimaryKeyConstraint("projection_id", "patient_id", "confirmed_day", "known_from"),
    sqlite_with_rowid=False,
)

# Relapse episodes, as believed: opened when a state that is a relapse was entered, closed when it was left.
episode = Table(
    "episode",
    METADATA,
    Column("projection_id", Integer, nullable=False),
    Column("patient_id", _ID, nullable=False),
    Column("opened_day", Integer, nullable=False),
    Column("known_from", BigInteger, nullable=False),
    Column("known_to", BigInteger),
    Column("onset_day", Integer, nullable=False),
    Column("closed_day", Integer),
    Column("evidence", Text, nullable=False),
    Column("announced_id", LargeBinary),
    PrimaryKeyConstraint("projection_id", "patient_id", "opened_day", "known_from"),
    sqlite_with_rowid=False,
)

# The answers to the landmarks of a criteria set, as believed, `pending` included.
landmark = Table(
    "landmark",
    METADATA,
    Column("projection_id", Integer, nullable=False),
    Column("patient_id", _ID, nullable=False),
    Column("code", Text, nullable=False),
    Column("known_from", BigInteger, nullable=False),
    Column("known_to", BigInteger),
    Column("answer", Text, nullable=False),
    PrimaryKeyConstraint("projection_id", "patient_id", "code", "known_from"),
    sqlite_with_rowid=False,
)

# What a centre should look at: a result outside plausible limits, or two versions that nothing can order. `event_id` is
# the version that is in doubt. No criteria set is involved. Open while `known_to` is null.
data_query = Table(
    "data_query",
    METADATA,
    Column("patient_id", _ID, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("identity", Text, nullable=False),
    Column("event_id", LargeBinary, nullable=False),
    Column("problem", Text, nullable=False),
    Column("known_from", BigInteger, nullable=False),
    Column("known_to", BigInteger),
    PrimaryKeyConstraint("patient_id", "kind", "identity", "event_id", "problem", "known_from"),
    sqlite_with_rowid=False,
)

# Derived events that were decided and not yet published. `seq` is never given out twice, also after the table was
# empty: a relay that was slow must not delete what came later.
outbox = Table(
    "outbox",
    METADATA,
    Column("seq", _ID, primary_key=True, autoincrement=True),
    Column("event_id", LargeBinary, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)

# Who may do what only one may do at a time. `until` is µs since 1970 UTC; whoever takes it raises the epoch.
lease = Table(
    "lease",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)

# The events of patients that a projection cannot go on with, in their order, from the first that could not be taken.
parked = Table(
    "parked",
    METADATA,
    Column("projection_id", Integer, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("event_id", LargeBinary, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("parked_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("projection_id", "partition", "offset"),
    Index(None, "projection_id", "key"),
)

# Every criteria set that the registry knows: those that ship and those that were published. `document` is canonical
# JSON, `published_at` is null for a set that ships.
criteria_set = Table(
    "criteria_set",
    METADATA,
    Column("fingerprint", Text, primary_key=True),
    Column("id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("published_at", BigInteger),
    UniqueConstraint("id", "version"),
)

# The one row that says under which criteria the registry answers.
active_criteria = Table(
    "active_criteria",
    METADATA,
    Column("only", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", Text, nullable=False),
    Column("activated_at", BigInteger, nullable=False),
    CheckConstraint('"only" = 1', name="one_row"),
)

# Every time something else became the registry's answer, in order. `previous` is the fingerprint of what it was before;
# `kind` is first (of a new registry), activated or rolled_back.
activation = Table(
    "activation",
    METADATA,
    Column("activation_id", Integer, primary_key=True, autoincrement=True),
    Column("fingerprint", Text, nullable=False),
    Column("previous", Text),
    Column("activated_at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    sqlite_autoincrement=True,
)

# A projection that is being derived from the histories, by partition, until all below `until_offset` is in it: then the
# row gives way to a checkpoint. Patients come by number, and `next_patient` is the first who has not come.
replay = Table(
    "replay",
    METADATA,
    Column("projection_id", Integer, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("until_offset", BigInteger, nullable=False),
    Column("next_patient", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("owner", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("projection_id", "partition"),
    sqlite_with_rowid=False,
)

# The history of a patient below an offset in one piece, as the engine packs it, and by partition the offset below which every
# history is packed. Made of the facts, where there is time, to be read by a replay; whoever has no row is read from the facts.
pack = Table(
    "pack",
    METADATA,
    Column("partition", Integer, nullable=False),
    Column("patient_id", _ID, nullable=False),
    Column("until_offset", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("partition", "patient_id"),
)
packed = Table(
    "packed",
    METADATA,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("until_offset", BigInteger, nullable=False),
)

# The data cuts that were made: `document` is what the log says of them, as canonical JSON.
data_cut = Table(
    "data_cut",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# What is needed to read refused records again: the header and the mapping of their file, once for all of them.
quarantine_context = Table(
    "quarantine_context",
    METADATA,
    Column("context_hash", LargeBinary, primary_key=True),
    Column("document", Text, nullable=False),
)

# Records that did not go in, with their bytes as they came and all the reasons (JSON). `content_hash` covers the bytes
# and what they mean (the header, and `part`: the block of the mapping), so the same bad record sent again is the same
# entry; `origin` (a file's name) and `row_number` are where it was first met. `state` is open, resolved (somebody
# decided, see `note`) or redriven (it went in later).
quarantine = Table(
    "quarantine",
    METADATA,
    Column("entry_id", _ID, primary_key=True, autoincrement=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("centre", Text, nullable=False),
    Column("door", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("row_number", BigInteger, nullable=False),
    Column("part", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("context_hash", LargeBinary, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("content_hash"),
    Index(None, "state", "centre"),
)
