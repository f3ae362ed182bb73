"""The wire is cut where it was told to be, and nowhere else; what the server did decides which cut it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from tests.support.server_handle import Server
from tests.support.server_postgresql import execute
from tests.support.tcp_proxy import COMMIT, Scanner, TcpProxy


@pytest.fixture
def proxy(postgresql_server: Server) -> Iterator[TcpProxy]:
    with TcpProxy(postgresql_server.address) as proxy:
        yield proxy


@pytest.fixture
def table(postgresql_url: str) -> str:
    """The URL of a database with an empty table."""
    execute(postgresql_url, "CREATE TABLE kept (x int)")
    return postgresql_url


def insert(url: str, x: int) -> None:
    with closing(psycopg.connect(url)) as connection, connection:
        connection.execute("CREATE TEMPORARY TABLE brought (x int) ON COMMIT DROP")
        connection.execute("INSERT INTO kept VALUES (%s)", [x])


def kept(url: str) -> list[int]:
    with closing(psycopg.connect(url)) as connection:
        return [x for (x,) in connection.execute("SELECT x FROM kept ORDER BY x")]


def test_everything_passes_while_no_cut_is_armed(proxy: TcpProxy, table: str) -> None:
    insert(proxy.on_the_way_to(table), 1)

    assert kept(proxy.on_the_way_to(table)) == [1]
    assert proxy.cuts == 0


def test_an_answer_that_is_cut_leaves_the_commit_done_and_the_client_in_doubt(proxy: TcpProxy, table: str) -> None:
    proxy.cut_answer(COMMIT)

    with pytest.raises(psycopg.OperationalError):
        insert(proxy.on_the_way_to(table), 1)

    assert kept(table) == [1]
    assert proxy.cuts == 1


def test_a_statement_that_is_cut_leaves_the_commit_undone(proxy: TcpProxy, table: str) -> None:
    proxy.cut_statement(COMMIT)

    with pytest.raises(psycopg.OperationalError):
        insert(proxy.on_the_way_to(table), 1)

    assert kept(table) == []
    assert proxy.cuts == 1


def test_a_cut_comes_once_and_only_after_those_that_may_pass(proxy: TcpProxy, table: str) -> None:
    proxy.cut_answer(COMMIT, pass_first=1)
    url = proxy.on_the_way_to(table)

    insert(url, 1)
    with pytest.raises(psycopg.OperationalError):
        insert(url, 2)
    insert(url, 3)

    assert kept(table) == [1, 2, 3]
    assert proxy.wait_for_cuts(1)


def test_a_wire_that_is_severed_is_gone_and_the_next_one_is_not(proxy: TcpProxy, table: str) -> None:
    url = proxy.on_the_way_to(table)
    with closing(psycopg.connect(url)) as connection:
        connection.execute("SELECT 1")
        proxy.sever()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")

    insert(url, 1)
    assert kept(table) == [1]


def test_a_word_that_comes_in_two_pieces_is_seen_once() -> None:
    scanner = Scanner()

    assert [scanner.saw(b"COMMIT\0", piece) for piece in (b"QQCOM", b"MIT\0Q", b"MIT\0")] == [False, True, False]
