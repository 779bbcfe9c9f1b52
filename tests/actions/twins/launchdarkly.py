"""A small LaunchDarkly: one flag, read and changed by semantic patch as its API documents.

https://launchdarkly.com/docs/api/feature-flags
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.actions.kube import CANARY
from tests.actions.servers import Answer, Seen, Site

PROJECT = "core"
ENVIRONMENT = "production"
FLAG = "new-checkout"


class FlagTwin:
    """LaunchDarkly on a site."""

    def __init__(self, site: Site, flag: str = FLAG) -> None:
        self.flag = flag
        self.on = True
        self.off_variation: int | None = 1
        self.archived = False
        self.needs_approval = False
        self.comments: list[str] = []
        site.routes[f"/api/v2/flags/{PROJECT}/{flag}"] = self._flag

    def _flag(self, seen: Seen) -> Answer:
        if seen.headers.get("authorization") != CANARY:
            return Answer.json(401, {"code": "unauthorized", "message": "Invalid access token"})
        if seen.method == "PATCH":
            return self._patch(seen)
        [environment] = parse_qs(urlsplit(seen.path).query)["env"]
        return Answer.json(200, self._body([environment] if environment == ENVIRONMENT else []))

    def _patch(self, seen: Seen) -> Answer:
        if "domain-model=launchdarkly.semanticpatch" not in seen.headers["content-type"]:
            return Answer.json(400, {"code": "invalid_request", "message": "invalid JSON patch"})
        if self.needs_approval:
            return Answer.json(405, {"code": "method_not_allowed", "message": "approval is required"})
        asked = json.loads(seen.body)
        assert asked["environmentKey"] == ENVIRONMENT
        [instruction] = asked["instructions"]
        self.on = {"turnFlagOn": True, "turnFlagOff": False}[instruction["kind"]]
        self.comments.append(asked["comment"])
        return Answer.json(200, self._body([ENVIRONMENT]))

    def _body(self, environments: list[str]) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "on": self.on,
            "archived": False,
            "version": 7,
            "_environmentName": "Production",
        }
        if self.off_variation is not None:
            shown["offVariation"] = self.off_variation
        return {
            "key": self.flag,
            "kind": "boolean",
            "archived": self.archived,
            "variations": [
                {"_id": "a", "value": True},
                {"_id": "b", "value": False, "name": "the old checkout"},
            ],
            "environments": dict.fromkeys(environments, shown),
        }
