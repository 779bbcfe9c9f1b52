"""The system at the other end: answers every request at once, and remembers when it came."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Receiver:
    """What came, by path."""

    url: str = ""
    _came: dict[str, asyncio.Future[float]] = field(default_factory=dict)

    async def came(self, path: str) -> float:
        """Wait for the first request of ``path``; return when it came, on the clock of ``perf_counter``."""
        return await asyncio.wait_for(asyncio.shield(self._expected(path)), timeout=30)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request and answer it."""
        line = await reader.readline()
        at = time.perf_counter()
        expected = self._expected(line.decode().split(" ")[1])
        if not expected.done():
            expected.set_result(at)
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        writer.close()

    def _expected(self, path: str) -> asyncio.Future[float]:
        return self._came.setdefault(path, asyncio.get_running_loop().create_future())


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Yield a receiver that listens on loopback."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.answer, "127.0.0.1", 0)
    async with server:
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield receiver
