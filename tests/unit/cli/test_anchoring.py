"""An anchor is of a log that has a chain of hashes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hepledger.bootstrap import create_registry, open_registry
from hepledger.cli.anchoring import anchor_in, write_anchor
from hepledger.config import Config
from hepledger.errors import WrongUsage

NOW = datetime(2024, 3, 9, tzinfo=UTC)


def test_a_log_without_a_chain_has_no_anchor(tmp_path: Path) -> None:
    config = Config(database=tmp_path / "registry" / "hepledger.sqlite")
    create_registry(config, lambda: NOW)
    with open_registry(config, lambda: NOW) as registry:
        on_kafka = replace(registry, chains=())
        with pytest.raises(WrongUsage, match="on Kafka, which keeps no chain"):
            write_anchor(on_kafka, tmp_path / "anchor.json", NOW)
        assert not (tmp_path / "anchor.json").exists()
        write_anchor(registry, tmp_path / "anchor.json", NOW)
        with pytest.raises(WrongUsage, match="on Kafka"):
            anchor_in(on_kafka, tmp_path / "anchor.json")
        assert anchor_in(registry, tmp_path / "anchor.json").taken_at == NOW


def test_an_anchor_is_of_every_partition_of_every_stream(tmp_path: Path) -> None:
    config = Config(database=tmp_path / "registry" / "hepledger.sqlite", partitions=3)
    create_registry(config, lambda: NOW)
    with open_registry(config, lambda: NOW) as registry:
        marks = write_anchor(registry, tmp_path / "anchor.json", NOW).marks
    assert [(mark.stream.partition(".")[2], mark.partition) for mark in marks] == [
        *(("reported", partition) for partition in range(3)),
        *(("derived", partition) for partition in range(3)),
        ("registry", 0),
    ]
