"""github.revert_pr: once, of the right pull request, or not at all."""

import pytest
from pydantic import SecretStr, ValidationError

from tests.actions.kube import CANARY
from tests.actions.servers import Answer, Seen, Site
from tests.actions.twins.github import COMMIT, DIRECT, INNER, REPO, GitHubTwin
from tocsin.actions.github import RevertCommit, RevertPullRequest
from tocsin.connections import Connections, HttpConnection
from tocsin.errors import ActionFailed, ErrorClass


@pytest.fixture
def twin(site: Site) -> GitHubTwin:
    return GitHubTwin(site)


@pytest.fixture
def action(site: Site, twin: GitHubTwin) -> RevertPullRequest:
    headers = {"Authorization": SecretStr(f"Bearer {CANARY}")}
    connection = HttpConnection(base_url=site.url, headers=headers, allow_private=True)
    return RevertPullRequest(Connections({"http:github": connection}))


def want(commit: str = COMMIT, title: str | None = None, reason: str = "") -> RevertCommit:
    return RevertCommit(connection="http:github", repo=REPO, commit=commit, title=title, reason=reason)


def test_it_is_opened_with_its_title_and_reason(action: RevertPullRequest, twin: GitHubTwin) -> None:
    wanted = want(title="Revert after inc-7", reason="Carts were lost.")
    action.run(wanted, action.plan(wanted), "step-1")
    made = twin.pull_requests[-1]
    assert (made["title"], made["body"].split("\n\n")) == (
        "Revert after inc-7",
        ["Carts were lost.", "Reverts #12", "<!-- tocsin step-1 -->"],
    )


def test_another_run_does_not_open_a_second_one(action: RevertPullRequest, twin: GitHubTwin) -> None:
    first = action.run(want(), action.plan(want()), "step-1")
    second = action.run(want(), action.plan(want()), "step-2")
    assert (second.opened, second.number, twin.reverts()) == (False, first.number, ["revert-12-pool-size"])


def test_one_whose_answer_was_lost_is_found_again(
    action: RevertPullRequest, twin: GitHubTwin, site: Site
) -> None:
    plan = action.plan(want())
    answer = site.routes["/graphql"]

    def lost(seen: Seen) -> Answer:
        return (
            Answer(502) if b"revertPullRequest(" in seen.body and answer(seen).status == 200 else answer(seen)
        )

    site.routes["/graphql"] = lost
    with pytest.raises(ActionFailed) as caught:
        action.run(want(), plan, "step-1")
    assert caught.value.retryable
    assert not action.run(want(), plan, "step-1").opened
    assert twin.reverts() == ["revert-12-pool-size"]


def test_a_plan_that_finds_one_says_where(action: RevertPullRequest, twin: GitHubTwin) -> None:
    url = action.run(want(), action.plan(want()), "step-1").url
    plan = action.plan(want())
    assert (plan.noop, plan.changes[0].after) == (True, url)


def test_after_somebody_closed_it_another_run_opens_it_anew(
    action: RevertPullRequest, twin: GitHubTwin
) -> None:
    action.run(want(), action.plan(want()), "step-1")
    twin.close_the_newest()
    assert action.run(want(), action.plan(want()), "step-2").opened


def test_after_somebody_closed_it_the_same_step_does_not(action: RevertPullRequest, twin: GitHubTwin) -> None:
    action.run(want(), action.plan(want()), "step-1")
    twin.close_the_newest()
    assert not action.run(want(), action.plan(want()), "step-1").opened


def test_a_closed_one_is_not_verified(action: RevertPullRequest, twin: GitHubTwin) -> None:
    plan = action.plan(want())
    action.run(want(), plan, "step-1")
    twin.close_the_newest()
    assert action.verify(want(), plan).state == "waiting"


def test_one_commit_of_several_brings_a_warning(action: RevertPullRequest) -> None:
    assert action.plan(want(INNER)).warnings == ("the whole of #12 is reverted, not this commit alone",)


def test_a_commit_without_a_pull_request_is_refused(action: RevertPullRequest) -> None:
    with pytest.raises(ActionFailed, match="came with no pull request; nothing was opened"):
        action.plan(want(DIRECT))


def test_a_commit_of_several_pull_requests_is_refused(action: RevertPullRequest, twin: GitHubTwin) -> None:
    other = {**twin.pull_requests[0], "number": 13, "mergeCommit": {"oid": "0" * 40}}
    twin.pull_requests.append(other)
    twin.merges[INNER] = [12, 13]
    with pytest.raises(ActionFailed, match="several pull requests"):
        action.plan(want(INNER))


def test_an_unknown_commit_is_missing(action: RevertPullRequest) -> None:
    with pytest.raises(ActionFailed, match="has no commit") as caught:
        action.plan(want("a" * 40))
    assert caught.value.kind is ErrorClass.MISSING


def test_half_a_hash_is_no_commit() -> None:
    with pytest.raises(ValidationError):
        want("4f3c000")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("FORBIDDEN", ErrorClass.DENIED),
        ("RATE_LIMITED", ErrorClass.THROTTLED),
        ("UNPROCESSABLE", ErrorClass.INVALID),
    ],
)
def test_a_refusal_is_told_in_githubs_words(
    action: RevertPullRequest, twin: GitHubTwin, kind: str, expected: ErrorClass
) -> None:
    plan = action.plan(want())
    twin.refusal = {"type": kind, "message": "It cannot be reverted."}
    with pytest.raises(ActionFailed, match="It cannot be reverted") as caught:
        action.run(want(), plan, "step-1")
    assert caught.value.kind is expected


def test_a_403_that_asks_to_wait_is_throttled(action: RevertPullRequest, site: Site) -> None:
    site.routes["/graphql"] = lambda _: Answer(
        403, {"retry-after": "60"}, b'{"message": "secondary rate limit"}'
    )
    with pytest.raises(ActionFailed, match="wait 60") as caught:
        action.plan(want())
    assert caught.value.kind is ErrorClass.THROTTLED
