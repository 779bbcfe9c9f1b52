"""http.request and http.get: what they send, what they keep, and how they fail."""

import json
import re

import pytest
from pydantic import JsonValue, SecretStr

from tests.actions.kube import CANARY
from tests.actions.servers import STATUSES, Answer, Seen, Site
from tocsin.actions.http import MAX_TEXT, CallHttp, GetHttp, HttpAnswer, HttpGet, HttpRequest
from tocsin.connections import Connections, HttpConnection
from tocsin.errors import ActionFailed, ErrorClass


@pytest.fixture
def action(site: Site) -> CallHttp:
    headers = {"Authorization": SecretStr(f"Bearer {CANARY}")}
    private = HttpConnection(base_url=f"{site.url}/v1", headers=headers, allow_private=True)
    return CallHttp(Connections({"http:main": private, "http:public": HttpConnection(base_url=site.url)}))


def ask(**how: object) -> HttpRequest:
    return HttpRequest.model_validate({"connection": "http:main", "path": "/items", **how})


def call(action: CallHttp, want: HttpRequest) -> HttpAnswer:
    return action.run(want, action.plan(want), "step-1")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_changing_request_carries_the_key_of_its_step(action: CallHttp, site: Site, method: str) -> None:
    site.answers("/v1/items")
    call(action, ask(method=method))
    assert site.seen[0].headers["idempotency-key"] == "step-1"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_reading_request_carries_no_key(action: CallHttp, site: Site, method: str) -> None:
    site.answers("/v1/items")
    call(action, ask(method=method))
    assert "idempotency-key" not in site.seen[0].headers


def test_the_plan_sends_nothing(action: CallHttp, site: Site) -> None:
    action.plan(ask(method="DELETE"))
    assert site.connections == 0


def test_the_plan_shows_the_whole_line(action: CallHttp, site: Site) -> None:
    plan = action.plan(ask(query={"dry": True, "n": 2}))
    assert plan.summary == f"GET {site.url}/v1/items?dry=true&n=2"


def test_json_is_sent_as_json(action: CallHttp, site: Site) -> None:
    site.answers("/v1/items")
    call(action, ask(method="POST", json={"a": [1, None]}))
    seen = site.seen[0]
    assert (seen.headers["content-type"], json.loads(seen.body)) == ("application/json", {"a": [1, None]})


def test_a_json_answer_is_parsed(action: CallHttp, site: Site) -> None:
    site.answers("/v1/items", body=b'{"items": [7]}', content_type="application/json; charset=utf-8")
    assert call(action, ask()).json_body == {"items": [7]}


def test_the_parsed_answer_is_called_json_outside(action: CallHttp, site: Site) -> None:
    site.answers("/v1/items", body=b"[7]", content_type="application/json")
    assert call(action, ask()).model_dump()["json"] == [7]


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000])
def test_broken_json_is_left_as_text(action: CallHttp, site: Site, body: bytes) -> None:
    site.answers("/v1/items", body=body, content_type="application/json")
    assert call(action, ask()).json_body is None


def test_a_long_answer_is_cut(action: CallHttp, site: Site) -> None:
    site.answers("/v1/items", body=b"x" * (MAX_TEXT + 1))
    found = call(action, ask())
    assert (len(found.text), found.truncated) == (MAX_TEXT, True)


def test_the_connections_headers_win(action: CallHttp, site: Site) -> None:
    site.answers("/v1/items")
    call(action, ask(headers={"authorization": "Bearer mine"}))
    assert site.seen[0].headers["authorization"] == f"Bearer {CANARY}"


def test_a_secret_that_the_service_repeats_is_masked(action: CallHttp, site: Site) -> None:
    def echo(seen: Seen) -> Answer:
        return Answer(200, {"x-request-id": seen.headers["authorization"]}, str(seen.headers).encode())

    site.routes["/v1/items"] = echo
    assert CANARY not in call(action, ask()).model_dump_json()


def test_bodies_and_headers_of_the_runbook_are_not_in_the_plan(action: CallHttp) -> None:
    want = ask(method="POST", json={"password": CANARY}, headers={"x-api-key": CANARY})
    assert CANARY not in action.plan(want).model_dump_json()


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_an_unexpected_status_has_a_class(
    action: CallHttp, site: Site, status: int, kind: ErrorClass
) -> None:
    site.answers("/v1/items", status)
    with pytest.raises(ActionFailed, match=f"answered {status}, not 2xx") as caught:
        call(action, ask())
    assert caught.value.kind is kind


def test_a_service_that_asks_for_patience_is_quoted(action: CallHttp, site: Site) -> None:
    site.answers("/v1/items", 429, retry_after="30")
    with pytest.raises(ActionFailed, match="asks to wait 30"):
        call(action, ask())


def test_an_expected_status_is_success(action: CallHttp, site: Site) -> None:
    site.answers("/v1/items", 404)
    assert call(action, ask(expect=[200, 404])).status == 404


def test_a_2xx_that_is_not_expected_is_a_failure(action: CallHttp, site: Site) -> None:
    site.answers("/v1/items", 202)
    with pytest.raises(ActionFailed, match="answered 202, not 200 or 201"):
        call(action, ask(expect=[200, 201]))


def test_a_redirect_elsewhere_is_refused(action: CallHttp, site: Site) -> None:
    site.redirects("/v1/items", "http://169.254.169.254/latest/meta-data/")
    with pytest.raises(ActionFailed, match="the redirect was not followed") as caught:
        call(action, ask())
    assert caught.value.kind is ErrorClass.INVALID


def test_a_private_address_is_refused_when_planning(action: CallHttp) -> None:
    with pytest.raises(ActionFailed, match="not a public address") as caught:
        action.plan(ask(connection="http:public"))
    assert caught.value.kind is ErrorClass.INVALID


@pytest.mark.parametrize("path", ["/../admin", "//evil.example", "http://evil.example", "/a@b", "/a\nb"])
def test_a_path_that_leaves_its_place_is_refused_when_planning(action: CallHttp, path: str) -> None:
    with pytest.raises(ActionFailed, match=re.escape("is not allowed")):
        action.plan(ask(path=path))


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"idempotency-key": "mine"},
        {"x": "a\r\ny: b"},
        {"x y": "a"},
    ],
)
def test_a_header_that_is_ours_or_smuggles_is_no_input(headers: dict[str, JsonValue]) -> None:
    with pytest.raises(ValueError, match="cannot be set"):
        ask(headers=headers)


def test_json_and_body_together_are_no_input() -> None:
    with pytest.raises(ValueError, match="not both"):
        ask(method="POST", json={}, body="x")


# -- http.get -------------------------------------------------------------------------------------------


@pytest.fixture
def reader(action: CallHttp) -> GetHttp:
    return GetHttp(action.connections)


def look(reader: GetHttp, **how: object) -> HttpAnswer:
    want = HttpGet.model_validate({"connection": "http:main", "path": "/ready", **how})
    return reader.run(want, reader.plan(want), "")


def test_a_page_can_be_judged_by_its_json(reader: GetHttp, site: Site) -> None:
    site.answers("/v1/ready", body=b'{"up": true}', content_type="application/json")
    assert look(reader).json_body == {"up": True}


def test_a_page_is_asked_for_with_the_query_and_the_headers(reader: GetHttp, site: Site) -> None:
    site.answers("/v1/ready")
    look(reader, query={"db": "a b"}, headers={"Authorization": "mine", "X-Probe": "1"})
    seen = site.seen[0]
    assert (seen.path, seen.headers["x-probe"]) == ("/v1/ready?db=a+b", "1")
    assert seen.headers["authorization"] == f"Bearer {CANARY}"


def test_a_page_can_be_looked_at_without_its_body(reader: GetHttp, site: Site) -> None:
    site.answers("/v1/ready", body=b"long")
    assert (look(reader, method="HEAD").text, site.seen[0].method) == ("", "HEAD")


def test_a_page_that_is_not_ready_is_a_failure_that_may_pass(reader: GetHttp, site: Site) -> None:
    site.answers("/v1/ready", 503)
    with pytest.raises(ActionFailed, match="GET http:main/ready answered 503") as caught:
        look(reader)
    assert caught.value.retryable


def test_a_status_that_is_expected_is_an_answer(reader: GetHttp, site: Site) -> None:
    site.answers("/v1/ready", 503)
    assert look(reader, expect=[200, 503]).status == 503


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_method_that_changes_things_is_no_reading(method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        HttpGet.model_validate({"connection": "http:main", "method": method})


def test_a_reading_leaves_its_base_url_no_more_than_a_request(reader: GetHttp) -> None:
    with pytest.raises(ActionFailed, match="is not allowed"):
        look(reader, path="/../admin")


def test_a_reading_reaches_private_addresses_no_more_than_a_request(reader: GetHttp) -> None:
    with pytest.raises(ActionFailed, match="not a public address"):
        look(reader, connection="http:public")
