"""Sources: what lands of folders and repositories, what is refused, and who is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import select

from tests.runbooks.houses import ADMIN, ANA, entries, house_with, published, text
from tests.runbooks.repositories import Repo, new_repo
from tocsin.errors import Conflict, StaleStream
from tocsin.events import runbook as events
from tocsin.main import House
from tocsin.runbooks.landing import Landing
from tocsin.runbooks.projections import TABLES
from tocsin.runbooks.sources import state_of
from tocsin.runbooks.tables import Revision

PAY, SHIP = text("pay"), text("ship")
LATER = text("pay", "look", "rest")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repo(tmp_path / "theirs")


@pytest.fixture
def other(tmp_path: Path) -> Repo:
    return new_repo(tmp_path / "others")


@pytest.fixture
async def house(database_url: str, tmp_path: Path, repo: Repo, other: Repo) -> AsyncIterator[House]:
    """A house with two git sources: `pay` of the team sre, and `ship`, which owns the names `ship*`."""
    decided = f"""\
sources:
  - {{ name: pay, url: {repo.url}, allow_local: true, branch: main, path: ops, team: sre }}
  - {{ name: ship, url: {other.url}, allow_local: true, names: ["ship*"] }}
"""
    async with house_with(database_url, tmp_path / "house", decided) as built:
        yield built


async def pushed(house: House, repo: Repo, files: dict[str, str | None]) -> Landing:
    """Push to the source `pay` and look at it."""
    repo.push(files)
    return await house.sources.sync("pay")


async def test_a_commit_lands_and_is_published(house: House, repo: Repo) -> None:
    landing = await pushed(house, repo, {"ops/pay.yaml": PAY})
    assert (landing.good, landing.published, await published(house, "pay")) == (True, ("pay",), PAY)


async def test_a_revision_knows_its_repository_commit_and_author(house: House, repo: Repo) -> None:
    commit = repo.push({"ops/pay.yaml": PAY})
    await house.sources.sync("pay")
    async with house.database.transaction() as session:
        found = await house.revisions.get(session, "pay")
    assert (found.repository, found.commit, found.written_by.email, found.origin) == (
        repo.url,
        commit,
        "ana@acme.example",
        f"{commit[:12]}:ops/pay.yaml",
    )


async def test_of_a_commit_with_a_mistake_nothing_lands(house: House, repo: Repo) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    broken = text("ship").replace("title: ship", "titel: ship")
    landing = await pushed(house, repo, {"ops/pay.yaml": LATER, "ops/b.yaml": broken, "ops/c.yaml": "- 1\n"})
    assert landing.problems == (
        "ops/b.yaml:1:1: `title` is missing",
        "ops/b.yaml:3:1: there is no key `titel` here. Did you mean `title`?",
        "ops/c.yaml:1:1: a runbook is a map that begins with `schema: runbook/v1`",
    )
    assert await published(house, "pay") == PAY


async def test_an_action_that_does_not_exist_is_a_mistake(house: House, repo: Repo) -> None:
    landing = await pushed(house, repo, {"ops/pay.yaml": text("pay", "{ id: a, uses: k8s.scael }")})
    assert [problem.partition(": ")[0] for problem in landing.problems] == ["ops/pay.yaml:4:24"]


async def test_what_was_refused_is_said_once_in_the_log(house: House, repo: Repo) -> None:
    commit = repo.push({"ops/pay.yaml": "- 1\n"})
    await house.sources.sync("pay")
    await house.sources.sync("pay")
    refused = [
        one.event for one in await entries(house, "system") if isinstance(one.event, events.SourceRefused)
    ]
    assert [(one.source, one.commit, one.author, len(one.problems)) for one in refused] == [
        ("pay", commit, "Ana", 1)
    ]


async def test_a_mended_commit_lands(house: House, repo: Repo) -> None:
    await pushed(house, repo, {"ops/pay.yaml": "- 1\n"})
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    async with house.database.transaction() as session:
        [pay, _] = [state_of(*one) for one in await house.sources.states(session)]
    assert (pay.problems, pay.trouble, await published(house, "pay")) == ((), "", PAY)


async def test_a_secret_is_refused_and_not_kept(house: House, repo: Repo) -> None:
    landing = await pushed(house, repo, {"ops/pay.yaml": PAY + "description: xoxb-123456789012-abcdefgh\n"})
    assert "looks like a secret" in landing.problems[0]
    async with house.database.transaction() as session:
        kept = (await session.exec(select(Revision.text))).all()
    assert not any("xoxb" in one for one in kept)


async def test_a_name_that_another_source_holds_is_refused_with_its_owner(
    house: House, repo: Repo, other: Repo
) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    other.push({"x.yaml": f"# ours\n{text('shipping')}", "deep/y.yaml": PAY})
    landing = await house.sources.sync("ship")
    assert landing.problems == ("deep/y.yaml:2:7: `pay` is not among the names of the source ship: ship*",)


async def test_a_name_that_another_source_claims_is_refused_before_it_is_used(
    house: House, repo: Repo
) -> None:
    landing = await pushed(house, repo, {"ops/s.yaml": f"# mine\n{text('shipping')}"})
    assert landing.problems == ("ops/s.yaml:3:7: names like `shipping` belong to the source ship: ship*",)


async def test_the_owner_of_a_name_is_the_source_that_has_it(
    database_url: str, tmp_path: Path, repo: Repo, other: Repo
) -> None:
    decided = f"""\
sources:
  - {{ name: one, url: {repo.url}, allow_local: true, team: sre }}
  - {{ name: two, url: {other.url}, allow_local: true }}
"""
    repo.push({"a.yaml": PAY})
    other.push({"b.yaml": PAY})
    async with house_with(database_url, tmp_path / "house", decided) as house:
        await house.sources.sync("one")
        refused = await house.sources.sync("two")
        assert refused.problems == (
            "b.yaml:2:7: `pay` belongs to the source one of the team sre, where it is a.yaml; "
            "choose another name, or have it taken out there first",
        )
        repo.push({"a.yaml": None})
        await house.sources.sync("one")
        assert (await house.sources.sync("two")).published == ("pay",)


async def test_two_files_with_one_name_are_refused(house: House, repo: Repo) -> None:
    landing = await pushed(house, repo, {"ops/a.yaml": PAY, "ops/b.yaml": LATER})
    assert [problem.partition(":1")[0].split(":")[0] for problem in landing.problems] == [
        "ops/a.yaml",
        "ops/b.yaml",
    ]


async def test_a_source_may_take_over_a_name_of_the_library(house: House, repo: Repo) -> None:
    own = text("scale-deployment")
    await pushed(house, repo, {"ops/scale.yaml": own})
    await house.sources.sync_folders()
    assert await published(house, "scale-deployment") == own


async def test_a_file_that_is_gone_is_published_no_more(house: House, repo: Repo) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY, "ops/refund.yaml": text("refund")})
    landing = await pushed(house, repo, {"ops/pay.yaml": None})
    assert (landing.withdrawn, await published(house, "pay")) == (("pay",), None)
    assert await published(house, "refund") == text("refund")


async def test_a_file_that_was_moved_stays_published(house: House, repo: Repo) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    landing = await pushed(house, repo, {"ops/pay.yaml": None, "ops/new/pay.yaml": PAY})
    assert (landing.withdrawn, await published(house, "pay")) == ((), PAY)


async def test_a_look_without_news_says_nothing(house: House, repo: Repo) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    before = len(await entries(house, "system"))
    await pushed(house, repo, {"README.md": "# elsewhere\n"})
    assert len(await entries(house, "system")) == before


async def test_going_back_by_hand_holds_until_the_file_changes_again(house: House, repo: Repo) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    await pushed(house, repo, {"ops/pay.yaml": LATER})
    async with house.database.transaction() as session:
        await house.proposals.publish(session, ADMIN, "pay", "previous")
    await pushed(house, repo, {"ops/other.yaml": text("other")})
    assert await published(house, "pay") == PAY
    mended = text("pay", "mended")
    await pushed(house, repo, {"ops/pay.yaml": mended})
    assert await published(house, "pay") == mended


async def test_what_is_kept_in_git_is_not_edited_elsewhere(house: House, repo: Repo) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    with pytest.raises(
        Conflict, match=r"kept in git.*Edit ops/pay.yaml of file:.*open a pull request to main"
    ):
        async with house.database.transaction() as session:
            await house.revisions.enter(session, ANA, LATER, "pay.yaml")


async def test_what_was_written_before_git_had_it_is_not_published(house: House, repo: Repo) -> None:
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, ANA, LATER, "pay.yaml")
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    with pytest.raises(Conflict, match="pull request"):
        async with house.database.transaction() as session:
            await house.proposals.publish(session, ADMIN, "pay", digest)


async def test_a_repository_that_cannot_be_read_is_said_once_and_keeps_what_it_had(
    house: House, repo: Repo
) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    repo.folder.rename(repo.folder.with_name("away"))
    for _ in range(2):
        landing = await house.sources.sync("pay")
    told = [one for one in await entries(house, "system") if isinstance(one.event, events.SourceUnreachable)]
    assert "does not appear to be a git repository" in landing.error
    assert (len(told), await published(house, "pay")) == (1, PAY)


async def test_a_repository_that_is_back_has_no_trouble(house: House, repo: Repo) -> None:
    await house.sources.sync("pay")
    await pushed(house, repo, {"ops/pay.yaml": PAY})
    async with house.database.transaction() as session:
        [pay, _] = [state_of(*one) for one in await house.sources.states(session)]
    assert (pay.trouble, pay.commit != "") == ("", True)


async def test_an_older_look_does_not_land_over_a_newer_one(house: House, repo: Repo) -> None:
    repo.push({"ops/pay.yaml": PAY})
    source = house.sources.get("pay")
    seen = await house.sources._begin(source)
    old = await house.sources._snapshot(source)
    checked, _ = await house.sources._checked(source, old)
    await pushed(house, repo, {"ops/pay.yaml": LATER})
    with pytest.raises(StaleStream):
        async with house.database.transaction() as session:
            await house.sources._lander.land(session, source, old, checked, (), seen)
    assert await published(house, "pay") == LATER


async def test_repositories_are_looked_at_when_they_are_due(house: House) -> None:
    await house.sources.poll()
    await house.sources.poll()
    waiting = [job.task_kwargs["source"] for job in await house.queue.job_manager.list_jobs_async()]
    assert sorted(map(str, waiting)) == ["pay", "ship"]


async def test_the_clock_looks_which_repositories_are_due(house: House) -> None:
    clocked = {task.task.name: task.cron for task in house.queue.periodic_registry.periodic_tasks.values()}
    assert clocked["runbooks.poll"] == "* * * * * */10"


async def test_a_repository_that_was_looked_at_is_not_due(house: House) -> None:
    await house.sources.sync("pay")
    await house.sources.poll()
    waiting = [job.task_kwargs["source"] for job in await house.queue.job_manager.list_jobs_async()]
    assert waiting == ["ship"]


async def test_all_of_it_is_the_same_when_it_is_folded_again(house: House, repo: Repo) -> None:
    await pushed(house, repo, {"ops/pay.yaml": PAY, "ops/refund.yaml": text("refund")})
    await pushed(house, repo, {"ops/pay.yaml": LATER, "ops/refund.yaml": None})
    await pushed(house, repo, {"ops/pay.yaml": "- 1\n"})

    async def rows() -> list[list[str]]:
        async with house.database.transaction() as session:
            found = [(await session.exec(select(table))).all() for table in TABLES]
        return [sorted(row.model_dump_json() for row in table) for table in found]

    before = await rows()
    async with house.database.transaction() as session:
        await house.rebuild(session)
    assert await rows() == before
