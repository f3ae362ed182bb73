"""A wire that can be cut between a statement and its answer: the client cannot know whether what it asked for was done.

The two cuts look the same to the client; only the server knows which it was, and that is what they are for.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

COMMIT = b"COMMIT\0"
"""COMMIT as PostgreSQL's protocol carries it, as a statement and as the answer to it; `ON COMMIT DROP` is not it."""

CHUNK = 65_536


@dataclass(slots=True, kw_only=True)
class Cut:
    """One cut to come: at the statement, or at the answer to it. Whoever counts it down does it under the proxy's lock."""

    statement: bytes
    answer: bytes | None  # None: cut before the statement gets there
    pass_first: int  # statements of this kind that go through unhurt


@dataclass(slots=True, eq=False)
class Wire:
    """One connection through the proxy."""

    client: socket.socket
    server: socket.socket
    forbidden: bytes | None = None  # the answer that must not get through any more

    def cut(self) -> None:
        """Ends both directions; what is on the way is lost."""
        for end in (self.client, self.server):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Gives the sockets back."""
        self.client.close()
        self.server.close()


class Scanner:
    """Finds a pattern in a stream that comes in pieces."""

    def __init__(self) -> None:
        self._end = b""

    def saw(self, pattern: bytes, piece: bytes) -> bool:
        """Whether the pattern ends in this piece; it may have begun in the one before."""
        text = self._end + piece
        self._end = text[max(0, len(text) - len(pattern) + 1) :]
        return pattern in text


@dataclass(slots=True)
class TcpProxy:
    """Listens on loopback and passes everything on to ``target`` (host:port) until it is told to cut."""

    target: str
    cuts: int = field(default=0, init=False)  # wires cut because of what went through them
    _listener: socket.socket = field(init=False)
    _wires: set[Wire] = field(default_factory=set, init=False)
    _threads: list[threading.Thread] = field(default_factory=list, init=False)
    _armed: Cut | None = field(default=None, init=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._run(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        """host:port where clients connect."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def on_the_way_to(self, url: str) -> str:
        """The URL of the server, by way of the proxy."""
        parts = urlsplit(url)
        user, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{user}{at}{self.address}").geturl()

    def cut_answer(self, statement: bytes = COMMIT, answer: bytes = COMMIT, pass_first: int = 0) -> None:
        """Arms one cut: the statement reaches the server and is done; when its answer comes, the wire is cut instead."""
        self._arm(Cut(statement=statement, answer=answer, pass_first=pass_first))

    def cut_statement(self, statement: bytes = COMMIT, pass_first: int = 0) -> None:
        """Arms one cut: the wire is cut when the statement comes, before it reaches the server."""
        self._arm(Cut(statement=statement, answer=None, pass_first=pass_first))

    def wait_for_cuts(self, count: int = 1, seconds: float = 30.0) -> bool:
        """Waits until so many wires were cut in all; False if it did not come to that."""
        with self._changed:
            return self._changed.wait_for(lambda: self.cuts >= count, seconds)

    def sever(self) -> None:
        """Cuts every wire there is, whatever goes through it."""
        with self._changed:
            for wire in self._wires:
                wire.cut()

    def close(self) -> None:
        """Takes no one any more and cuts everything."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()  # the one that accepts: after it no wire is added
        self.sever()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _arm(self, cut: Cut) -> None:
        with self._changed:
            self._armed = cut

    def _accept(self) -> None:
        host, _, port = self.target.rpartition(":")
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection((host, int(port)))
            except OSError:  # the server is down: so is the wire
                client.close()
                continue
            self._connect(Wire(client, server))

    def _connect(self, wire: Wire) -> None:
        for end in (wire.client, wire.server):  # small pieces go on at once: else each round trip takes 40 ms
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changed:
            self._wires.add(wire)
        self._run(lambda: self._carry(wire))

    def _carry(self, wire: Wire) -> None:
        """Both directions of a wire until it ends."""
        answers = threading.Thread(
            target=lambda: _pump(wire, wire.server, wire.client, self._answer_passes), daemon=True
        )
        answers.start()
        _pump(wire, wire.client, wire.server, self._statement_passes)
        answers.join()
        with self._changed:
            self._wires.discard(wire)
        wire.close()

    def _statement_passes(self, wire: Wire, scanner: Scanner, piece: bytes) -> bool:
        with self._changed:
            cut = self._armed
            if cut is None or not scanner.saw(cut.statement, piece):
                return True
            if cut.pass_first:
                cut.pass_first -= 1
                return True
            self._armed = None
            if cut.answer is None:
                self._count()
                return False
            wire.forbidden = cut.answer
            return True

    def _answer_passes(self, wire: Wire, scanner: Scanner, piece: bytes) -> bool:
        with self._changed:
            if wire.forbidden is None or not scanner.saw(wire.forbidden, piece):
                return True
            self._count()
            return False

    def _count(self) -> None:
        self.cuts += 1
        self._changed.notify_all()

    def _run(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()


def _pump(
    wire: Wire, source: socket.socket, sink: socket.socket, passes: Callable[[Wire, Scanner, bytes], bool]
) -> None:
    """Carries one direction until an end is gone or a piece must not pass; then the whole wire is cut."""
    scanner = Scanner()
    with contextlib.suppress(OSError):
        while (piece := source.recv(CHUNK)) and passes(wire, scanner, piece):
            sink.sendall(piece)
    wire.cut()
