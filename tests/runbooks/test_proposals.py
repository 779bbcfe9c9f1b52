"""Drafts, reviews, and what is published when enough people agree."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.runbooks.houses import ADMIN, ANA, BO, CHIDI, EVE, entries, house_with, published, text
from tests.runbooks.repositories import Repo, new_repo
from tocsin.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.events import SYSTEM, Actor
from tocsin.main import House
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.proposals import Outcome
from tocsin.runbooks.tables import Proposal

ONE, TWO = text("pay"), text("pay", "look", "rest")
"""The second one adds a step, which takes two people."""
RETITLED = ONE.replace("title: pay", "title: Pay")
"""Takes one."""
POLICY = 'runbooks: { review: { publish: 1, raised: 2, from: ["group:sre"] } }\n'


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repo(tmp_path / "theirs")


@pytest.fixture
async def house(database_url: str, tmp_path: Path, repo: Repo) -> AsyncIterator[House]:
    """A house that wants people to agree, in which `ONE` is published."""
    source = f"sources: [{{ name: ours, url: {repo.url}, allow_local: true }}]\n"
    async with house_with(database_url, tmp_path / "house", POLICY + source) as built:
        async with built.database.transaction() as session:
            digest = await built.revisions.record(session, SYSTEM, ONE, "pay.yaml")
            await built.revisions.publish(session, SYSTEM, "pay", digest)
        yield built


async def proposed(house: House, content: str, by: Actor = ANA) -> str:
    """Record a revision and ask for its publication; return its digest."""
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, by, content, "pay.yaml")
        outcome = await house.proposals.publish(session, ADMIN, "pay", digest)
    assert not outcome.published
    return digest


async def approve(house: House, digest: str, by: Actor) -> Outcome:
    async with house.database.transaction() as session:
        return await house.proposals.approve(session, by, "pay", digest)


async def publish(house: House, digest: str | None, by: Actor = ADMIN) -> Outcome:
    async with house.database.transaction() as session:
        return await house.proposals.publish(session, by, "pay", digest)


async def test_what_nobody_agreed_with_is_not_published(house: House) -> None:
    await proposed(house, RETITLED)
    assert await published(house, "pay") == ONE


async def test_no_door_publishes_what_nobody_agreed_with(house: House) -> None:
    digest = await proposed(house, RETITLED)
    with pytest.raises(Conflict, match="1 person other than its author must agree first"):
        async with house.database.transaction() as session:
            await house.revisions.publish(session, ADMIN, "pay", digest)


async def test_the_last_one_who_has_to_agree_publishes(house: House) -> None:
    digest = await proposed(house, RETITLED)
    assert (await approve(house, digest, BO)).published
    assert await published(house, "pay") == RETITLED


async def test_a_change_that_raises_takes_two(house: House) -> None:
    digest = await proposed(house, TWO)
    first, second = await approve(house, digest, BO), await approve(house, digest, CHIDI)
    assert (first.published, first.judgement.missing, second.published) == (False, 1, True)


async def test_the_author_does_not_agree_with_themself(house: House) -> None:
    digest = await proposed(house, RETITLED)
    with pytest.raises(Forbidden, match="somebody else has to agree"):
        await approve(house, digest, ANA)


async def test_nobody_agrees_twice(house: House) -> None:
    digest = await proposed(house, TWO)
    await approve(house, digest, BO)
    with pytest.raises(Conflict, match="already"):
        await approve(house, digest, BO)


async def test_only_who_may_review_agrees(house: House) -> None:
    digest = await proposed(house, RETITLED)
    with pytest.raises(Forbidden, match="may not review this runbook"):
        await approve(house, digest, EVE)


async def test_an_older_proposal_is_not_agreed_with_by_mistake(house: House) -> None:
    older = await proposed(house, RETITLED)
    await proposed(house, TWO)
    with pytest.raises(Conflict, match="is not what is proposed of pay now"):
        await approve(house, older, BO)


async def test_reviews_are_of_the_change_and_void_when_it_is_another_one(house: House) -> None:
    digest = await proposed(house, TWO)
    await approve(house, digest, BO)
    async with house.database.transaction() as session:
        other = await house.revisions.record(session, SYSTEM, RETITLED, "pay.yaml")
        await house.revisions.publish(session, SYSTEM, "pay", other)
    with pytest.raises(Conflict, match="another revision was published since"):
        await approve(house, digest, CHIDI)
    assert (await publish(house, digest)).judgement.missing == 2


async def test_asking_again_keeps_the_reviews(house: House) -> None:
    digest = await proposed(house, TWO)
    await approve(house, digest, BO)
    assert (await publish(house, None)).judgement.missing == 1


async def test_what_is_rejected_is_no_draft_any_more(house: House) -> None:
    digest = await proposed(house, RETITLED)
    async with house.database.transaction() as session:
        await house.proposals.reject(session, BO, "pay", digest, "not on a Friday")
    async with house.database.transaction() as session:
        assert await session.get(Proposal, "pay") is None
    with pytest.raises(NotFound, match="nothing of 'pay' is proposed"):
        await approve(house, digest, CHIDI)


async def test_a_rejection_says_why(house: House) -> None:
    digest = await proposed(house, RETITLED)
    with pytest.raises(Invalid, match="needs a reason"):
        async with house.database.transaction() as session:
            await house.proposals.reject(session, BO, "pay", digest, " ")


async def test_an_author_takes_a_draft_back(house: House) -> None:
    digest = await proposed(house, RETITLED, by=EVE)
    async with house.database.transaction() as session:
        assert (await house.proposals.reject(session, EVE, "pay", digest, "a typo")).digest == digest


async def test_going_back_takes_nobody(house: House) -> None:
    digest = await proposed(house, RETITLED)
    await approve(house, digest, BO)
    assert (await publish(house, "previous")).published
    assert await published(house, "pay") == ONE


async def test_a_responder_proposes_and_does_not_publish(house: House) -> None:
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, BO, RETITLED, "pay.yaml")
        await house.proposals.publish(session, BO, "pay", digest, "draft")
    with pytest.raises(Forbidden, match="may not publish this runbook"):
        await publish(house, digest, by=BO)


async def test_stable_is_moved_to_what_is_published(house: House) -> None:
    async with house.database.transaction() as session:
        await house.proposals.publish(session, ADMIN, "pay", None, "stable")
    digest = await proposed(house, RETITLED)
    await approve(house, digest, BO)
    async with house.database.transaction() as session:
        stable = await house.revisions.get(session, "pay", None, "stable")
    assert stable.text == ONE


async def test_a_draft_is_run_by_who_may_publish_and_asks_first(house: House) -> None:
    await proposed(house, RETITLED)
    request = RunRequest(runbook="pay", channel="draft", mode="auto")
    async with house.database.transaction() as session:
        state = await house.runs.start(session, ADMIN, request)
    assert state.mode == "propose"
    with pytest.raises(Forbidden):
        async with house.database.transaction() as session:
            await house.runs.start(session, BO, request)


async def test_a_run_on_a_channel_is_of_its_revision(house: House) -> None:
    async with house.database.transaction() as session:
        await house.proposals.publish(session, ADMIN, "pay", None, "stable")
        stable = await house.revisions.get(session, "pay")
    await approve(house, await proposed(house, RETITLED), BO)
    async with house.database.transaction() as session:
        state = await house.runs.start(session, BO, RunRequest(runbook="pay", channel="stable"))
    assert state.revision == stable.digest


async def test_every_review_is_in_the_log(house: House) -> None:
    digest = await proposed(house, TWO)
    await approve(house, digest, BO)
    await approve(house, digest, CHIDI)
    said = [(one.event.type, str(one.actor)) for one in await entries(house, "runbook/pay")]
    assert said[2:] == [
        ("revision_recorded", "Ana"),
        ("revision_proposed", "root"),
        ("review_given", "Bo"),
        ("review_given", "Chidi"),
        ("revision_published", "Chidi"),
    ]


async def test_a_commit_is_proposed_where_its_branch_is_not_trusted(house: House, repo: Repo) -> None:
    repo.push({"refund.yaml": text("refund")})
    landing = await house.sources.sync("ours")
    assert (landing.proposed, await published(house, "refund")) == (("refund",), None)


async def test_the_author_of_a_commit_does_not_agree_with_it(house: House, repo: Repo) -> None:
    repo.push({"refund.yaml": text("refund")})
    await house.sources.sync("ours")
    async with house.database.transaction() as session:
        draft = await house.revisions.get(session, "refund", None, "draft")
    with pytest.raises(Forbidden, match="you wrote this revision"):
        async with house.database.transaction() as session:
            await house.proposals.approve(session, ANA, "refund", draft.digest)


async def test_a_commit_is_published_when_others_agree(house: House, repo: Repo) -> None:
    repo.push({"refund.yaml": text("refund")})
    await house.sources.sync("ours")
    async with house.database.transaction() as session:
        draft = await house.revisions.get(session, "refund", None, "draft")
        for person in (BO, CHIDI):
            await house.proposals.approve(session, person, "refund", draft.digest)
    assert await published(house, "refund") == text("refund")


async def test_a_commit_of_a_reviewed_branch_is_published(
    database_url: str, tmp_path: Path, repo: Repo
) -> None:
    source = f"sources: [{{ name: ours, url: {repo.url}, allow_local: true, reviewed: true }}]\n"
    repo.push({"pay.yaml": ONE})
    async with house_with(database_url, tmp_path / "other", POLICY + source) as house:
        assert (await house.sources.sync("ours")).published == ("pay",)


async def test_a_commit_that_goes_back_takes_its_proposal_back(house: House, repo: Repo) -> None:
    repo.push({"pay.yaml": ONE})
    await house.sources.sync("ours")
    repo.push({"pay.yaml": RETITLED})
    await house.sources.sync("ours")
    repo.push({"pay.yaml": ONE})
    await house.sources.sync("ours")
    async with house.database.transaction() as session:
        assert await session.get(Proposal, "pay") is None


async def test_a_commit_that_goes_back_to_what_was_published_takes_nobody(house: House, repo: Repo) -> None:
    repo.push({"pay.yaml": RETITLED})
    await house.sources.sync("ours")
    async with house.database.transaction() as session:
        draft = await house.revisions.get(session, "pay", None, "draft")
    await approve(house, draft.digest, BO)
    repo.push({"pay.yaml": ONE})
    assert (await house.sources.sync("ours")).published == ("pay",)
