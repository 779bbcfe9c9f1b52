"""Revisions, reviews and channels by REST."""

import httpx2
import pytest
from tests.runbooks.houses import ADMIN, ANA, text

from tocsin.events import SYSTEM
from tocsin.main import House
from tocsin.runbooks.tables import Standing

AT = "/api/v1/runbooks"
ONE, TWO = text("pay"), text("pay", "look", "rest")


@pytest.fixture
def organisation() -> str:
    return "runbooks: { review: { publish: 1 } }\n"


@pytest.fixture
async def first(house: House) -> str:
    """The digest of what is published as `pay`."""
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, ONE, "pay.yaml")
        await house.revisions.publish(session, SYSTEM, "pay", digest)
    return digest


async def propose(house: House, content: str = TWO) -> str:
    """Let Ana propose a revision; return its digest."""
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, ANA, content, "pay.yaml")
        await house.proposals.publish(session, ADMIN, "pay", digest)
    return digest


async def test_new_content_is_a_draft_until_somebody_else_agrees(
    first: str, script: httpx2.AsyncClient
) -> None:
    answer = (await script.post(AT, json={"text": TWO})).json()
    draft = answer["revision"]["revision"]
    detail = (await script.get(f"{AT}/pay")).json()
    assert (answer["published"], answer["needed"], detail["channels"]) == (
        False,
        1,
        {"published": first, "draft": draft},
    )


async def test_the_author_may_not_agree(first: str, script: httpx2.AsyncClient) -> None:
    draft = (await script.post(AT, json={"text": TWO})).json()["revision"]["revision"]
    answer = await script.post(f"{AT}/pay/approve", json={"revision": draft})
    assert (answer.status_code, "somebody else has to agree" in answer.json()["detail"]) == (403, True)


async def test_whoever_agrees_last_publishes(house: House, first: str, script: httpx2.AsyncClient) -> None:
    draft = await propose(house)
    answer = (await script.post(f"{AT}/pay/approve", json={"revision": draft, "comment": "tried it"})).json()
    published = (await script.get(f"{AT}/pay")).json()
    assert (answer["published"], published["revision"], published["text"]) == (True, draft, TWO)


async def test_a_rejected_draft_is_gone(house: House, first: str, script: httpx2.AsyncClient) -> None:
    draft = await propose(house)
    await script.post(f"{AT}/pay/reject", json={"revision": draft, "reason": "not today"})
    assert (await script.get(f"{AT}?channel=draft")).json()["items"] == []


async def test_publishing_says_how_many_have_to_agree(
    house: House, first: str, script: httpx2.AsyncClient
) -> None:
    draft = await propose(house)
    answer = await script.post(f"{AT}/pay/publish", json={"revision": draft})
    body = answer.json()
    assert (answer.status_code, body["published"], body["needed"], body["agreed"]) == (200, False, 1, [])


async def test_going_back_is_one_call(house: House, first: str, script: httpx2.AsyncClient) -> None:
    await script.post(f"{AT}/pay/approve", json={"revision": await propose(house)})
    answer = await script.post(f"{AT}/pay/publish", json={"revision": "previous"})
    assert (answer.json()["published"], (await script.get(f"{AT}/pay")).json()["revision"]) == (True, first)


async def test_the_same_request_twice_is_one_command(
    house: House, first: str, script: httpx2.AsyncClient
) -> None:
    key = {"Idempotency-Key": "one"}
    answers = [await script.post(AT, json={"text": TWO}, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json()


async def test_the_difference_says_what_the_change_means(
    house: House, first: str, script: httpx2.AsyncClient
) -> None:
    draft = await propose(house)
    difference = (await script.get(f"{AT}/pay/diff")).json()
    assert difference == {
        "before": first,
        "after": draft,
        "changes": [{"kind": "step_added", "text": "step `look` is added: wait", "raises": True}],
    }


async def test_a_revision_says_who_wrote_it(house: House, first: str, script: httpx2.AsyncClient) -> None:
    await propose(house)
    newest, oldest = (await script.get(f"{AT}/pay/revisions")).json()
    assert (newest["author"], newest["published_at"], oldest["author"]) == ("Ana", None, "Tocsin")


async def test_a_run_is_of_the_channel_that_is_asked_for(
    house: House, first: str, script: httpx2.AsyncClient
) -> None:
    await script.post(f"{AT}/pay/publish", json={"channel": "stable"})
    await script.post(f"{AT}/pay/approve", json={"revision": await propose(house)})
    run = (await script.post("/api/v1/runs", json={"runbook": "pay", "channel": "stable"})).json()
    assert run["revision"] == first


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", {"text": "- 1\n"}, 422),
        ("", {"text": text("pay", "{ id: a, uses: no.action }")}, 422),
        ("", {}, 422),
        ("/nothing/publish", {}, 404),
        ("/pay/publish", {"revision": "0000000000"}, 404),
        ("/pay/publish", {"channel": "draft"}, 422),
        ("/pay/approve", {"revision": "0" * 64}, 404),
        ("/pay/reject", {"revision": "0" * 64}, 422),
        ("/pay/rearm", {}, 409),
    ],
)
async def test_a_senseless_command_is_refused(
    first: str, script: httpx2.AsyncClient, path: str, body: object, status: int
) -> None:
    assert (await script.post(AT + path, json=body)).status_code == status


async def test_the_problems_of_a_text_are_told_with_their_places(script: httpx2.AsyncClient) -> None:
    broken = ONE.replace("title: pay", "titel: pay")
    detail = (await script.post(AT, json={"text": broken})).json()["detail"]
    assert "api:3:1: there is no key `titel` here. Did you mean `title`?" in detail


async def test_a_runbook_that_only_proposes_says_so_and_is_rearmed(
    house: House, first: str, script: httpx2.AsyncClient
) -> None:
    async with house.database.transaction() as session:
        session.add(Standing(runbook="pay", failures=3, demoted=True))
    before = (await script.get(f"{AT}/pay")).json()
    await script.post(f"{AT}/pay/rearm", json={"reason": "it was the network"})
    after = (await script.get(f"{AT}/pay")).json()
    assert [(one["failures"], one["only_proposes"]) for one in (before, after)] == [(3, True), (0, False)]


async def test_a_revision_tells_what_a_run_of_it_would_stay_on(
    first: str, script: httpx2.AsyncClient
) -> None:
    detail = (await script.get(f"{AT}/pay")).json()
    assert (len(detail["closure"]), detail["subs"]) == (64, {})
