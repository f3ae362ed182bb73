"""What can go wrong with a log besides its server being away, each with what to do about it."""

from __future__ import annotations

from hepledger.errors import CheckFailed, NotFound, WrongUsage


class StreamMissing(WrongUsage):
    """The log has no such stream."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"The log has no stream {stream}: create it first")
        self.stream = stream


class PartitionsFixed(WrongUsage):
    """The number of partitions of a stream is fixed when it is created."""

    def __init__(self, stream: str, standing: int, wanted: int) -> None:
        super().__init__(f"The stream {stream} was created with {standing} partitions and cannot have {wanted}")
        self.stream, self.standing, self.wanted = stream, standing, wanted


class PartitionMissing(NotFound):
    """The stream has no such partition."""

    def __init__(self, stream: str, partition: int) -> None:
        super().__init__(f"The stream {stream} has no partition {partition}")
        self.stream, self.partition = stream, partition


class OffsetMissing(CheckFailed):
    """The log does not hold the position a reader stands at."""

    def __init__(self, stream: str, partition: int, offset: int, earliest: int, next_offset: int) -> None:
        super().__init__(
            f"A reader of {stream} stands at offset {offset} of partition {partition}, but the log goes from "
            f"{earliest} to {next_offset}: log and reader do not belong together (was one of them restored from a "
            "backup?). Restore the one that fits, or project again from the beginning. Nothing was skipped"
        )
        self.stream, self.partition, self.offset = stream, partition, offset
        self.earliest, self.next_offset = earliest, next_offset


class LogDamaged(CheckFailed):
    """The log contradicts itself."""

    def __init__(self, stream: str, reason: str) -> None:
        super().__init__(f"The log of {stream} contradicts itself: {reason}. `hepledger verify` tells where")
        self.stream, self.reason = stream, reason
