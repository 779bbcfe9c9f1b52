"""The way to a Kubernetes API: calls are bounded, lists are read to their end, errors have a class."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from kubernetes import config
from kubernetes.client import ApiClient, Configuration
from kubernetes.client.rest import RESTResponse
from urllib3 import HTTPHeaderDict

from tocsin.actions.answers import ReadT, parsed
from tocsin.actions.kubernetes.failures import TIMEOUT, told
from tocsin.connections import Impersonation, KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass

PAGE = 500
MAX_PAGES = 20


class _Answer(Protocol):
    data: bytes


class Wire:
    """Calls of one connection's API. Raises ``ActionFailed``, and nothing else."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _one(self, model: type[ReadT], call: Callable[..., Any], *args: str) -> ReadT:
        return parsed(model, json.loads(self._call(call, *args).data), self._name)

    def _many(
        self, model: type[ReadT], call: Callable[..., Any], *where: str, within: str | None = None, **how: Any
    ) -> list[ReadT]:
        """Return the whole list; ``within`` is its namespace where ``where`` does not begin with it."""
        namespace = within or next(iter(where), None)
        found: list[ReadT] = []
        token: str | None = None
        for _ in range(MAX_PAGES):
            page = json.loads(self._call(call, *where, limit=PAGE, _continue=token, **how).data)
            found += [parsed(model, item, self._name) for item in page.get("items") or ()]
            token = page["metadata"].get("continue")
            if not token:
                return found
        raise ActionFailed(
            f"{self._name} holds more than {PAGE * MAX_PAGES} objects where a few were expected in"
            f" {f'namespace {namespace}' if namespace else 'the whole cluster'}; nothing was changed."
            " Look at it with kubectl.",
            ErrorClass.INVALID,
        )

    def _patched(self, call: Callable[..., Any], *args: Any) -> bool:
        """Patch; return False when the object changed since the version that the patch names."""
        try:
            self._call(call, *args)
        except ActionFailed as error:
            if error.kind is ErrorClass.CONFLICT:
                return False
            raise
        return True

    def _call(self, call: Callable[..., Any], *args: Any, **how: Any) -> _Answer:
        with told(self._name):
            answer: _Answer = call(*args, _preload_content=False, _request_timeout=TIMEOUT, **how)
            answer.data  # noqa: B018  # reads the body here, where a timeout gets its class
            return answer


def api_client(name: str, connection: KubernetesConnection) -> ApiClient:
    """Return the client of a connection; raise ActionFailed when its kubeconfig cannot be used."""
    with told(name):
        path = connection.kubeconfig
        written = Path(path).stat().st_mtime_ns if path else 0
        return _client(path, connection.context, written, connection.impersonate)


class _Impersonating(ApiClient):
    """A client that says with every call whom to take it for.

    The headers are put on here, as default ones cannot be given twice: each group has a header of its own.
    """

    def __init__(self, configuration: Configuration, whom: Impersonation) -> None:
        super().__init__(configuration)
        self._whom = whom

    def call_api(
        self, method: str, url: str, header_params: Any = None, *rest: Any, **how: Any
    ) -> RESTResponse:
        headers = HTTPHeaderDict(header_params or {})
        headers["Impersonate-User"] = self._whom.user
        for group in self._whom.groups:
            headers.add("Impersonate-Group", group)
        return super().call_api(method, url, headers, *rest, **how)


@lru_cache(maxsize=32)
def _client(
    kubeconfig: str | None, context: str | None, written: int, whom: Impersonation | None
) -> ApiClient:
    """Return a client; ``written`` makes a new one when the kubeconfig was rotated."""
    configuration = Configuration(retries=False)  # the conductor retries, and knows what may be retried
    if kubeconfig is None:
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    else:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            kubeconfig, context=context, client_configuration=configuration, persist_config=False
        )
    return ApiClient(configuration) if whom is None else _Impersonating(configuration, whom)
