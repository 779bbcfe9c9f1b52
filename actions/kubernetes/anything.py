"""Objects of any kind, as the server sent them, by the paths of the API."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from pydantic import JsonValue

from tocsin.actions.answers import ReadT, parsed
from tocsin.actions.kubernetes.client import TRIES, allowed, never_at_rest, overtaken
from tocsin.actions.kubernetes.kinds import EVENT, Kind
from tocsin.actions.kubernetes.objects import Event, Object
from tocsin.actions.kubernetes.wire import Wire, api_client
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

Json = dict[str, JsonValue]
FIELD_MANAGER = "tocsin"
"""Under which the server keeps what fields we own."""
_MERGE = "application/merge-patch+json"
_APPLY = "application/apply-patch+yaml"
_OPERATIONS = "application/json-patch+json"

ResultT = TypeVar("ResultT")
StateT = TypeVar("StateT")


class Thing(NamedTuple):
    """An object, whole, and what every object has."""

    raw: Json
    about: Object


class Place(NamedTuple):
    """Where one object is."""

    kind: Kind
    name: str
    namespace: str | None = None


class Turn(NamedTuple, Generic[StateT]):
    """A state of objects: how it is read off one, and the patch that makes it so."""

    look: Callable[[Thing], StateT]
    write: Callable[[Thing, StateT], Mapping[str, JsonValue]]


class Anything(Wire):
    """One connection's API for objects of any kind. Raises ``ActionFailed``, and nothing else."""

    def __init__(self, name: str, api: ApiClient) -> None:
        super().__init__(name)
        self._api = api

    def read(self, at: Place) -> Thing:
        """Return the object."""
        return self._thing(self._served(at, partial(self._answer, "GET")))

    def find(self, at: Place) -> Thing | None:
        """Return the object; None when there is none."""
        try:
            return self.read(at)
        except ActionFailed as error:
            if error.kind is ErrorClass.MISSING:
                return None
            raise

    def many(self, model: type[ReadT], kind: Kind, namespace: str | None, **query: str | None) -> list[ReadT]:
        """Return the objects of a kind that the query selects."""

        def listed(path: str) -> list[ReadT]:
            return self._many(model, partial(self._send, "GET", path), within=namespace, **query)

        return self._served(Place(kind, "", namespace), listed)

    def events(self, namespace: str | None, uid: str) -> list[Event]:
        """Return the events of the object of this uid; those of an object of no namespace are in any."""
        return self.many(Event, EVENT, namespace, fieldSelector=f"involvedObject.uid={uid}")

    def create(self, kind: Kind, namespace: str, body: Mapping[str, JsonValue]) -> Thing | None:
        """Create an object; return None when there is one of its name."""
        try:
            made = self._served(Place(kind, "", namespace), partial(self._answer, "POST", body=body))
        except ActionFailed as error:
            if error.kind is ErrorClass.CONFLICT:
                return None
            raise
        return self._thing(made)

    def merge(self, at: Place, seen: Thing, body: Mapping[str, JsonValue]) -> bool:
        """Merge a patch into the object; return False when it changed since ``seen``."""
        metadata = body.get("metadata")
        guarded = {**(metadata if isinstance(metadata, dict) else {}), "resourceVersion": _version(seen)}
        whole = {**body, "metadata": guarded}
        return self._tried(at, partial(self._answer, "PATCH", body=whole, content_type=_MERGE))

    def change(self, at: Place, seen: Thing, operations: Sequence[Mapping[str, JsonValue]]) -> bool:
        """Do the operations of a JSON patch; return False when the object changed since ``seen``."""
        guard = {"op": "replace", "path": "/metadata/resourceVersion", "value": _version(seen)}
        body = [guard, *operations]
        return self._tried(at, partial(self._answer, "PATCH", body=body, content_type=_OPERATIONS))

    def move(self, at: Place, uid: str, turn: Turn[StateT], *, goal: StateT, origin: StateT) -> bool:
        """Write ``goal`` unless it is there already; raise CONFLICT where ``origin`` is not there either."""
        short = f"{at.namespace}/{at.name}" if at.namespace else at.name
        for _ in range(TRIES):
            seen = self.read(at)
            now = turn.look(seen)
            if seen.about.uid == uid and now == goal:
                return False
            if seen.about.uid != uid or now != origin:
                raise overtaken(short, f"{now} now, {origin} expected")
            if self.merge(at, seen, turn.write(seen, goal)):
                return True
        raise never_at_rest(short)

    def apply(self, at: Place, body: Mapping[str, JsonValue], *, force: bool, dry_run: bool) -> Thing:
        """Apply fields as the manager ``tocsin``; raise CONFLICT when another one owns a field."""
        query = {"fieldManager": FIELD_MANAGER, "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        call = partial(self._answer, "PATCH", body=body, content_type=_APPLY, **query)
        return self._thing(self._served(at, call))

    def delete(self, at: Place, uid: str, **options: JsonValue) -> bool:
        """Delete the object of this uid; return False when there is none, or another one of its name."""
        body = {"preconditions": {"uid": uid}, **options}
        try:
            self._served(at, partial(self._answer, "DELETE", body=body))
        except ActionFailed as error:
            if error.kind in (ErrorClass.MISSING, ErrorClass.CONFLICT):
                return False
            raise
        return True

    def _tried(self, at: Place, call: Callable[[str], object]) -> bool:
        try:
            self._served(at, call)
        except ActionFailed as error:
            if error.kind is ErrorClass.CONFLICT:
                return False
            raise
        return True

    def _served(self, at: Place, ask: Callable[[str], ResultT]) -> ResultT:
        """Ask under the kind's newest version, and under an older one where that is not found."""
        *newer, oldest = at.kind.versions
        for version in newer:
            try:
                return ask(_path(at, version))
            except ActionFailed as error:
                if error.kind is not ErrorClass.MISSING:
                    raise
        return ask(_path(at, oldest))

    def _answer(self, method: str, path: str, **how: Any) -> Json:
        found: Json = json.loads(self._call(self._send, method, path, **how).data)
        return found

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        content_type: str = "application/json",
        _preload_content: bool,
        _request_timeout: tuple[float, float],
        **query: Any,
    ) -> Any:
        """Send one request the way the client's own methods do; their names end where its kinds do."""
        request = self._api.param_serialize(
            method,
            path,
            query_params=[(key, value) for key, value in query.items() if value is not None],
            header_params={"Accept": "application/json", "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = self._api.call_api(*request, _request_timeout=_request_timeout)
        if not 200 <= answer.status <= 299:
            answer.read()  # type: ignore[no-untyped-call]
            raise ApiException.from_response(http_resp=answer, body=None, data=None)
        return answer.response

    def _thing(self, raw: Json) -> Thing:
        return Thing(raw, parsed(Object, raw, self._name))


def anything_of(connections: Connections, connection: str, namespace: str | None) -> Anything:
    """Return a connection's API; raise ActionFailed when the connection does not allow the namespace.

    None is the whole cluster.
    """
    return Anything(connection, api_client(connection, allowed(connections, connection, namespace)))


def part(thing: Thing, *path: str) -> JsonValue:
    """Return what stands at a path in an object; None where nothing does."""
    found: JsonValue = thing.raw
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _path(at: Place, version: str) -> str:
    group = f"/apis/{at.kind.group}/{version}" if at.kind.group else f"/api/{version}"
    where = f"/namespaces/{at.namespace}" if at.namespace else ""
    return f"{group}{where}/{at.kind.plural}{f'/{at.name}' if at.name else ''}"


def _version(seen: Thing) -> JsonValue:
    return part(seen, "metadata", "resourceVersion")
