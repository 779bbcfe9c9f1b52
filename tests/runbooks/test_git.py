"""Repositories as git brings them here: one branch, one commit, and nothing that would run."""

import base64
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.runbooks.git_host import TOKEN, Host, git_host
from tests.runbooks.repositories import Repo, new_repo
from tocsin.errors import SourceFailed
from tocsin.publishing import Source
from tocsin.runbooks.git import Repository
from tocsin.runbooks.snapshots import Snapshot, of_commit
from tocsin.runbooks.yaml import MAX_BYTES

TEXT = "schema: runbook/v1\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repo(tmp_path / "theirs")


def copy_of(repo: Repo, tmp_path: Path, **more: Any) -> Repository:
    source = Source(**{"name": "sre", "url": repo.url, "allow_local": True, **more})
    return Repository(tmp_path / "ours", source)


def paths(snapshot: Snapshot) -> list[str]:
    return [file.path for file in snapshot.files]


async def test_a_commit_is_known_by_its_hash_and_its_author(repo: Repo, tmp_path: Path) -> None:
    commit = repo.push({"a.yaml": TEXT})
    found = (await of_commit(copy_of(repo, tmp_path))).commit
    assert found is not None
    assert (found.id, found.author.kind, found.author.email) == (commit, "git", "ana@acme.example")


async def test_runbooks_are_the_yaml_files_that_no_dot_hides(repo: Repo, tmp_path: Path) -> None:
    repo.push(dict.fromkeys(("a.yaml", "deep/b.yml", "README.md", ".github/ci.yml", ".c.yaml"), TEXT))
    assert paths(await of_commit(copy_of(repo, tmp_path))) == ["a.yaml", "deep/b.yml"]


async def test_only_the_folder_of_the_source_counts(repo: Repo, tmp_path: Path) -> None:
    repo.push({"ops/a.yaml": TEXT, "ops-old/b.yaml": TEXT, "c.yaml": TEXT})
    assert paths(await of_commit(copy_of(repo, tmp_path, path="/ops/"))) == ["ops/a.yaml"]


async def test_only_the_branch_of_the_source_counts(repo: Repo, tmp_path: Path) -> None:
    repo.push({"a.yaml": TEXT})
    repo.git("checkout", "--quiet", "-b", "later")
    repo.push({"b.yaml": TEXT})
    assert paths(await of_commit(copy_of(repo, tmp_path, branch="main"))) == ["a.yaml"]


async def test_a_branch_that_was_written_anew_is_followed(repo: Repo, tmp_path: Path) -> None:
    repo.push({"a.yaml": TEXT})
    copy = copy_of(repo, tmp_path, branch="main")
    await of_commit(copy)
    repo.git("checkout", "--quiet", "--orphan", "fresh")
    repo.git("rm", "-rfq", ".")
    repo.push({"b.yaml": TEXT})
    repo.git("branch", "--force", "main")
    assert paths(await of_commit(copy)) == ["b.yaml"]


async def test_the_history_is_not_brought_along(repo: Repo, tmp_path: Path) -> None:
    for number in range(3):
        repo.push({"a.yaml": f"{TEXT}# {number}\n"})
    copy = copy_of(repo, tmp_path)
    await copy.fetch()
    assert Repo(copy.folder).git("rev-list", "--count", "refs/tocsin/head") == "1"


async def test_a_link_is_not_followed(repo: Repo, tmp_path: Path) -> None:
    (repo.folder / "passwd.yaml").symlink_to("/etc/passwd")
    repo.push({"a.yaml": TEXT})
    snapshot = await of_commit(copy_of(repo, tmp_path))
    assert [str(one) for one in snapshot.problems] == [
        "passwd.yaml:1:1: is a symbolic link, which is not followed; put the file itself here"
    ]
    assert paths(snapshot) == ["a.yaml"]


async def test_a_submodule_is_not_brought_along(repo: Repo, tmp_path: Path) -> None:
    inner = new_repo(tmp_path / "inner")
    inner.push({"x.yaml": TEXT})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.url, "inner")
    repo.push({"a.yaml": TEXT})
    assert paths(await of_commit(copy_of(repo, tmp_path))) == ["a.yaml"]


async def test_what_is_no_text_and_what_is_too_large_is_said(repo: Repo, tmp_path: Path) -> None:
    (repo.folder / "binary.yaml").write_bytes(b"\xff\xfe")
    repo.push({"large.yaml": "#" * (MAX_BYTES + 1), "a.yaml": TEXT})
    said = [str(one) for one in (await of_commit(copy_of(repo, tmp_path))).problems]
    assert said == [
        "large.yaml:1:1: the file is larger than 256 KiB; split the runbook",
        "binary.yaml:1:1: is not UTF-8 text",
    ]


async def test_a_repository_that_is_too_large_is_given_up_and_thrown_away(repo: Repo, tmp_path: Path) -> None:
    (repo.folder / "noise").write_bytes(os.urandom(300_000))
    repo.push({"a.yaml": TEXT})
    source = Source(name="sre", url=repo.url, allow_local=True)
    copy = Repository(tmp_path / "ours", source, max_copy=100_000)
    with pytest.raises(SourceFailed, match="it is larger than"):
        await copy.fetch()
    assert not copy.folder.exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"branch": "nope"}, "couldn't find remote ref refs/heads/nope"),
        ({"path": "nope"}, "there is no folder nope in commit"),
        ({"url": "file:///nowhere/at/all"}, "does not appear to be a git repository"),
    ],
)
async def test_what_is_not_there_is_said(repo: Repo, tmp_path: Path, more: dict[str, str], said: str) -> None:
    repo.push({"a.yaml": TEXT})
    with pytest.raises(SourceFailed, match=said):
        await of_commit(copy_of(repo, tmp_path, **more))


@pytest.mark.parametrize("url", ["ext::sh -c 'touch {}'", "http://127.0.0.1:1/x.git", "git://127.0.0.1/x"])
async def test_git_itself_refuses_every_other_transport(tmp_path: Path, url: str) -> None:
    """The settings refuse them too; this is for the day on which they forget to."""
    touched = tmp_path / "touched"
    source = Source(name="sre", url="https://acme.example/x.git")
    loose = source.model_copy(update={"url": url.format(touched)})
    with pytest.raises(SourceFailed, match="not allowed"):
        await Repository(tmp_path / "ours", loose).fetch()
    assert not touched.exists()


async def test_a_place_on_this_machine_is_refused_where_it_was_not_allowed(
    repo: Repo, tmp_path: Path
) -> None:
    repo.push({"a.yaml": TEXT})
    source = Source(name="sre", url="https://acme.example/x.git").model_copy(update={"url": repo.url})
    with pytest.raises(SourceFailed, match="transport 'file' not allowed"):
        await Repository(tmp_path / "ours", source).fetch()


async def test_nothing_of_the_environment_reaches_git(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.push({"a.yaml": TEXT})
    touched = tmp_path / "touched"
    (tmp_path / "gitconfig").write_text(f"[uploadpack]\n\tpackObjectsHook = touch {touched}\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    await of_commit(copy_of(repo, tmp_path))
    assert not touched.exists()


@pytest.mark.parametrize("spoilt", ["shallow.lock", "refs/tocsin/head.lock"])
async def test_a_copy_that_a_killed_process_left_is_made_anew(
    repo: Repo, tmp_path: Path, spoilt: str
) -> None:
    repo.push({"a.yaml": TEXT})
    copy = copy_of(repo, tmp_path)
    await copy.fetch()
    (copy.folder / spoilt).write_text("")
    repo.push({"b.yaml": TEXT})
    assert paths(await of_commit(copy)) == ["a.yaml", "b.yaml"]


async def test_a_host_that_never_answers_is_given_up_with_all_that_was_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = Source(name="sre", url=f"https://127.0.0.1:{silent.getsockname()[1]}/x.git")
        with pytest.raises(SourceFailed, match="git fetch took longer than 1 seconds"):
            await Repository(tmp_path / "ours", source, seconds=1).fetch()
    started = [one for one in psutil.Process().children(recursive=True) if "git" in one.name()]
    _, alive = psutil.wait_procs(started, timeout=5)
    assert alive == []


async def test_a_machine_without_git_says_so(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceFailed, match="the program git is not installed"):
        await copy_of(repo, tmp_path).fetch()


@pytest.fixture
def host(tmp_path: Path, repo: Repo) -> Iterator[Host]:
    repo.push({"a.yaml": TEXT})
    (tmp_path / "host").mkdir()
    with git_host(tmp_path, tmp_path / "host") as host:
        yield host


def private(host: Host, tmp_path: Path, secret: str | None) -> Repository:
    source = Source(name="sre", url=f"{host.url}/theirs/.git")
    return Repository(tmp_path / "ours", source, secret, host.ca_bundle)


async def test_a_private_repository_is_read_with_its_token(host: Host, tmp_path: Path) -> None:
    assert paths(await of_commit(private(host, tmp_path, TOKEN))) == ["a.yaml"]


async def test_the_token_is_kept_in_no_file(host: Host, tmp_path: Path) -> None:
    copy = private(host, tmp_path, TOKEN)
    await copy.fetch()
    kept = b"".join(file.read_bytes() for file in copy.folder.rglob("*") if file.is_file())
    pair = base64.b64encode(f"x-access-token:{TOKEN}".encode())
    assert TOKEN.encode() not in kept
    assert pair not in kept


@pytest.mark.parametrize("secret", [None, "wr0ng-t0ken"])
async def test_nobody_is_asked_for_a_password(host: Host, tmp_path: Path, secret: str | None) -> None:
    with pytest.raises(SourceFailed, match="terminal prompts disabled") as caught:
        await private(host, tmp_path, secret).fetch()
    assert "t0ken" not in str(caught.value)


async def test_a_host_that_nobody_vouches_for_is_not_spoken_to(host: Host, tmp_path: Path) -> None:
    stranger = Repository(tmp_path / "ours", private(host, tmp_path, None).source, TOKEN)
    with pytest.raises(SourceFailed, match="certificate"):
        await stranger.fetch()
