"""A key lives where Kafka's own clients would put it."""

from __future__ import annotations

import pytest

from hepledger_events.streams import DERIVED, PARKED, REGISTRY, REPORTED, STREAMS, murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        ("21", -973932308),
        ("abc", 479470107),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    ],
)
def test_the_hash_is_the_one_of_kafkas_own_tests(key: str, signed: int) -> None:
    assert murmur2(key.encode()) == signed % 2**32


def test_a_key_has_one_partition_and_keys_use_them_all() -> None:
    keys = [f"LEE/LEE-{number:03}" for number in range(500)]
    assert [partition_of(key, 24) for key in keys] == [partition_of(key, 24) for key in keys]
    assert {partition_of(key, 24) for key in keys} == set(range(24))
    assert {partition_of(key, 1) for key in keys} == {0}


def test_every_stream_says_what_it_keeps_and_for_how_long() -> None:
    assert [stream.name for stream in STREAMS] == [REPORTED, DERIVED, PARKED, REGISTRY]
    assert all(stream.meaning and stream.key and stream.retention for stream in STREAMS)
