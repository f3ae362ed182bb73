"""A worker's place in a group: Kafka says who should read which partition, the reader's own database says from where.

The client calls back on its network thread. There the call is only put down; the main loop hears of it inside `poll`, on its
own thread, where it may take its time and use its own connections.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from queue import Empty, SimpleQueue
from typing import Any, Final

from kafka import ConsumerRebalanceListener, errors
from kafka.admin import KafkaAdminClient, MemberToRemove

from hepledger.log.kafka_clients import connect
from hepledger.log.kafka_faults import MemberReplaced, kafka_faults_told
from hepledger.log.kafka_feed import Feed
from hepledger.log.kafka_settings import KafkaSettings
from hepledger.log.membership import Assigned, Change, Listener, Revoked
from hepledger.log.port import Entry

SESSION_SECONDS: Final = 45.0
BEATS_A_SESSION: Final = 15


class Membership:
    """See `join`. Not to be shared between threads."""

    def __init__(self, settings: KafkaSettings, stream: str, group: str, member_id: str, **timeouts: Any) -> None:
        self._settings, self._group, self._member_id = settings, group, member_id
        self._feed = Feed(settings, stream, group_id=group, group_instance_id=member_id, **timeouts)
        self._calls: SimpleQueue[Change] = SimpleQueue()
        self._listener: Listener = lambda _: None
        self._closed = False

    def begin(self, listener: Listener) -> None:
        """Ask for partitions; `listener` hears of them in `poll`."""
        self._listener = listener
        self._feed.wait_for_topic()  # whoever leads the group shares out what it knows of, and an unknown topic has nothing
        self._feed.client.subscribe([self._feed.topic], listener=_Post(self._calls))

    def poll(self, limit: int, timeout: float) -> list[Entry]:
        """At most ``limit`` entries of the partitions that were sought, after at most ``timeout`` seconds.

        To be called at least every five minutes, paused or not: a member that does not call is taken for dead. Tells the
        listener of every change before it returns; no entry of a partition that was revoked comes after that. Raises
        MemberReplaced, OffsetMissing, KafkaUnreachable, and what the listener raises.
        """
        with kafka_faults_told(self._settings.place):
            try:
                self._feed.fetch(limit, timeout)
            except errors.NoOffsetForPartitionError:
                pass  # what was assigned just now waits for its position: the listener hears of it below
            except errors.FencedInstanceIdError as error:
                raise MemberReplaced(self._group, self._member_id) from error
        self._tell()
        return self._feed.take(limit)

    def seek(self, positions: Mapping[int, int]) -> None:
        """Begin, or go on, from these positions (partition to offset): after Assigned, on each of its partitions.

        A partition that is no longer this member's is left out. Raises OffsetMissing, PartitionMissing, KafkaUnreachable.
        """
        self._feed.seek(positions)

    @property
    def reading(self) -> frozenset[int]:
        """The partitions that this member was assigned and has sought."""
        return frozenset(self._feed.positioned)

    def pause(self, partitions: Iterable[int] | None = None) -> None:
        """Hand over nothing from these partitions, by default all that are read now, and fetch no more; `poll` keeps the place."""
        self._feed.pause(partitions)

    def resume(self, partitions: Iterable[int] | None = None) -> None:
        """Go on where `pause` stopped."""
        self._feed.resume(partitions)

    def close(self, *, leave: bool = False) -> None:
        """Stop reading. The place is kept until the session ends, for a worker that is started again under the same id.

        With ``leave`` it is given up, and the others share its partitions at once. It may be closed twice.
        """
        if self._closed:
            return
        self._closed = True
        self._feed.close()
        if leave:
            remove_member(self._settings, self._group, self._member_id)

    def _tell(self) -> None:
        while (change := _next(self._calls)) is not None:
            self._feed.forget(change.partitions)
            if isinstance(change, Assigned):
                self._feed.hold(change.partitions)
            self._listener(change)


def join(
    settings: KafkaSettings, stream: str, group: str, member_id: str, listener: Listener, session_seconds: float
) -> Membership:
    """Become a member of a group of readers of a stream, under an id that outlives a restart.

    Partitions come and go one by one (cooperative-sticky), and nothing is read of one before `Membership.seek`. A member not
    heard of for ``session_seconds`` (at least what the broker allows, 6) loses its partitions. Raises KafkaUnreachable.
    """
    session_ms = round(session_seconds * 1_000)
    timeouts = {"session_timeout_ms": session_ms, "heartbeat_interval_ms": session_ms // BEATS_A_SESSION}
    membership = Membership(settings, stream, group, member_id, **timeouts)
    membership.begin(listener)
    return membership


def remove_member(settings: KafkaSettings, group: str, member_id: str) -> None:
    """Take a member that will not come back out of a group. Raises KafkaUnreachable."""
    with kafka_faults_told(settings.place):
        admin = connect(KafkaAdminClient, settings)
        try:
            admin.remove_group_members(group, [MemberToRemove(group_instance_id=member_id)])
        finally:
            admin.close()


class _Post(ConsumerRebalanceListener):  # type: ignore[misc]  # the client has no types
    """What the client calls, on its network thread: it puts the call down and does nothing else."""

    def __init__(self, calls: SimpleQueue[Change]) -> None:
        self._calls = calls

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self._calls.put(Assigned(_numbers(assigned)))

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        self._calls.put(Revoked(_numbers(revoked), lost=False))

    def on_partitions_lost(self, lost: Iterable[Any]) -> None:
        self._calls.put(Revoked(_numbers(lost), lost=True))


def _numbers(places: Iterable[Any]) -> frozenset[int]:
    return frozenset(place.partition for place in places)


def _next(calls: SimpleQueue[Change]) -> Change | None:
    try:
        return calls.get_nowait()
    except Empty:
        return None
