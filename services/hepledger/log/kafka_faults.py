"""What Kafka's client raises, told as the log's own faults: nobody above this room knows the client's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from kafka import errors

from hepledger.errors import CheckFailed, HepledgerError, InputRefused, NotInThisVersion, ServiceUnreachable, WrongUsage

DEFINITE: Final = (
    errors.AuthorizationError,
    errors.SaslAuthenticationFailedError,
    errors.InvalidTopicError,
    errors.KafkaConfigurationError,
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    errors.InvalidRecordError,
)
"""Errors of a producer that another attempt will meet again. After any other the records may stand, or not."""


class KafkaUnreachable(ServiceUnreachable):
    """Kafka could not be used."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"Kafka at {place} could not be used: {reason}")
        self.place, self.reason = place, reason


class AppendUncertain(KafkaUnreachable):
    """Kafka did not confirm an append: some of it may stand."""

    def __init__(self, place: str, unconfirmed: int, reason: str) -> None:
        super().__init__(
            place,
            f"{unconfirmed} events were not confirmed ({reason}). Some of them may stand all the same: "
            "send the same once more, what stands twice has no effect",
        )
        self.unconfirmed = unconfirmed


class EntryTooLarge(InputRefused):
    """An event is too large for Kafka."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"An event of {size} bytes is too large for Kafka, which takes {limit}. Nothing was appended")
        self.size, self.limit = size, limit


class TopicRefused(WrongUsage):
    """Kafka does not create a topic like this."""

    def __init__(self, topic: str, reason: str) -> None:
        super().__init__(f"Kafka did not create the topic {topic}: {reason}")
        self.topic, self.reason = topic, reason


class RetentionLimited(CheckFailed):
    """Kafka deletes what this stream must keep."""

    def __init__(self, topic: str, setting: str, value: str) -> None:
        super().__init__(
            f"The topic {topic} has {setting}={value}, so Kafka deletes what must be kept forever: set it to -1 "
            "(kafka-configs.sh --alter), before anything is lost"
        )
        self.topic, self.setting, self.value = topic, setting, value


class MemberReplaced(HepledgerError):
    """Another worker has joined the group under the same member id."""

    def __init__(self, group: str, member_id: str) -> None:
        super().__init__(f"Another worker has joined the group {group} as {member_id}: give each worker its own id")
        self.group, self.member_id = group, member_id


class NoSearchInKafka(NotInThisVersion):
    """Kafka cannot find an event by its id: ask the facts in the database, which know partition and offset."""


@contextmanager
def kafka_faults_told(place: str) -> Iterator[None]:
    """The client's errors, as ours. Raises KafkaUnreachable."""
    try:
        yield
    except errors.KafkaError as error:
        raise KafkaUnreachable(place, reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """A client's error in one line. The text of an answer that refused is left out: it may repeat the whole request."""
    if isinstance(error, KafkaUnreachable):
        return error.reason
    if isinstance(error, errors.BrokerResponseError):
        return f"{error.message}: {error.description}"
    return f"{type(error).__name__}: {error}".partition("\n")[0][:200].rstrip(": ")
