"""Where the tests' objects are, and the wait until an action's effect has settled."""

import time
from typing import Any

from tests.actions.kube import NAMESPACE
from tocsin.actions.base import Verdict
from tocsin.actions.registry import AnyAction


def at(name: str) -> dict[str, str]:
    return {"connection": "k8s:main", "namespace": NAMESPACE, "deployment": name}


def of(kind: str, name: str) -> dict[str, str]:
    return {"connection": "k8s:main", "namespace": NAMESPACE, kind: name}


def settled(action: AnyAction, want: object, plan: Any) -> Verdict:
    """Verify as the worker does, until it is no longer waiting."""
    deadline = time.monotonic() + 30
    while (verdict := action.verify(want, plan)).state == "waiting" and time.monotonic() < deadline:
        time.sleep(0.1)
    return verdict
