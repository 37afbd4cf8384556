"""What an answer is made of leaves in one piece, on a real socket."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from aisle.web.one_write import OneWrite


class Counted:
    """Counts the writes to a transport."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.writes = 0

    def write(self, data: bytes) -> None:
        self.writes += 1
        self.transport.write(data)

    def close(self) -> None:
        self.transport.close()

    def is_closing(self) -> bool:
        return self.transport.is_closing()


def written(work: Callable[[OneWrite], Awaitable[None]]) -> tuple[int, bytes]:
    """Return how many writes some work needs, and what arrives at the other end."""

    async def run() -> tuple[int, bytes]:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        theirs.settimeout(10)
        transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
        counted = Counted(transport)
        writer = OneWrite(counted, loop)  # type: ignore[arg-type]
        await work(writer)
        writer.close()
        assert writer.is_closing()
        await asyncio.sleep(0)
        with theirs:
            received = await asyncio.to_thread(lambda: b"".join(iter(lambda: theirs.recv(1000), b"")))
        return counted.writes, received

    return asyncio.run(run())


def test_head_and_body_are_one_write() -> None:
    async def answer(writer: OneWrite) -> None:
        writer.write(b"head ")
        writer.write(b"body")
        writer.write(b"")
        writer.flush()
        writer.flush()

    assert written(answer) == (1, b"head body")


def test_what_comes_later_is_written_by_itself() -> None:
    async def stream(writer: OneWrite) -> None:
        for part in (b"one ", b"two ", b"three"):
            writer.write(part)
            await asyncio.sleep(0.001)

    assert written(stream) == (3, b"one two three")


def test_what_waits_is_written_before_the_end() -> None:
    async def close_at_once(writer: OneWrite) -> None:
        writer.write(b"all")

    assert written(close_at_once) == (1, b"all")
