"""A practice PagerDuty with a webhook endpoint, and the real clients that call it."""

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request, Response
from pagerduty import EventsApiV2Client, RestApiV2Client
from pydantic import SecretStr
from tests.playground.pagerduty.credentials import REQUESTS_PER_MINUTE, SECRETS, TOKEN
from tests.playground.pagerduty.receiver import Received, Receiver

from tocsin.playground.pagerduty.account import Account, AccountSettings
from tocsin.playground.pagerduty.acme import ORDERS_ROUTING_KEY
from tocsin.playground.pagerduty.addresses import Addresses
from tocsin.playground.pagerduty.app import create_app
from tocsin.playground.pagerduty.courier import Pace
from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.serving import ServedApp, free_port
from tocsin.playground.tls import PracticeCA, trusting

FAST = Pace(answer_within=0.5, first_pause=1.0, give_up_after=8.0, scale=0.02)


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> PracticeCA:
    return PracticeCA(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def served_receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    app = FastAPI()

    @app.post("/webhooks/pagerduty")
    async def receive(request: Request) -> Response:
        receiver.received.append(Received(dict(request.headers), await request.body()))
        await asyncio.sleep(receiver.pauses.pop(0) if receiver.pauses else 0)
        return Response(status_code=receiver.answers.pop(0) if receiver.answers else 202)

    with ServedApp(app, free_port()) as served:
        receiver.url = f"{served.url}/webhooks/pagerduty"
        yield receiver


@pytest.fixture(scope="module")
def address(ca: PracticeCA, served_receiver: Receiver) -> Iterator[str]:
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    settings = AccountSettings(
        addresses=Addresses(api=url, web=url),
        api_token=SecretStr(TOKEN),
        webhook_url=served_receiver.url,
        webhook_secrets=tuple(SecretStr(secret) for secret in SECRETS),
        requests_per_minute=REQUESTS_PER_MINUTE,
        pace=FAST,
    )
    with ServedApp(create_app(Account(settings)), port, ca.server_certificate()):
        yield url


@pytest.fixture
def receiver(served_receiver: Receiver, pager: Pager) -> Receiver:
    served_receiver.answers.clear()
    served_receiver.pauses.clear()
    served_receiver.received.clear()
    return served_receiver


@pytest.fixture
def pager(address: str, ca: PracticeCA) -> Iterator[Pager]:
    with Pager(address, ca.ca_pem) as pager:
        pager.reset()
        yield pager


@pytest.fixture
def rest(address: str, ca: PracticeCA, pager: Pager) -> RestApiV2Client:
    return RestApiV2Client(
        TOKEN, default_from="ana@acme.example", base_url=address, verify=trusting(ca.ca_pem), trust_env=False
    )


@pytest.fixture
def events(address: str, ca: PracticeCA, pager: Pager) -> EventsApiV2Client:
    return EventsApiV2Client(
        ORDERS_ROUTING_KEY, base_url=address, verify=trusting(ca.ca_pem), trust_env=False
    )
