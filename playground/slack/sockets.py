"""Socket Mode: https://docs.slack.dev/apis/events-api/using-socket-mode."""

import asyncio
import json
from dataclasses import dataclass, field

from starlette.websockets import WebSocket, WebSocketDisconnect

from tocsin.playground.slack.shapes import Json, as_object, text
from tocsin.playground.slack.workspace import Workspace


@dataclass(slots=True, eq=False)
class Connection:
    """One open socket and the envelopes that wait for their acknowledgement."""

    websocket: WebSocket
    waiting: dict[str, asyncio.Future[object]] = field(default_factory=dict)
    greeted: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, envelope: Json) -> object:
        """Send an envelope and return the acknowledgement's payload, None when it has none."""
        envelope_id = text(envelope, "envelope_id")
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.waiting[envelope_id] = answer
        try:
            await self.greeted.wait()
            await self.websocket.send_json(envelope)
            return await answer
        finally:
            del self.waiting[envelope_id]

    async def listen(self) -> None:
        """Hand acknowledgements to those who wait, until the client leaves."""
        while True:
            said = as_object(json.loads(await self.websocket.receive_text()))
            answer = self.waiting.get(text(said, "envelope_id"))
            if answer is not None and not answer.done():
                answer.set_result(said.get("payload"))


@dataclass(slots=True)
class Sockets:
    """The open sockets; every envelope goes through exactly one of them."""

    workspace: Workspace
    open: list[Connection] = field(default_factory=list)

    async def serve(self, websocket: WebSocket, ticket: str) -> None:
        """Keep one client connected; a ticket works once."""
        if ticket not in self.workspace.tickets:
            await websocket.close(code=1008, reason="invalid ticket")
            return
        self.workspace.tickets.remove(ticket)
        connection = Connection(websocket)
        # Before it is accepted: from then on the client counts on it.
        self.open.append(connection)
        try:
            await websocket.accept()
            await websocket.send_json(self._hello())
            connection.greeted.set()
            await connection.listen()
        except WebSocketDisconnect:
            return
        finally:
            self._forget(connection)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": {"host": "practice", "build_number": 1, "approximate_connection_time": 3600},
            "connection_info": {"app_id": self.workspace.settings.app_id},
        }

    def _forget(self, connection: Connection) -> None:
        if connection in self.open:
            self.open.remove(connection)
        for answer in connection.waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionResetError("the Socket Mode client left before acknowledging"))

    async def drop(self, *, warn: bool) -> int:
        """Close every socket; with `warn` the client is told to reconnect first, as Slack's refresh does."""
        leaving = list(self.open)
        for connection in leaving:
            self._forget(connection)
            if warn:
                await connection.websocket.send_json({"type": "disconnect", "reason": "refresh_requested"})
            await connection.websocket.close()
        return len(leaving)
