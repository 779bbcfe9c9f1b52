"""Speaking JSON to a service: what is read, what is refused, and what is never repeated."""

import pytest
from pydantic import BaseModel, SecretStr

from tests.actions.servers import STATUSES, Answer, Site
from tocsin.actions.rest import Rest, with_json
from tocsin.connections import Connections, HttpConnection
from tocsin.egress import MAX_BODY, Outgoing
from tocsin.errors import ActionFailed, ErrorClass

TOKEN = "a-token-of-ours"
JSON = "application/json"


class Named(BaseModel):
    name: str


@pytest.fixture
def rest(site: Site) -> Rest:
    headers = {"Authorization": SecretStr(f"Bearer {TOKEN}")}
    connection = HttpConnection(base_url=f"{site.url}/v1", headers=headers, allow_private=True)
    return Rest(Connections({"http:main": connection}), "http:main", HttpConnection)


def refused(rest: Rest, asked: Outgoing) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        rest.ask(asked, Named)
    return caught.value


def test_an_answer_is_read_and_the_rest_of_it_overlooked(rest: Rest, site: Site) -> None:
    site.answers("/v1/thing", body=b'{"name": "x", "more": 1}', content_type=JSON)
    assert rest.ask(Outgoing("GET", "/thing", {"a": "b c"}), Named) == Named(name="x")
    assert site.seen[0].path == "/v1/thing?a=b+c"


def test_a_body_goes_as_json_with_the_connections_headers(rest: Rest, site: Site) -> None:
    site.answers("/v1/thing", body=b'{"name": "x"}', content_type=JSON)
    rest.ask(with_json("PATCH", "/thing", {"on": False}), Named)
    [seen] = site.seen
    assert (seen.body, seen.headers["content-type"], seen.headers["authorization"]) == (
        b'{"on": false}',
        "application/json",
        f"Bearer {TOKEN}",
    )


@pytest.mark.parametrize(("status", "kind"), STATUSES)
def test_a_status_has_a_class(rest: Rest, site: Site, status: int, kind: ErrorClass) -> None:
    site.answers("/v1/thing", status, content_type=JSON)
    assert refused(rest, Outgoing("GET", "/thing")).kind is kind


def test_a_refusal_is_told_in_the_services_words_without_our_token(rest: Rest, site: Site) -> None:
    site.answers("/v1/thing", 400, f'{{"message": "no such thing for {TOKEN}"}}'.encode(), content_type=JSON)
    said = str(refused(rest, Outgoing("GET", "/thing")))
    assert ("no such thing for [secret]" in said, TOKEN in said) == (True, False)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'"x"', b"", b"[" * 5000])
def test_a_refusal_that_is_no_json_is_a_refusal_all_the_same(rest: Rest, site: Site, body: bytes) -> None:
    site.answers("/v1/thing", 500, body, content_type=JSON)
    assert "answered 500, not 2xx" in str(refused(rest, Outgoing("GET", "/thing")))


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b'{"title": "x"}', b""])
def test_an_answer_of_another_kind_is_invalid(rest: Rest, site: Site, body: bytes) -> None:
    site.answers("/v1/thing", body=body, content_type=JSON)
    failure = refused(rest, Outgoing("GET", "/thing"))
    assert ("Correct the base URL of the connection" in str(failure), failure.kind) == (
        True,
        ErrorClass.INVALID,
    )


def test_an_answer_beyond_the_cap_is_not_half_read(rest: Rest, site: Site) -> None:
    site.answers("/v1/thing", body=b'{"name": "' + b"x" * MAX_BODY + b'"}', content_type=JSON)
    assert "more than can be read" in str(refused(rest, Outgoing("GET", "/thing")))


def test_the_egress_guard_stands_in_between(site: Site) -> None:
    public = Rest(Connections({"http:main": HttpConnection(base_url=site.url)}), "http:main", HttpConnection)
    failure = refused(public, Outgoing("GET", "/thing"))
    assert ("not a public address" in str(failure), site.seen) == (True, [])


def test_a_base_url_that_is_none_is_invalid() -> None:
    with pytest.raises(ActionFailed, match="a base URL is"):
        Rest(Connections({"http:main": HttpConnection(base_url="ftp://x")}), "http:main", HttpConnection)


def test_a_redirect_elsewhere_is_not_followed(rest: Rest, site: Site) -> None:
    site.routes["/v1/thing"] = lambda _: Answer(302, {"location": "https://elsewhere.example/"})
    assert "not beneath it" in str(refused(rest, Outgoing("GET", "/thing")))
