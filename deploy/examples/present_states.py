"""A table of present states, kept by a reporting team: a program to copy and to change.

It reads the stream `hepledger.derived` with hepledger_events and kafka-python alone. The tables, the ids of the events seen and the
position in the stream are one SQLite file and change in one transaction. So it may be killed anywhere and needs no goodbye:
started again, it goes on from what the file says.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition

from hepledger_events.codec import decode
from hepledger_events.envelope import Envelope, Erased
from hepledger_events.streams import DERIVED

TABLES = """
PRAGMA secure_delete = ON;  -- what is erased is overwritten, not only forgotten
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS present_state (
    centre TEXT NOT NULL, patient TEXT NOT NULL, state TEXT NOT NULL, criteria TEXT NOT NULL, PRIMARY KEY (centre, patient));
CREATE TABLE IF NOT EXISTS belief (  -- every change and every relapse that stands today
    event_id BLOB PRIMARY KEY, centre TEXT NOT NULL, patient TEXT NOT NULL, kind TEXT NOT NULL,
    from_state TEXT, to_state TEXT, onset_on TEXT, confirmed_on TEXT);
CREATE TABLE IF NOT EXISTS active_criteria (  -- one row
    one INTEGER PRIMARY KEY CHECK (one = 1), criteria TEXT NOT NULL, version INTEGER NOT NULL, since TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS seen (event_id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL);
COMMIT;
"""

Places = dict[TopicPartition, int]


def main(arguments: Sequence[str] | None = None) -> None:
    """Takes in the stream up to the end it has now, or goes on until it is killed; then says how many are in which state."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kafka", required=True, metavar="HOST:PORT", help="brokers, with commas between them")
    parser.add_argument("--topic", default=DERIVED, help="with the registry's prefix, where it has one")
    parser.add_argument("--file", required=True, help="the SQLite file; it is made if it is not there")
    parser.add_argument("--follow", action="store_true", help="go on until killed")
    parser.add_argument("--batch", type=int, default=5_000, help="events in one transaction at most")
    asked = parser.parse_args(arguments)
    with closing(open_file(asked.file)) as file, closing(open_stream(asked.kafka, asked.topic)) as stream:
        take_in(file, stream, asked.topic, asked.batch, follow=asked.follow)
        for state, patients in file.execute("SELECT state, count(*) FROM present_state GROUP BY state ORDER BY state"):
            sys.stdout.write(f"{state}\t{patients}\n")


def open_file(name: str) -> sqlite3.Connection:
    """The file with its tables. Transactions are begun by hand: they hold what belongs together, and nothing else."""
    file = sqlite3.connect(name, isolation_level=None, timeout=60)
    file.executescript(TABLES)
    return file


def open_stream(servers: str, topic: str) -> Any:
    """A consumer in no group: where to go on is in the file, and a position that is gone is an error, never a jump."""
    stream = KafkaConsumer(bootstrap_servers=servers.split(","), auto_offset_reset="none", enable_auto_commit=False)
    stream.assign([TopicPartition(topic, partition) for partition in stream.partitions_for_topic(topic) or ()])
    return stream


def take_in(file: sqlite3.Connection, stream: Any, topic: str, batch: int, *, follow: bool) -> None:
    """One transaction for what came of one partition."""
    ends = seek(file, stream, topic)
    while follow or any(stream.position(place) < end for place, end in ends.items()):
        for place, records in stream.poll(1_000, max_records=batch).items():
            store(file, place.partition, records)


def seek(file: sqlite3.Connection, stream: Any, topic: str) -> Places:
    """Go on where the file stands; gives the ends of the partitions. Stops where the stream was cut back, or is another one."""
    places = list(stream.assignment())
    if not places:
        raise SystemExit(f"there is no topic {topic}")
    first, ends = stream.beginning_offsets(places), stream.end_offsets(places)
    for place in places:
        position = next_offset(file, place.partition)
        if position and not first[place] <= position <= ends[place]:
            raise SystemExit(
                f"{topic} has offsets {first[place]} to {ends[place]} of partition {place.partition}, and {position} is next:"
                " what lies between is not here. Delete the file and read the stream again from its start"
            )
        stream.seek(place, max(position, first[place]))
    return Places(ends)


def next_offset(file: sqlite3.Connection, partition: int) -> int:
    """Where to go on; 0 where nothing was read yet."""
    row = file.execute("SELECT next_offset FROM position WHERE partition = ?", [partition]).fetchone()
    return 0 if row is None else int(row[0])


def store(file: sqlite3.Connection, partition: int, records: Sequence[Any]) -> None:
    """What the records say, their ids, and the position behind them: all of it, or nothing.

    An event this release cannot read raises UnknownEvent: the position stays before it until hepledger_events is upgraded.
    """
    with file:  # commits, or rolls back
        file.execute("BEGIN IMMEDIATE")
        for event in unseen(file, partition, records):
            believe(file, event)
        last = max(next_offset(file, partition), records[-1].offset + 1)
        file.execute("INSERT OR REPLACE INTO position VALUES (?, ?)", [partition, last])


def unseen(file: sqlite3.Connection, partition: int, records: Sequence[Any]) -> Iterator[Envelope]:
    """The events of the records, each id once. A second copy of this program finds the position ahead of it, and does nothing."""
    start = next_offset(file, partition)
    for record in records:
        if record.offset >= start:
            event = decode(record.value)
            if file.execute("INSERT OR IGNORE INTO seen VALUES (?)", [UUID(event.id).bytes]).rowcount:
                yield event


def believe(file: sqlite3.Connection, event: Envelope) -> None:
    """What an event changes in the tables."""
    whom, said = [event.centre, event.patient], event.data
    if event.type == "patient.erased":
        file.execute("DELETE FROM present_state WHERE centre = ? AND patient = ?", whom)
        file.execute("DELETE FROM belief WHERE centre = ? AND patient = ?", whom)
        return
    if isinstance(said, Erased):  # it is about a patient who was erased later
        return
    if not isinstance(said, dict):
        raise SystemExit(f"event {event.id} is sealed: open it with the key it names before you believe it")
    if event.type == "criteria.activated":
        activated(file, said, event.recorded_at.isoformat())
        return
    if said["supersedes"] is not None:
        file.execute("DELETE FROM belief WHERE event_id = ?", [UUID(said["supersedes"]).bytes])
    if event.type == "response.changed":
        row = [*whom, said["to"], said["criteria"]]
        file.execute("INSERT OR REPLACE INTO present_state VALUES (?, ?, ?, ?)", row)
    if said["confirmed_on"] is not None:  # without a day nothing stands: something was only taken back
        states = [said.get("from"), said.get("to"), said["onset_on"], said["confirmed_on"]]
        row = [UUID(event.id).bytes, *whom, event.type, *states]
        file.execute("INSERT INTO belief VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


def activated(file: sqlite3.Connection, said: dict[str, Any], since: str) -> None:
    """Other criteria are the registry's answer from now on. Keys of criteria share no order, so that the latest is looked for."""
    file.execute(
        "INSERT INTO active_criteria VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET criteria = excluded.criteria,"
        " version = excluded.version, since = excluded.since WHERE excluded.since > since",
        [said["criteria"], said["version"], since],
    )


if __name__ == "__main__":
    main()
