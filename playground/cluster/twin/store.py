"""The twin's memory: objects by kind, one rising resource version, and the history that watches read."""

import asyncio
import copy
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.kinds import STORED, Kind
from tocsin.playground.cluster.twin.refusals import already_exists, conflict, expired, not_found

HISTORY = 5_000
"""Changes kept for watches that start from an older version; beyond them the answer is 410."""


class Change(NamedTuple):
    """One step of the history. `before` is None when the object is new, `after` when it is gone."""

    version: int
    kind: Kind
    before: Json | None
    after: Json | None


class Store:
    """Objects by kind, namespace and name, owned by one event loop. What is kept is never changed."""

    def __init__(self) -> None:
        self.version = 1
        self._objects: dict[Kind, dict[tuple[str, str], Json]] = {kind: {} for kind in STORED}
        self._history: deque[Change] = deque(maxlen=HISTORY)
        self._listeners: set[asyncio.Queue[Change]] = set()

    def get(self, kind: Kind, namespace: str, name: str) -> Json:
        """Return one object. Raises Refusal 404."""
        return copy.deepcopy(self._kept(kind, namespace, name))

    def all(self, kind: Kind, namespace: str = "") -> list[Json]:
        """Return the objects of a kind by namespace and name; without a namespace those of all."""
        objects = self._objects[kind]
        return [copy.deepcopy(objects[key]) for key in sorted(objects) if namespace in ("", key[0])]

    def scan(self, kind: Kind, namespace: str = "") -> Sequence[Json]:
        """Return the kept objects themselves, in no order: to be looked at, never to be changed."""
        return [kept for key, kept in self._objects[kind].items() if namespace in ("", key[0])]

    def create(self, kind: Kind, new: Json) -> Json:
        """Keep a new object. Raises Refusal 409 where the name is taken."""
        key = _key(new)
        if key in self._objects[kind]:
            raise already_exists(kind, key[1])
        return self._commit(kind, None, new)

    def replace(self, kind: Kind, new: Json) -> Json:
        """Keep a new state of an object, if it differs. Raises Refusal 404, and 409 for a stale version."""
        current = self._kept(kind, *_key(new))
        if new["metadata"]["resourceVersion"] != current["metadata"]["resourceVersion"]:
            raise conflict(kind, new["metadata"]["name"])
        return new if new == current else self._commit(kind, current, new)

    def remove(self, kind: Kind, gone: Json) -> None:
        """Forget an object. Raises Refusal 404."""
        current = self._kept(kind, *_key(gone))
        del self._objects[kind][_key(gone)]
        self.version += 1
        self._publish(Change(self.version, kind, current, None))

    def changes_since(self, version: int) -> list[Change]:
        """Return the kept history after a version. Raises Refusal 410 where a part of it is forgotten."""
        oldest = self._history[0].version if len(self._history) == HISTORY else 0
        if version + 1 < oldest:
            raise expired(version)
        return [change for change in self._history if change.version > version]

    @contextmanager
    def listening(self) -> Iterator[asyncio.Queue[Change]]:
        """Hand out a queue that gets every change from now on."""
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def _kept(self, kind: Kind, namespace: str, name: str) -> Json:
        kept = self._objects[kind].get((namespace, name))
        if kept is None:
            raise not_found(kind, name)
        return kept

    def _commit(self, kind: Kind, before: Json | None, new: Json) -> Json:
        self.version += 1
        kept = copy.deepcopy(new)
        kept["metadata"]["resourceVersion"] = str(self.version)
        self._objects[kind][_key(kept)] = kept
        self._publish(Change(self.version, kind, before, kept))
        return copy.deepcopy(kept)

    def _publish(self, change: Change) -> None:
        self._history.append(change)
        for queue in self._listeners:
            queue.put_nowait(change)


def _key(owner: Json) -> tuple[str, str]:
    meta = owner["metadata"]
    return meta.get("namespace", ""), meta["name"]
