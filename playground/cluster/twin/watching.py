"""Watches: the history since a version, then every change as it comes, one JSON line each."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.api import Target
from tocsin.playground.cluster.twin.kinds import EVENT, EVENT_V1, Kind
from tocsin.playground.cluster.twin.refusals import Refusal
from tocsin.playground.cluster.twin.requests import ListQuery
from tocsin.playground.cluster.twin.store import Change, Store
from tocsin.playground.cluster.twin.views import seen_as


class Watch(NamedTuple):
    """What is watched, from where and for how many seconds. Without a version it starts with what is."""

    target: Target
    query: ListQuery
    since: int | None
    seconds: float


async def watch_lines(store: Store, watch: Watch) -> AsyncIterator[bytes]:
    """Yield the lines of a watch until its time is over. Where history is gone, one ERROR line, code 410."""
    ends = time.monotonic() + watch.seconds
    with store.listening() as queue:
        try:
            backlog = _backlog(store, watch)
        except Refusal as refusal:
            yield _line("ERROR", refusal.body())
            return
        for line in backlog:
            yield line
        while (left := ends - time.monotonic()) > 0:
            try:
                change = await asyncio.wait_for(queue.get(), left)
            except TimeoutError:
                return
            for line in _lines(watch, change):
                yield line


def _backlog(store: Store, watch: Watch) -> list[bytes]:
    if watch.since:
        return [line for change in store.changes_since(watch.since) for line in _lines(watch, change)]
    kind = watch.target.kind
    present = [seen_as(kind, found) for found in store.all(_stored(watch.target), watch.target.namespace)]
    return [_line("ADDED", found) for found in present if watch.query.takes(found)]


def _lines(watch: Watch, change: Change) -> list[bytes]:
    if change.kind != _stored(watch.target):
        return []
    was, now = _taken(watch, change.before), _taken(watch, change.after)
    if now is not None:
        return [_line("MODIFIED" if was is not None else "ADDED", now)]
    if was is None:
        return []
    last = change.after or change.before or {}
    gone = {**last, "metadata": {**last["metadata"], "resourceVersion": str(change.version)}}
    return [_line("DELETED", seen_as(watch.target.kind, gone))]


def _taken(watch: Watch, state: Json | None) -> Json | None:
    if state is None or watch.target.namespace not in ("", state["metadata"].get("namespace", "")):
        return None
    if watch.target.name not in ("", state["metadata"]["name"]):
        return None
    shown = seen_as(watch.target.kind, state)
    return shown if watch.query.takes(shown) else None


def _stored(target: Target) -> Kind:
    return EVENT if target.kind == EVENT_V1 else target.kind


def _line(kind: str, about: Json) -> bytes:
    return json.dumps({"type": kind, "object": about}).encode() + b"\n"
