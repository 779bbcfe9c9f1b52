"""A repository of a small GitHub."""

from collections.abc import Callable

from pydantic import JsonValue, SecretStr

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tests.actions.twins.github import COMMIT, REPO, GitHubTwin
from tocsin.actions.github import RevertCommit
from tocsin.connections import HttpConnection


def revert_pr(worlds: Worlds) -> Case:
    twin = GitHubTwin(worlds.site)

    def connection(url: str, token: str) -> HttpConnection:
        headers = {"Authorization": SecretStr(f"Bearer {token}")}
        return HttpConnection(base_url=url, headers=headers, allow_private=True)

    def reverts() -> JsonValue:
        return [*twin.reverts()]

    url = worlds.site.url
    want = RevertCommit(connection="http:main", repo=REPO, commit=COMMIT)
    return Case(
        connections=connections_of(
            connection(url, CANARY), connection(url, "wrong"), connection(CLOSED, CANARY)
        ),
        want=want,
        missing=want.model_copy(update={"repo": "acme/nowhere"}),
        state=reverts,
        effects=reverts,
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"github.revert_pr": revert_pr}
