"""The log on Kafka: for a network of centres, with many workers.

Kafka counts the offsets and keeps the order; it does not know an event from its double. So a resent event stands twice, its
receipt says `appended` both times, and who projects the log recognises it by its id. Offsets may leave holes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hepledger.log.kafka_consumer import KafkaSubscription
from hepledger.log.kafka_faults import EntryTooLarge, NoSearchInKafka
from hepledger.log.kafka_group import SESSION_SECONDS, Membership, join
from hepledger.log.kafka_producer import Producer, Record
from hepledger.log.kafka_reader import Reader
from hepledger.log.kafka_settings import KafkaSettings, check_packages, settings_from
from hepledger.log.kafka_shelf import CONTENT_HASH, EVENT_ID
from hepledger.log.membership import Listener
from hepledger.log.port import Entry, NewEntry, Outcome, Promise, Receipt
from hepledger_events.streams import partition_of

ENTRY_BYTES: Final = 900_000  # below the broker's max.message.bytes, with room for key and headers
KEYS_REMEMBERED: Final = 200_000


def open_kafka_log(address: str | KafkaSettings, stream: str) -> KafkaLog:
    """The log of a stream whose topic was created. See `settings_from` for the address.

    Raises KafkaPackageMissing, KafkaAddressUnreadable, StreamMissing, KafkaUnreachable.
    """
    check_packages()
    settings = settings_from(address) if isinstance(address, str) else address
    return KafkaLog(settings, stream)


class KafkaLog:
    """See EventLog. May be shared by threads, not by processes that fork."""

    unkept = frozenset({Promise.EXACT_DUPLICATES, Promise.WHOLE_BATCHES, Promise.SEARCH, Promise.CHAIN})

    def __init__(self, settings: KafkaSettings, stream: str) -> None:
        self.stream = stream
        self._settings = settings
        self._reader = Reader(settings, stream)
        self.partitions = self._reader.partitions
        self._producer = Producer(settings, settings.topic(stream))
        self._places: dict[str, tuple[int, bytes]] = {}

    def append(self, entries: Sequence[NewEntry]) -> list[Receipt]:
        """See EventLog.append: what is twice in the batch is decided here, what stood before is not.

        Raises EntryTooLarge, and then nothing was appended; AppendUncertain and KafkaUnreachable, and then some of the batch
        may stand: send the same batch again.
        """
        records: list[Record] = []
        first_of: dict[bytes, tuple[int, bytes]] = {}
        answers: list[tuple[Outcome, int]] = []
        for entry in entries:
            at, content_hash = first_of.setdefault(entry.event_id, (len(records), entry.content_hash))
            if at == len(records):
                records.append(self._record(entry))
                answers.append((Outcome.APPENDED, at))
            else:
                same = content_hash == entry.content_hash
                answers.append((Outcome.ALREADY if same else Outcome.CONFLICT, at))
        offsets = self._producer.deliver(records) if records else []
        return [Receipt(outcome, records[at].partition, offsets[at]) for outcome, at in answers]

    def read(self, partition: int, start: int, limit: int) -> list[Entry]:
        """See EventLog.read. Raises OffsetMissing too, below what is kept."""
        return self._reader.read(partition, start, limit)

    def heads(self) -> dict[int, int]:
        """See EventLog.heads."""
        return self._reader.heads()

    def earliest(self, partition: int) -> int:
        """See EventLog.earliest."""
        return self._reader.earliest(partition)

    def subscribe(self, positions: Mapping[int, int]) -> KafkaSubscription:
        """See EventLog.subscribe."""
        return KafkaSubscription(self._settings, self.stream, positions)

    def join(
        self, group: str, member_id: str, listener: Listener, session_seconds: float = SESSION_SECONDS
    ) -> Membership:
        """Become a member of a group of readers. See `kafka_group.join`."""
        return join(self._settings, self.stream, self._settings.topic(group), member_id, listener, session_seconds)

    def find(self, event_id: bytes) -> Entry | None:  # noqa: ARG002 - the name is the port's
        """Raises NoSearchInKafka."""
        raise NoSearchInKafka

    def close(self) -> None:
        """See EventLog.close."""
        self._producer.close()
        self._reader.close()

    def _record(self, entry: NewEntry) -> Record:
        payload = entry.payload
        if not isinstance(payload, bytes):
            raise TypeError("a payload is bytes")
        if len(payload) > ENTRY_BYTES:
            raise EntryTooLarge(len(payload), ENTRY_BYTES)
        partition, key = self._place_of(entry.key)
        return Record(partition, key, payload, [(EVENT_ID, entry.event_id), (CONTENT_HASH, entry.content_hash)])

    def _place_of(self, key: str) -> tuple[int, bytes]:
        place = self._places.get(key)
        if place is None:
            if len(self._places) >= KEYS_REMEMBERED:
                self._places.clear()
            place = self._places[key] = (partition_of(key, self.partitions), key.encode())
        return place
