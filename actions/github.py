"""GitHub: open the pull request that reverts another one.

https://docs.github.com/en/graphql/reference/mutations#revertpullrequest
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.rest import Rest, with_json
from tocsin.connections import HttpConnection
from tocsin.errors import ActionFailed, ErrorClass

LOOK_BACK = 100
"""Newest pull requests of a repository in which an earlier revert is looked for; GitHub's largest page."""

_KINDS = {
    "NOT_FOUND": ErrorClass.MISSING,
    "FORBIDDEN": ErrorClass.DENIED,
    "INSUFFICIENT_SCOPES": ErrorClass.DENIED,
    "RATE_LIMITED": ErrorClass.THROTTLED,
    "STALE_DATA": ErrorClass.CONFLICT,
    "SERVICE_UNAVAILABLE": ErrorClass.TRANSIENT,
    "INTERNAL": ErrorClass.TRANSIENT,
}
_FIND = f"""
query Find($owner: String!, $name: String!, $commit: GitObjectID!) {{
  repository(owner: $owner, name: $name) {{
    object(oid: $commit) {{
      ... on Commit {{
        associatedPullRequests(first: 20) {{
          nodes {{ id number title state headRefName mergeCommit {{ oid }} }}
        }}
      }}
    }}
    pullRequests(first: {LOOK_BACK}, orderBy: {{field: CREATED_AT, direction: DESC}}) {{
      nodes {{ number url state headRefName body }}
    }}
  }}
}}
"""
_REVERT = """
mutation Revert($input: RevertPullRequestInput!) {
  revertPullRequest(input: $input) {
    revertPullRequest { number url state headRefName body }
  }
}
"""


class RevertCommit(Frozen):
    """The commit whose pull request shall be taken back."""

    connection: str = Field(description="GitHub's API and token: http:NAME of tocsin.yaml")
    repo: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$", description="`owner/name`"
    )
    commit: str = Field(pattern=r"^[0-9a-f]{40}$", description="The whole hash")
    title: str | None = Field(
        default=None, min_length=1, max_length=250, description="GitHub's `Revert …` when not given"
    )
    reason: str = Field(default="", max_length=5000, description="Markdown, for those who review it")
    draft: bool = False

    @property
    def resource(self) -> str:
        """The lock key."""
        return f"{self.connection}/{self.repo}/{self.commit}"

    @property
    def owner(self) -> str:
        return self.repo.partition("/")[0]

    @property
    def name(self) -> str:
        return self.repo.partition("/")[2]


class RevertPlan(Plan):
    """The pull request that would be reverted."""

    pull_request: int
    node: str
    """GitHub's own id of it."""


class Reverted(Frozen):
    """The pull request that takes the change back. It is open: people merge it."""

    number: int
    url: str
    reverts: int
    opened: bool
    """False when there was one already."""


DataT = TypeVar("DataT", bound=BaseModel)


class _Oid(BaseModel):
    oid: str


class _Merged(BaseModel):
    id: str
    number: int
    title: str
    state: Literal["OPEN", "CLOSED", "MERGED"]
    mergeCommit: _Oid | None = None


class _Listed(BaseModel):
    number: int
    url: str
    state: Literal["OPEN", "CLOSED", "MERGED"]
    headRefName: str
    body: str = ""


class _MergedNodes(BaseModel):
    nodes: tuple[_Merged, ...] = ()


class _ListedNodes(BaseModel):
    nodes: tuple[_Listed, ...] = ()


class _Commit(BaseModel):
    associatedPullRequests: _MergedNodes = _MergedNodes()


class _Repository(BaseModel):
    object: _Commit | None = None
    pullRequests: _ListedNodes


class _Found(BaseModel):
    repository: _Repository | None = None


class _Made(BaseModel):
    revertPullRequest: _Listed | None = None


class _Reverting(BaseModel):
    revertPullRequest: _Made | None = None


class _Trouble(BaseModel):
    type: str = ""
    message: str = ""


class _Envelope(BaseModel, Generic[DataT]):
    """What the endpoint answers with status 200, also when it refuses; ``data`` is partial then."""

    data: DataT | None = None
    errors: tuple[_Trouble, ...] = ()


class RevertPullRequest(Action[RevertCommit, RevertPlan, Reverted]):
    """Open a pull request that reverts the one a commit came with, once. People merge it."""

    name = "github.revert_pr"
    risk = Risk.LOW
    effect = Effect.KEYED
    settle = timedelta(minutes=1)

    def resources(self, want: RevertCommit) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--repo {given.get('repo')}"
        found = (
            f"gh pr list {at} --state merged --search {given.get('commit')} --json number --jq .[0].number"
        )
        return f"gh pr revert {at} $({found})"

    def permissions(self, want: RevertCommit) -> list[Permission]:
        rights = ("contents: write", "pull requests: write")
        return [Permission(system="github", verb=right, resource=want.repo) for right in rights]

    def plan(self, want: RevertCommit) -> RevertPlan:
        repository = self._read(want)
        chosen = _chosen(want, repository)
        earlier = _standing(repository, chosen.number)
        title = want.title or f'Revert "{chosen.title}"'
        change = Change(
            resource=want.resource,
            field=f"revert of #{chosen.number}",
            before=earlier.url if earlier else None,
            after=earlier.url if earlier else title,
        )
        whole = chosen.mergeCommit is not None and chosen.mergeCommit.oid == want.commit
        return RevertPlan(
            summary=f"Open a pull request in {want.repo} that reverts #{chosen.number}: {chosen.title}",
            changes=(change,),
            warnings=() if whole else (f"the whole of #{chosen.number} is reverted, not this commit alone",),
            pull_request=chosen.number,
            node=chosen.id,
        )

    def run(self, want: RevertCommit, plan: RevertPlan, key: str) -> Reverted:
        marker = f"<!-- tocsin {key} -->"
        repository = self._read(want)
        earlier = _marked(repository, marker) or _standing(repository, plan.pull_request)
        revert = earlier or self._open(want, plan, marker)
        return Reverted(
            number=revert.number, url=revert.url, reverts=plan.pull_request, opened=earlier is None
        )

    def verify(self, want: RevertCommit, plan: RevertPlan) -> Verdict:
        standing = _standing(self._read(want), plan.pull_request)
        if standing is None:
            return Verdict(state="waiting", reason=f"no revert of #{plan.pull_request} is open or merged")
        return Verdict(state="ok", reason=f"#{standing.number} is {standing.state.lower()}")

    def _read(self, want: RevertCommit) -> _Repository:
        variables: JsonValue = {"owner": want.owner, "name": want.name, "commit": want.commit}
        repository = self._ask(want, _FIND, variables, _Envelope[_Found]).repository
        if repository is None:
            raise ActionFailed(f"{want.connection} knows no repository {want.repo}.", ErrorClass.MISSING)
        return repository

    def _open(self, want: RevertCommit, plan: RevertPlan, marker: str) -> _Listed:
        given = {"title": want.title} if want.title else {}
        body = f"{want.reason}\n\nReverts #{plan.pull_request}\n\n{marker}".lstrip()
        said: JsonValue = {"pullRequestId": plan.node, "body": body, "draft": want.draft, **given}
        made = self._ask(want, _REVERT, {"input": said}, _Envelope[_Reverting]).revertPullRequest
        if made is None or made.revertPullRequest is None:
            raise ActionFailed(
                f"{want.connection} did not say which pull request it opened; look at {want.repo}.",
                ErrorClass.TRANSIENT,
            )
        return made.revertPullRequest

    def _ask(
        self, want: RevertCommit, query: str, variables: JsonValue, answer: type[_Envelope[DataT]]
    ) -> DataT:
        github = Rest(self.connections, want.connection, HttpConnection)
        asked = with_json("POST", "/graphql", {"query": query, "variables": variables})
        found = github.ask(asked, answer)
        if found.errors or found.data is None:
            said = "; ".join(one.message for one in found.errors) or "neither data nor an error"
            kinds = [_KINDS[one.type] for one in found.errors if one.type in _KINDS]
            raise github.failure(said, kinds[0] if kinds else ErrorClass.INVALID)
        return found.data


def _chosen(want: RevertCommit, repository: _Repository) -> _Merged:
    """Return the merged pull request that brought the commit."""
    if repository.object is None:
        raise ActionFailed(
            f"{want.repo} has no commit {want.commit}; nothing was opened. Correct the hash.",
            ErrorClass.MISSING,
        )
    merged = [one for one in repository.object.associatedPullRequests.nodes if one.state == "MERGED"]
    exact = [one for one in merged if one.mergeCommit is not None and one.mergeCommit.oid == want.commit]
    candidates = exact or merged
    if len(candidates) == 1:
        return candidates[0]
    numbers = ", ".join(f"#{one.number}" for one in candidates)
    came = f"came with several pull requests ({numbers})" if candidates else "came with no pull request"
    raise ActionFailed(
        f"commit {want.commit[:12]} of {want.repo} {came}; nothing was opened. Revert it by hand.",
        ErrorClass.INVALID,
    )


def _standing(repository: _Repository, number: int) -> _Listed | None:
    """Return the open or merged revert of a pull request, by the branch that GitHub gives to every revert."""
    branch = f"revert-{number}-"
    return next(
        (
            one
            for one in repository.pullRequests.nodes
            if one.state != "CLOSED" and one.headRefName.startswith(branch)
        ),
        None,
    )


def _marked(repository: _Repository, marker: str) -> _Listed | None:
    """Return what an earlier try of this step opened, even if somebody has closed it since."""
    return next((one for one in repository.pullRequests.nodes if marker in one.body), None)
