"""The account over the REST API: its resources, who is let in, and how often."""

import httpx2
import pytest
from pagerduty import HttpError, RestApiV2Client
from tests.playground.pagerduty.credentials import REQUESTS_PER_MINUTE, TOKEN

from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.tls import PracticeCA, trusting


def test_who_is_on_call_comes_with_their_address(rest: RestApiV2Client) -> None:
    turns = rest.list_all("oncalls", params={"escalation_policy_ids[]": ["PEPSHOP"], "include[]": ["users"]})

    assert [(turn["escalation_level"], turn["user"]["email"]) for turn in turns] == [
        (1, "bo@acme.example"),
        (2, "chidi@acme.example"),
        (3, "ana@acme.example"),
    ]


@pytest.mark.parametrize(
    ("path", "count"),
    [("services", 2), ("users", 4), ("escalation_policies", 2), ("schedules", 4), ("priorities", 5)],
)
def test_the_account_has_its_fixed_resources(rest: RestApiV2Client, path: str, count: int) -> None:
    assert len(rest.list_all(path)) == count


def test_the_client_takes_the_token_for_an_account_level_one(rest: RestApiV2Client) -> None:
    assert rest.api_key_access == "account"


def test_a_wrong_token_is_refused(address: str, ca: PracticeCA, pager: Pager) -> None:
    stranger = RestApiV2Client("another-token", base_url=address, verify=trusting(ca.ca_pem), trust_env=False)

    with pytest.raises(HttpError, match="401"):
        stranger.get("/incidents")


def test_a_note_without_a_from_header_is_refused(address: str, ca: PracticeCA, pager: Pager) -> None:
    nameless = RestApiV2Client(TOKEN, base_url=address, verify=trusting(ca.ca_pem), trust_env=False)
    incident = pager.trigger("5xx above 5 %")

    answer = nameless.post(f"/incidents/{incident.id}/notes", json={"note": {"content": "who am I"}})

    assert answer.status_code == 400


def test_beyond_the_rate_limit_calls_are_refused_with_its_headers(
    address: str, ca: PracticeCA, pager: Pager
) -> None:
    headers = {"Authorization": f"Token token={TOKEN}"}
    with httpx2.Client(
        base_url=address, verify=trusting(ca.ca_pem), trust_env=False, headers=headers
    ) as client:
        answers = [client.get("/priorities") for _ in range(REQUESTS_PER_MINUTE + 1)]

    assert [answer.status_code for answer in answers] == [200] * REQUESTS_PER_MINUTE + [429]
    assert answers[-1].headers["ratelimit-remaining"] == "0"
