"""Whatever somebody does to the database by hand, `verify` names where: the first bad offset, or the patients."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, select, update

from hepledger.log.chain import genesis, link, seal
from hepledger.tables import fact, log_entry, log_head, transition
from hepledger_events.streams import DERIVED, REPORTED
from tests.acceptance.test_exports import course_of_lee_001
from tests.acceptance.test_production import on
from tests.support.builders import lab
from tests.support.command import write_ndjson
from tests.support.databases import opened

EVENTS = 9
AT = log_entry.c


class Registry:
    """A registry somewhere, the commands to it, and a way into its database that asks nobody."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self.command = url, folder, on(url)

    def holding(self, name: str, submissions: list[dict[str, Any]]) -> Registry:
        for arguments in (("init",), ("ingest", write_ndjson(self.folder / name, submissions)), ("project",)):
            answer = self.command(*arguments)
            assert answer.code == 0, answer
        return self

    @contextmanager
    def edited(self) -> Iterator[Connection]:
        with opened(self.url, tables=False) as engine, engine.begin() as connection:
            yield connection

    def anchored(self) -> Path:
        file = self.folder / "anchor.json"
        assert self.command("log", "anchor", "--to", file).code == 0
        return file


@pytest.fixture(params=["sqlite", "postgresql"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Registry:
    """A registry of each kind with one course in it."""
    if request.param == "sqlite":
        (tmp_path / "registry").mkdir()
        url = f"sqlite:///{tmp_path}/registry/hepledger.sqlite"
    else:
        url = request.getfixturevalue("postgresql_url")
    return Registry(url, tmp_path).holding("delivery.ndjson", course_of_lee_001())


def entry_at(offset: int) -> Any:
    return (AT.stream == REPORTED) & (AT.offset == offset)


def edit(connection: Connection) -> None:
    payload = connection.execute(select(AT.payload).where(entry_at(4))).scalar_one()
    assert b'"30"' in payload
    connection.execute(update(log_entry).where(entry_at(4)).values(payload=payload.replace(b'"30"', b'"70"')))


def drop(connection: Connection) -> None:
    connection.execute(delete(log_entry).where(entry_at(4)))


def swap(connection: Connection) -> None:
    for before, after in ((4, 99), (5, 4), (99, 5)):
        connection.execute(update(log_entry).where(entry_at(before)).values(offset=after))


def cut_off(connection: Connection) -> None:
    connection.execute(delete(log_entry).where((AT.stream == REPORTED) & (AT.offset >= 4)))


def cut_off_with_its_head(connection: Connection) -> None:
    cut_off(connection)
    left = connection.execute(select(AT.chain_hash).where(entry_at(3))).scalar_one()
    mine = log_head.c.stream == REPORTED
    connection.execute(update(log_head).where(mine).values(next_offset=4, chain_hash=left))


def write_anew(connection: Connection) -> None:
    """An edit by somebody who knows how the chain is made."""
    edit(connection)
    chain = genesis(REPORTED, 0)
    for row in connection.execute(select(log_entry).where(AT.stream == REPORTED).order_by(AT.offset)).all():
        chain = link(chain, seal(row.event_id, row.content_hash, row.key, row.payload))
        connection.execute(update(log_entry).where(entry_at(row.offset)).values(chain_hash=chain))
    connection.execute(update(log_head).where(log_head.c.stream == REPORTED).values(chain_hash=chain))


@pytest.mark.parametrize("damage", [edit, drop, swap, cut_off])
def test_an_entry_that_was_edited_deleted_swapped_or_cut_off_is_named_by_its_offset(
    registry: Registry, damage: Callable[[Connection], None]
) -> None:
    with registry.edited() as connection:
        damage(connection)
    answer = registry.command("verify")
    assert answer.code == 5
    assert f"BROKEN  {REPORTED}, partition 0: not as it was appended from offset 4 on" in answer.out
    assert "was not compared" in answer.err
    verdict = registry.command("verify", "--json").json
    assert (verdict["ok"], verdict["projection_compared"], verdict["broken"][0]["offset"]) == (False, False, 4)


def test_an_end_that_was_cut_off_with_its_head_is_found_by_what_was_projected_from_it(registry: Registry) -> None:
    with registry.edited() as connection:
        cut_off_with_its_head(connection)
    answer = registry.command("verify")
    assert answer.code == 5
    assert f"partition 0 ends at offset 4, hegade-2011@1 was projected up to {EVENTS}" in answer.out


def test_an_end_that_was_cut_off_everywhere_is_found_by_an_anchor_alone(registry: Registry) -> None:
    anchor = registry.anchored()
    answer = registry.command("verify", "--anchor", anchor)
    assert (answer.code, "it continues what was anchored at" in answer.out) == (0, True)
    with registry.edited() as connection:
        last = delete(log_entry).where((AT.stream == DERIVED) & (AT.offset >= 2))
        assert connection.execute(last).rowcount > 0
        left = connection.execute(select(AT.chain_hash).where(AT.stream == DERIVED, AT.offset == 1)).scalar_one()
        mine = log_head.c.stream == DERIVED
        connection.execute(update(log_head).where(mine).values(next_offset=2, chain_hash=left))
    assert registry.command("verify").code == 0
    answer = registry.command("verify", "--anchor", anchor)
    assert answer.code == 5
    assert f"BROKEN  {DERIVED}, partition 0: ends at offset 2, and reached to" in answer.out
    assert "it continues" not in answer.out


def test_a_chain_that_was_written_anew_is_found_by_an_anchor(registry: Registry) -> None:
    anchor = registry.anchored()
    with registry.edited() as connection:
        write_anew(connection)
    without = registry.command("verify")
    assert "BROKEN" not in without.out
    assert "DIFFERS  LEE/LEE-001 under hegade-2011@1" in without.out
    answer = registry.command("verify", "--anchor", anchor)
    assert answer.code == 5
    assert f"{REPORTED}, partition 0: what is below offset {EVENTS} is not what was anchored" in answer.out


def test_an_anchor_holds_while_the_log_goes_on_and_is_replaced_only_by_one_that_continues_it(
    registry: Registry,
) -> None:
    anchor = registry.anchored()
    registry.holding("more.ndjson", [lab("LEE-009"), lab("LEE-010")])
    assert registry.command("verify", "--anchor", anchor).code == 0
    before = json.loads(anchor.read_text())
    registry.anchored()
    after = json.loads(anchor.read_text())
    offsets = [
        {each["stream"]: each["next_offset"] for each in found["partitions"]}[REPORTED] for found in (before, after)
    ]
    assert offsets == [EVENTS, EVENTS + 2]
    with registry.edited() as connection:
        cut_off_with_its_head(connection)
    refused = registry.command("log", "anchor", "--to", anchor)
    assert refused.code == 5
    assert "which is left as it is" in refused.err
    assert json.loads(anchor.read_text()) == after


def edit_fact(connection: Connection) -> None:
    connection.execute(update(fact).where(fact.c.value == "240").values(value="241"))


def drop_fact(connection: Connection) -> None:
    connection.execute(delete(fact).where(fact.c.value == "240"))


def swap_transitions(connection: Connection) -> None:
    for before, after in (("PR", "XX"), ("CR", "PR"), ("XX", "CR")):
        connection.execute(update(transition).where(transition.c.to_state == before).values(to_state=after))


def truncate_facts(connection: Connection) -> None:
    connection.execute(delete(fact))


@pytest.mark.parametrize("damage", [edit_fact, drop_fact, swap_transitions, truncate_facts])
def test_rows_of_the_state_that_were_edited_deleted_swapped_or_emptied_are_named_by_their_patients(
    registry: Registry, damage: Callable[[Connection], None]
) -> None:
    with registry.edited() as connection:
        damage(connection)
    answer = registry.command("verify")
    assert answer.code == 5
    assert answer.out.splitlines()[1].startswith("DIFFERS  LEE/LEE-001 under hegade-2011@1")


def test_a_cut_that_was_made_on_any_database_gives_the_same_bytes_again(registry: Registry) -> None:
    assert registry.command("cut", "create", "dsmb-1", "--until", "2024-07-31").code == 0
    registry.holding("more.ndjson", [lab("LEE-001", "2024-04-30", "99"), lab("LEE-009", "2024-02-01")])
    shown = registry.command("cut", "show", "dsmb-1")
    assert (shown.code, "verified: all 5 tables" in shown.out) == (0, True)
    with registry.edited() as connection:
        drop_fact(connection)
    assert registry.command("cut", "show", "dsmb-1").code == 5


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("verify", "--anchor", "nowhere.json"), 4, "there is no such file"),
        (("verify", "--anchor", "delivery.ndjson"), 3, "is not an anchor that `hepledger log anchor` wrote"),
        (("log", "anchor", "--to", "delivery.ndjson"), 3, "is not an anchor"),
        (("log", "anchor", "--to", "nowhere/anchor.json"), 2, "there is no folder"),
    ],
)
def test_what_is_no_anchor_is_refused(registry: Registry, arguments: tuple[str, ...], code: int, said: str) -> None:
    *words, file = arguments
    answer = registry.command(*words, registry.folder / file)
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
