"""Where runbooks may be kept, and what is refused before anything is fetched."""

from pathlib import Path

import pytest

from tocsin.errors import BadSetting
from tocsin.publishing import listed
from tocsin.settings import load


def test_folders_and_repositories_stand_in_one_setting() -> None:
    folder, repository = listed("/etc/runbooks, https://git.acme.example/ops/Runbooks.git#main:ops/rb")
    assert (folder.folder, repository.url, repository.branch, repository.path) == (
        Path("/etc/runbooks"),
        "https://git.acme.example/ops/Runbooks.git",
        "main",
        "ops/rb",
    )


def test_a_place_has_the_same_name_as_long_as_it_is_the_same() -> None:
    names = [listed(f"{place}/etc/runbooks")[0].name for place in ("", "", "/srv")]
    assert names[0] == names[1] != names[2]


def test_the_way_of_ssh_users_is_a_repository() -> None:
    assert listed("git@git.acme.example:ops/runbooks.git")[0].is_git


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{ name: a }", "sources.0: a source has exactly one of `folder` and `url`"),
        ("{ name: a, folder: /x, url: https://h/x }", "exactly one of `folder` and `url`"),
        ("{ name: library, folder: /x }", "two sources are called library"),
        ("{ name: a, folder: /x, branch: main }", "`branch` belongs to a source with `url`"),
        ("{ name: a, folder: /x, team: nope }", "sources.0.team is 'nope'; the teams are sre"),
        ("{ name: a, url: https://h/x, token: nope }", "sources.0.token is 'nope'; the secrets are hook"),
        ("{ name: a, url: https://h/x, webhook_secret: nope }", "sources.0.webhook_secret is 'nope'"),
        ("{ name: a, url: 'ext::sh -c id' }", "sources.0.url: is no URL of a git repository"),
        ("{ name: a, url: http://h/x }", "must begin with https://, ssh:// or git@host:"),
        ("{ name: a, url: git://h/x }", "must begin with https://, ssh:// or git@host:"),
        ("{ name: a, url: file:///x }", "`allow_local: true` permits that"),
        ("{ name: a, url: /x }", "`allow_local: true` permits that"),
        ("{ name: a, url: --upload-pack=id }", "sources.0.url: is no URL of a git repository"),
        ("{ name: a, url: ssh://-oProxyCommand=id/x }", "must begin with https://, ssh:// or git@host:"),
        ("{ name: a, url: https://ana:pw@h/x }", "holds a password or token"),
        ("{ name: a, url: https://h/x, branch: -x }", "'-x' is no name of a branch"),
        ("{ name: a, url: https://h/x, branch: a..b }", "'a..b' is no name of a branch"),
        ("{ name: a, url: https://h/x, path: ../x }", "must be a folder of the repository"),
        ("{ name: A, url: https://h/x }", "sources.0.name: "),
    ],
)
def test_a_wrong_source_stops_the_start_with_one_line(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "tocsin.yaml").write_text(
        f"teams: {{ sre: {{}} }}\nsecrets: {{ hook: {{ env: HOOK }} }}\nsources: [{source}]\n"
    )
    with pytest.raises(BadSetting) as caught:
        load({"TOCSIN_CONFIG": str(tmp_path / "tocsin.yaml")})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("places", ["git://h/x", "/a,/a", "file:///x", "https://u:p@h/x"])
def test_a_wrong_place_in_the_environment_does_too(places: str) -> None:
    with pytest.raises(BadSetting, match="TOCSIN_RUNBOOKS: "):
        load({"TOCSIN_RUNBOOKS": places})
