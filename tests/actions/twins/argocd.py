"""A small Argo CD: one Application, read and patched as its API documents.

https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.actions.kube import CANARY
from tests.actions.servers import Answer, Seen, Site

APP = "checkout"
PROJECT = "shop"
_PATH = "/api/v1/applications/"


class ArgoTwin:
    """Argo CD on a site; ``policy`` is the Application's ``spec.syncPolicy``."""

    def __init__(self, site: Site, app: str = APP) -> None:
        self.app = app
        self.policy: dict[str, Any] | None = {
            "automated": {"prune": True, "selfHeal": True},
            "syncOptions": ["CreateNamespace=true"],
        }
        self.owners: list[dict[str, str]] = []
        self.patches = 0
        self.stale: dict[str, Any] | None = None
        """A policy that is shown instead, as a cache that lags behind would."""
        site.routes[f"{_PATH}{app}"] = self._application
        site.routes[f"{_PATH}nowhere"] = self._nothing

    @property
    def automated(self) -> Any:
        return (self.policy or {}).get("automated")

    def _application(self, seen: Seen) -> Answer:
        if seen.headers.get("authorization") != f"Bearer {CANARY}":
            return Answer.json(401, {"error": "no session information", "code": 16, "message": "no session"})
        if seen.method == "PATCH":
            self._patch(json.loads(seen.body))
        return Answer.json(200, self._body())

    def _patch(self, asked: dict[str, str]) -> None:
        assert asked["name"] == self.app
        assert asked["project"] == PROJECT
        assert asked["patchType"] == "merge"
        self.patches += 1
        spec = _merged({"syncPolicy": self.policy}, json.loads(asked["patch"])["spec"])
        self.policy = spec["syncPolicy"]

    def _body(self) -> dict[str, Any]:
        policy = self.policy if self.stale is None else self.stale
        metadata = {"name": self.app, "ownerReferences": self.owners, "resourceVersion": "7"}
        return {"metadata": metadata, "spec": {"project": PROJECT, "syncPolicy": policy}, "status": {}}

    def _nothing(self, seen: Seen) -> Answer:
        """Answer as Argo CD does: without the project, it does not say whether there is such a thing."""
        if parse_qs(urlsplit(seen.path).query).get("project") == [PROJECT]:
            return Answer.json(
                404, {"error": "not found", "code": 5, "message": "applications.argoproj.io not found"}
            )
        return Answer.json(403, {"error": "permission denied", "code": 7, "message": "permission denied"})


def _merged(target: Any, patch: Any) -> Any:
    """Apply a merge patch; https://datatracker.ietf.org/doc/html/rfc7386#section-2."""
    if not isinstance(patch, dict):
        return patch
    found = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = _merged(found.get(key), value)
    return found
