"""A log on Kafka cannot refuse a second cut of a name, and has no chain: both are dealt with all the same."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from hepledger.bootstrap import create_log, open_registry
from hepledger.cli.asking import cut_named
from hepledger.cli.entry import run
from hepledger.config import Config
from hepledger.reporting.data_cut_event import announce
from tests.acceptance.test_exports import course_of_lee_001
from tests.support.builders import lab
from tests.support.command import Answer, write_ndjson
from tests.support.server_handle import Server


def test_a_cut_on_kafka_gives_the_same_bytes_and_the_first_of_a_name_stands(
    tmp_path: Path, kafka_server: Server, kafka_prefix: str
) -> None:
    config = Config(
        database=tmp_path / "registry" / "hepledger.sqlite", kafka=f"{kafka_server.url}/{kafka_prefix}", partitions=3
    )
    create_log(config, 3, 1)
    hepledger = on(config)
    assert hepledger("init").code == 0
    assert hepledger("ingest", write_ndjson(tmp_path / "delivery.ndjson", course_of_lee_001())).code == 0
    assert hepledger("project").code == 0
    assert hepledger("cut", "create", "dsmb-1").code == 0
    with open_registry(config, lambda: datetime.now(UTC)) as registry:
        first = cut_named(registry, "dsmb-1")
        announce(registry.decisions, replace(first, offsets={0: 0, 1: 0, 2: 0}))
    assert hepledger("ingest", write_ndjson(tmp_path / "more.ndjson", [lab("LEE-001", "2024-04-30", "99")])).code == 0
    assert hepledger("project").code == 0
    shown = hepledger("cut", "show", "dsmb-1", "--json")
    assert (shown.code, shown.json["verified"]) == (0, True)
    assert {each["partition"]: each["next_offset"] for each in shown.json["offsets"]} == first.offsets
    assert hepledger("cut", "create", "dsmb-1").code == 3
    verified = hepledger("verify")
    assert (verified.code, "ALTERED" in verified.out) == (0, False)
    anchored = hepledger("log", "anchor", "--to", tmp_path / "anchor.json")
    assert (anchored.code, "on Kafka, which keeps no chain" in anchored.err) == (2, True)


def on(config: Config) -> Callable[..., Answer]:
    def command(*arguments: str | Path) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run(["--home", str(config.home), "--log-url", str(config.kafka), *map(str, arguments)])
        return Answer(code, out.getvalue(), err.getvalue())

    return command
