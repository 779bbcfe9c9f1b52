"""The practice endpoints: people's hands, and the strings behind the stage."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import APIRouter, HTTPException
from starlette.responses import StreamingResponse

from tocsin.playground.slack import render, rooms, speaking
from tocsin.playground.slack.acting import Hand
from tocsin.playground.slack.delivery import Retry
from tocsin.playground.slack.faults import Fault
from tocsin.playground.slack.people import COMMANDS
from tocsin.playground.slack.records import Channel, LedgerEntry, Message
from tocsin.playground.slack.requests import (
    Close,
    Deliver,
    DropSockets,
    Edit,
    Home,
    Membership,
    PinMessage,
    Press,
    React,
    Say,
    Shortcut,
    Submit,
    Suggest,
    Target,
    TypedCommand,
)
from tocsin.playground.slack.shapes import Json, text
from tocsin.playground.slack.stage import Stage
from tocsin.playground.slack.workspace import Workspace


@dataclass(slots=True, eq=False)
class Pulse:
    """Wakes the pages that watch; a page that is slow misses beats, never news."""

    watchers: set[asyncio.Event] = field(default_factory=set)

    def beat(self) -> None:
        """Tell every page that something changed."""
        for watcher in self.watchers:
            watcher.set()

    async def watch(self) -> AsyncIterator[str]:
        """Yield one server-sent event per change, and a comment every 15 s to keep the line open."""
        changed = asyncio.Event()
        self.watchers.add(changed)
        try:
            yield "data: hello\n\n"
            while True:
                try:
                    async with asyncio.timeout(15):
                        await changed.wait()
                    changed.clear()
                    yield "data: changed\n\n"
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self.watchers.discard(changed)


def acting_routes(stage: Stage) -> APIRouter:
    """Route what people do to the app."""
    router = APIRouter(prefix="/practice")
    hand = Hand(stage.workspace, stage.delivery)

    @router.post("/command")
    async def command(request: TypedCommand) -> Json:
        return await hand.command(request)

    @router.post("/press")
    async def press(request: Press) -> Json:
        return await hand.press(request)

    @router.post("/suggest")
    async def suggest(request: Suggest) -> Json:
        return await hand.suggest(request)

    @router.post("/submit")
    async def submit(request: Submit) -> Json:
        return await hand.submit(request)

    @router.post("/close")
    async def close(request: Close) -> Json:
        return await hand.close(request)

    @router.post("/shortcut")
    async def shortcut(request: Shortcut) -> Json:
        return await hand.shortcut(request)

    @router.post("/home")
    async def home(request: Home) -> Json:
        hand.open_home(request)
        return {"ok": True}

    return router


def speaking_routes(stage: Stage) -> APIRouter:
    """Route what people do among themselves."""
    router = APIRouter(prefix="/practice")
    workspace = stage.workspace

    @router.post("/message")
    async def message(request: Say) -> Json:
        said = speaking.say(workspace, request)
        return {"ok": True, "channel": said.channel, "ts": said.ts, "permalink": workspace.permalink(said)}

    @router.post("/edit")
    async def edit(request: Edit) -> Json:
        return {"ok": True, "ts": speaking.edit(workspace, request).ts}

    @router.post("/delete")
    async def delete(request: Target) -> Json:
        speaking.delete(workspace, request)
        return {"ok": True}

    @router.post("/react")
    async def react(request: React) -> Json:
        speaking.react(workspace, request)
        return {"ok": True}

    @router.post("/pin")
    async def pin(request: PinMessage) -> Json:
        speaking.pin(workspace, request)
        return {"ok": True}

    @router.post("/member")
    async def member(request: Membership) -> Json:
        return {"ok": True, **speaking.move(workspace, request)}

    return router


def watching_routes(stage: Stage, pulse: Pulse) -> APIRouter:
    """Route what looks behind the stage and changes nothing."""
    router = APIRouter(prefix="/practice")

    @router.get("/state")
    async def state() -> Json:
        return snapshot(stage.workspace)

    @router.get("/live")
    async def live() -> StreamingResponse:
        return StreamingResponse(pulse.watch(), media_type="text/event-stream")

    @router.get("/calls")
    async def calls(method: str = "", refused: bool = False) -> Json:
        wanted = [entry for entry in stage.workspace.calls if refused or not entry.error]
        return {"calls": [_ledger_line(entry) for entry in wanted if method in ("", entry.method)]}

    @router.get("/deliveries")
    async def deliveries() -> Json:
        return {"events": [_delivery_line(stage, event_id) for event_id in stage.delivery.events]}

    return router


def breaking_routes(stage: Stage) -> APIRouter:
    """Route what no person in the workspace can do: repeat, break, reset."""
    router = APIRouter(prefix="/practice")

    @router.post("/deliver")
    async def deliver(request: Deliver) -> Json:
        known = stage.delivery.events
        event_id = request.event_id or next(reversed(known), "")
        if event_id not in known:
            raise HTTPException(404, f"no event {event_id!r} was sent so far")
        answer = await stage.delivery.redeliver(event_id, Retry(request.retry_num, request.retry_reason))
        return {"event_id": event_id, "status": answer.status, "reason": answer.reason}

    @router.post("/fault")
    async def fault(request: Fault) -> Json:
        stage.faults.order(request)
        return {"ok": True, "waiting": len(stage.faults.waiting)}

    @router.post("/socket")
    async def socket(request: DropSockets) -> Json:
        return {"ok": True, "closed": await stage.sockets.drop(warn=request.action == "refresh")}

    @router.post("/reset")
    async def reset() -> Json:
        await stage.delivery.cancel()
        stage.faults.clear()
        stage.limits.refill()
        stage.workspace.reset()
        return {"ok": True}

    return router


def snapshot(workspace: Workspace) -> Json:
    """Show the whole workspace, also what only one person sees (`ephemeral_to`, `views`)."""
    views = [
        {**render.view(workspace, one), "user": one.user, "errors": one.errors}
        for one in workspace.views.values()
    ]
    return {
        "team": {"id": workspace.settings.team_id, "name": workspace.settings.team_name},
        "users": [render.user(workspace, one) for one in workspace.users.values()],
        "usergroups": [render.usergroup(workspace, one) for one in workspace.usergroups.values()],
        "commands": [{"command": word, "description": what, "hint": hint} for word, what, hint in COMMANDS],
        "message_shortcuts": [
            {"callback_id": name, "title": title} for name, title in workspace.settings.message_shortcuts
        ],
        "channels": [_room(workspace, one) for one in workspace.channels.values()],
        "views": views,
        "files": [render.file(workspace, one) for one in workspace.files.values()],
    }


def _room(workspace: Workspace, room: Channel) -> Json:
    shown = rooms.summary(workspace, room)
    return {
        **shown,
        "bookmarks": room.bookmarks,
        "messages": [_message(workspace, one) for one in room.messages],
    }


def _message(workspace: Workspace, said: Message) -> Json:
    own: Json = {"ephemeral_to": said.ephemeral_to, "is_reply": said.is_reply and not said.broadcast}
    return {**render.message(workspace, said), **own}


def _ledger_line(entry: LedgerEntry) -> Json:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "method": entry.method,
        "args": entry.args,
        "ok": not entry.error,
        "error": entry.error,
        "answered": entry.answered,
    }


def _delivery_line(stage: Stage, event_id: str) -> Json:
    delivered = stage.delivery.events[event_id]
    return {
        "event_id": event_id,
        "event": delivered.envelope["event"],
        "type": text(delivered.envelope, "type"),
        "attempts": [{"status": one.status, "reason": one.reason} for one in delivered.attempts],
    }
