"""A small GitHub: the GraphQL API's view of one repository, and its mutation ``revertPullRequest``.

https://docs.github.com/en/graphql/reference
"""

import json
from typing import Any

from tests.actions.kube import CANARY
from tests.actions.servers import Answer, Seen, Site

OWNER, NAME = "acme", "checkout-deploy"
REPO = f"{OWNER}/{NAME}"
COMMIT = "4f3c" + "0" * 36
"""The merge commit of #12."""
INNER = "beef" + "0" * 36
"""Another commit of #12."""
DIRECT = "d1ec" + "0" * 36
"""Pushed without a pull request."""


class GitHubTwin:
    """GitHub on a site."""

    def __init__(self, site: Site, repo: str = REPO) -> None:
        self.repo = repo
        self.pull_requests = [_pull_request(12, "Raise the pool size", "pool-size", "MERGED")]
        self.merges = {COMMIT: [12], INNER: [12], DIRECT: []}
        self.refusal: dict[str, str] | None = None
        """An error that every mutation answers."""
        site.routes["/graphql"] = self._answer

    def reverts(self) -> list[str]:
        """Return the branches of the reverts, the oldest first."""
        return [one["headRefName"] for one in self.pull_requests if one["headRefName"].startswith("revert-")]

    def close_the_newest(self) -> None:
        """Let somebody close the newest pull request without merging it."""
        self.pull_requests[-1]["state"] = "CLOSED"

    def _answer(self, seen: Seen) -> Answer:
        if seen.headers.get("authorization") != f"Bearer {CANARY}":
            return Answer.json(401, {"message": "Bad credentials", "status": "401"})
        asked = json.loads(seen.body)
        reverts = "revertPullRequest(" in asked["query"]
        return self._revert(asked["variables"]["input"]) if reverts else self._find(asked["variables"])

    def _find(self, wanted: dict[str, str]) -> Answer:
        if f"{wanted['owner']}/{wanted['name']}" != self.repo:
            said = f"Could not resolve to a Repository with the name '{wanted['owner']}/{wanted['name']}'."
            trouble = {"type": "NOT_FOUND", "path": ["repository"], "message": said}
            return Answer.json(200, {"data": {"repository": None}, "errors": [trouble]})
        numbers = self.merges.get(wanted["commit"])
        associated = [self._number(number) for number in numbers or ()]
        commit = None if numbers is None else {"associatedPullRequests": {"nodes": associated}}
        listed = {"nodes": self.pull_requests[::-1]}
        return Answer.json(200, {"data": {"repository": {"object": commit, "pullRequests": listed}}})

    def _revert(self, wanted: dict[str, Any]) -> Answer:
        if self.refusal is not None:
            return Answer.json(200, {"data": {"revertPullRequest": None}, "errors": [self.refusal]})
        [old] = [one for one in self.pull_requests if one["id"] == wanted["pullRequestId"]]
        branch = f"revert-{old['number']}-{old['headRefName']}"
        number = 40 + len(self.pull_requests)
        made = _pull_request(number, wanted.get("title") or f'Revert "{old["title"]}"', branch, "OPEN")
        made["body"] = wanted["body"]
        self.pull_requests.append(made)
        return Answer.json(200, {"data": {"revertPullRequest": {"revertPullRequest": made}}})

    def _number(self, number: int) -> dict[str, Any]:
        return next(one for one in self.pull_requests if one["number"] == number)


def _pull_request(number: int, title: str, branch: str, state: str) -> dict[str, Any]:
    return {
        "id": f"PR_{number}",
        "number": number,
        "title": title,
        "url": f"https://github.example/{REPO}/pull/{number}",
        "state": state,
        "headRefName": branch,
        "body": "",
        "mergeCommit": {"oid": COMMIT} if state == "MERGED" else None,
    }
