"""The way to a Kubernetes API: calls are bounded, lists are read to their end, errors have a class."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kubernetes import config
from kubernetes.client import ApiClient, Configuration
from pydantic import BaseModel, ValidationError

from tocsin.actions.kubernetes.failures import TIMEOUT, told
from tocsin.connections import KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass

PAGE = 500
MAX_PAGES = 20

ReadT = TypeVar("ReadT", bound=BaseModel)


class _Answer(Protocol):
    data: bytes


class Wire:
    """Calls of one connection's API. Raises ``ActionFailed``, and nothing else."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _one(self, model: type[ReadT], call: Callable[..., Any], *args: str) -> ReadT:
        return _parse(model, json.loads(self._call(call, *args).data))

    def _many(self, model: type[ReadT], call: Callable[..., Any], *where: str, **how: Any) -> list[ReadT]:
        found: list[ReadT] = []
        token: str | None = None
        for _ in range(MAX_PAGES):
            page = json.loads(self._call(call, *where, limit=PAGE, _continue=token, **how).data)
            found += [_parse(model, item) for item in page.get("items") or ()]
            token = page["metadata"].get("continue")
            if not token:
                return found
        raise ActionFailed(
            f"{self._name} holds more than {PAGE * MAX_PAGES} objects where a few were expected in"
            f" {f'namespace {where[0]}' if where else 'the whole cluster'}; nothing was changed."
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
        return _client(path, connection.context, written)


@lru_cache(maxsize=32)
def _client(kubeconfig: str | None, context: str | None, written: int) -> ApiClient:
    """Return a client; ``written`` makes a new one when the kubeconfig was rotated."""
    configuration = Configuration(retries=False)  # the conductor retries, and knows what may be retried
    if kubeconfig is None:
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    else:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            kubeconfig, context=context, client_configuration=configuration, persist_config=False
        )
    return ApiClient(configuration)


def _parse(model: type[ReadT], item: Any) -> ReadT:
    try:
        return model.model_validate(item)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise ActionFailed(
            f"the cluster sent a {model.__name__} without a usable {fields}; nothing was changed.",
            ErrorClass.INVALID,
        ) from None
