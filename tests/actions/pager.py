"""The practice PagerDuty as the tests of actions meet it: over TLS, with an authority of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from tests.actions.kube import CANARY
from tocsin.actions import pagerduty
from tocsin.connections import PagerDutyConnection
from tocsin.playground.pagerduty.account import Account, AccountSettings
from tocsin.playground.pagerduty.addresses import Addresses
from tocsin.playground.pagerduty.app import create_app
from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.serving import HOST, ServedApp, free_port
from tocsin.playground.tls import PracticeCA


@dataclass(frozen=True)
class FarPager:
    """Where it is, what to trust, and the hand of a person there. Its token is the canary."""

    url: str
    ca_pem: str
    pager: Pager

    @property
    def connection(self) -> PagerDutyConnection:
        """How Tocsin reaches it."""
        return PagerDutyConnection(token=SecretStr(CANARY), base_url=self.url, sender="bo@acme.example")

    def client(self) -> pagerduty.Pager:
        """Return Tocsin's own client of it."""
        return pagerduty.Pager(self.connection, self.ca_pem)


@contextmanager
def serving_pagerduty(folder: Path) -> Iterator[FarPager]:
    """Run it in a thread."""
    ca, port = PracticeCA(folder), free_port()
    url = f"https://{HOST}:{port}"
    settings = AccountSettings(addresses=Addresses(api=url, web=url), api_token=SecretStr(CANARY))
    with (
        ServedApp(create_app(Account(settings)), port, ca.server_certificate()),
        Pager(url, ca.ca_pem) as pager,
    ):
        yield FarPager(url, str(ca.ca_pem), pager)
