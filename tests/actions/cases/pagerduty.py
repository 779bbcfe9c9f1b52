"""Incidents of the practice PagerDuty."""

from collections.abc import Callable

from pydantic import JsonValue, SecretStr

from tests.actions.cases.worlds import Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tests.actions.pager import FarPager
from tocsin.actions.pagerduty import Escalate, Page
from tocsin.connections import PagerDutyConnection

CLOSED = "https://127.0.0.1:9"
"""Where nobody listens."""


def _pagerduty(far: FarPager, want: Page) -> Case:
    def connection(url: str, token: str) -> PagerDutyConnection:
        return PagerDutyConnection(token=SecretStr(token), sender="ana@acme.example", base_url=url)

    def made() -> JsonValue:
        return [f"{call.method} {call.path}" for call in far.pager.calls("/incidents/")]

    return Case(
        connections=connections_of(
            connection(far.url, CANARY),
            connection(far.url, "wrong"),
            connection(CLOSED, CANARY),
            ca_bundle=far.ca_pem,
        ),
        want=want,
        missing=want.model_copy(update={"incident": "QNOWHERE"}),
        state=made,
        effects=made,
    )


def escalate(worlds: Worlds) -> Case:
    far = worlds.pagerduty
    incident = far.pager.trigger("Checkout is down").id
    return _pagerduty(far, Escalate(incident=incident, note="The rollback failed."))


def resolve_with_note(worlds: Worlds) -> Case:
    far = worlds.pagerduty
    incident = far.pager.trigger("Checkout is down").id
    return _pagerduty(far, Page(incident=incident, note="Freed 3 GiB."))


CASES: dict[str, Callable[[Worlds], Case]] = {
    "pagerduty.escalate": escalate,
    "pagerduty.resolve_with_note": resolve_with_note,
}
