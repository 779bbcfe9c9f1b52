"""Sources by REST, and the webhooks of git hosts."""

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from tests.runbooks.houses import published, text
from tests.runbooks.repositories import Repo, new_repo

from tocsin.main import House

AT, HOOK = "/api/v1/sources", "/webhooks/git/ours"
SECRET = b"a-secret-of-the-tests"
BODY = b'{"ref": "refs/heads/main"}'


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repo(tmp_path / "theirs")


@pytest.fixture
def organisation(repo: Repo, tmp_path: Path) -> str:
    (tmp_path / "hook").write_bytes(SECRET)
    return f"""\
secrets: {{ hook: {{ file: {tmp_path}/hook }}, gone: {{ file: {tmp_path}/gone }} }}
sources:
  - {{ name: ours, url: {repo.url}, allow_local: true, branch: main, webhook_secret: hook }}
  - {{ name: open, url: {repo.url}, allow_local: true, names: [none] }}
  - {{ name: unset, url: {repo.url}, allow_local: true, names: [none], webhook_secret: gone }}
"""


async def jobs(house: House) -> list[str]:
    found = await house.queue.job_manager.list_jobs_async(task="runbooks.sync")
    return [str(job.task_kwargs["source"]) for job in found]


def signed(body: bytes = BODY, secret: bytes = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"}


async def test_a_source_says_what_landed(house: House, repo: Repo, script: httpx2.AsyncClient) -> None:
    commit = repo.push({"pay.yaml": text("pay")})
    await house.sources.sync("ours")
    ours = (await script.get(AT)).json()[0]
    assert (ours["name"], ours["place"], ours["commit"], ours["problems"], ours["error"]) == (
        "ours",
        repo.url,
        commit,
        [],
        "",
    )


async def test_a_source_says_every_problem_of_what_did_not(
    house: House, repo: Repo, script: httpx2.AsyncClient
) -> None:
    commit = repo.push({"a.yaml": "- 1\n", "b.yaml": "- 2\n"})
    await house.sources.sync("ours")
    ours = (await script.get(AT)).json()[0]
    assert (ours["refused_commit"], [one.partition(":")[0] for one in ours["problems"]]) == (
        commit,
        ["a.yaml", "b.yaml"],
    )


async def test_what_is_kept_in_git_is_answered_with_the_way_to_a_pull_request(
    house: House, repo: Repo, script: httpx2.AsyncClient
) -> None:
    repo.push({"pay.yaml": text("pay")})
    await house.sources.sync("ours")
    answer = await script.post("/api/v1/runbooks", json={"text": text("pay", "other")})
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        f"`pay` is kept in git. Nothing was changed. Edit pay.yaml of {repo.url} on a branch of your own, "
        "and open a pull request to main: what is merged there is what Tocsin takes.",
    )


async def test_a_look_can_be_asked_for(house: House, script: httpx2.AsyncClient) -> None:
    answer = await script.post(f"{AT}/ours/sync")
    assert (answer.status_code, answer.json(), await jobs(house)) == (202, {"source": "ours"}, ["ours"])


async def test_an_unknown_source_is_not_found(script: httpx2.AsyncClient) -> None:
    assert (await script.post(f"{AT}/theirs/sync")).status_code == 404


async def test_a_signed_push_has_the_source_looked_at(house: House, stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.post(HOOK, content=BODY, headers=signed())
    assert (answer.status_code, await jobs(house)) == (202, ["ours"])


async def test_a_push_is_published_by_a_worker(
    house: House, repo: Repo, stranger: httpx2.AsyncClient
) -> None:
    repo.push({"pay.yaml": text("pay")})
    await stranger.post(HOOK, content=BODY, headers=signed())
    await house.queue.run_worker_async(wait=False, concurrency=1)
    assert await published(house, "pay") == text("pay")


async def test_many_pushes_are_one_look(house: House, stranger: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await stranger.post(HOOK, content=BODY, headers=signed())
    assert await jobs(house) == ["ours"]


async def test_gitlab_sends_the_secret_itself(house: House, stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.post(HOOK, content=BODY, headers={"X-Gitlab-Token": SECRET.decode()})
    assert (answer.status_code, await jobs(house)) == (202, ["ours"])


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (HOOK, dict),
        (HOOK, lambda: signed(b"another body")),
        (HOOK, lambda: signed(secret=b"another secret")),
        (HOOK, lambda: signed(secret=b"")),
        (HOOK, lambda: {"X-Hub-Signature-256": "sha256=", "X-Gitlab-Token": SECRET.decode()}),
        (HOOK, lambda: {"X-Gitlab-Token": "wrong"}),
        ("/webhooks/git/open", lambda: signed(secret=b"")),
        ("/webhooks/git/open", lambda: {"X-Gitlab-Token": ""}),
        ("/webhooks/git/unset", lambda: signed(secret=b"")),
        ("/webhooks/git/nowhere", lambda: signed(secret=b"")),
    ],
)
async def test_what_is_not_signed_with_the_secret_is_refused(
    house: House, stranger: httpx2.AsyncClient, path: str, headers: Callable[[], dict[str, str]]
) -> None:
    answer = await stranger.post(path, content=BODY, headers=headers())
    assert (answer.status_code, await jobs(house)) == (401, [])


async def test_a_push_may_be_large_and_is_not_kept(house: House, stranger: httpx2.AsyncClient) -> None:
    large = b"x" * (2 * 1024 * 1024)
    assert (await stranger.post(HOOK, content=large, headers=signed(large))).status_code == 202


async def test_a_push_beyond_all_measure_is_refused(stranger: httpx2.AsyncClient) -> None:
    vast = b"x" * (25 * 1024 * 1024 + 1)
    assert (await stranger.post(HOOK, content=vast, headers=signed(vast))).status_code == 413
