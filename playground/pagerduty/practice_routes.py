"""The practice verbs: what a person would do at PagerDuty's website, and what only a rehearsal can do."""

import asyncio
import re
from uuid import uuid4

from fastapi import APIRouter

from tocsin.playground.pagerduty import desk
from tocsin.playground.pagerduty.account import Account
from tocsin.playground.pagerduty.asking import TheAccount
from tocsin.playground.pagerduty.errors import Refusal
from tocsin.playground.pagerduty.gate import Call, Fault
from tocsin.playground.pagerduty.practice_shapes import (
    Alarm,
    Annotation,
    AttemptShape,
    Deed,
    Delegation,
    DeliveryShape,
    Escalation,
    HelpRequest,
    IncidentShape,
    Prioritising,
    Reassignment,
    Redelivery,
    Reply,
    StateShape,
)
from tocsin.playground.pagerduty.practice_views import (
    attempt_shape,
    delivery_shape,
    incident_shape,
    state_shape,
)
from tocsin.playground.pagerduty.records import Agent, Incident

MONITORING = {"name": "Practice monitoring"}


def practice_routes() -> APIRouter:
    """Lay out the practice verbs."""
    router = APIRouter(prefix="/practice")
    router.add_api_route("/state", show_state, methods=["GET"])
    router.add_api_route("/calls", list_calls, methods=["GET"])
    router.add_api_route("/deliveries", list_deliveries, methods=["GET"])
    router.add_api_route("/trigger", trigger, methods=["POST"])
    router.add_api_route("/acknowledge", acknowledge, methods=["POST"])
    router.add_api_route("/unacknowledge", unacknowledge, methods=["POST"])
    router.add_api_route("/resolve", resolve, methods=["POST"])
    router.add_api_route("/reopen", reopen, methods=["POST"])
    router.add_api_route("/escalate", escalate, methods=["POST"])
    router.add_api_route("/reassign", reassign, methods=["POST"])
    router.add_api_route("/delegate", delegate, methods=["POST"])
    router.add_api_route("/priority", set_priority, methods=["POST"])
    router.add_api_route("/annotate", annotate, methods=["POST"])
    router.add_api_route("/responder", ask_for_help, methods=["POST"])
    router.add_api_route("/reply", reply, methods=["POST"])
    router.add_api_route("/deliver", deliver_again, methods=["POST"])
    router.add_api_route("/fault", plant_fault, methods=["POST"], status_code=204)
    router.add_api_route("/reset", reset, methods=["POST"], status_code=204)
    return router


async def show_state(account: TheAccount) -> StateShape:
    """Show the whole account, in short."""
    return state_shape(account)


async def list_calls(account: TheAccount, path: str = "") -> list[Call]:
    """List the accepted mutations whose path matches a regular expression, the oldest first."""
    return [call for call in account.gate.calls if re.search(path, call.path)]


async def list_deliveries(account: TheAccount, incident: str | None = None) -> list[DeliveryShape]:
    """List webhooks and their attempts, the oldest first."""
    mine = [d for d in account.courier.deliveries if incident in (None, d.webhook.lane)]
    return [delivery_shape(delivery) for delivery in mine]


async def trigger(alarm: Alarm, account: TheAccount) -> IncidentShape:
    """Let something go wrong."""
    service = account.world.service(alarm.service)
    opening = desk.Opening(
        title=alarm.title,
        service=service,
        urgency=alarm.urgency,
        priority=None if alarm.priority is None else account.world.priority(alarm.priority),
        dedup_key=uuid4().hex if alarm.user is None else None,
        details=alarm.details,
    )
    monitoring = Agent.monitoring(service, MONITORING)
    by = monitoring if alarm.user is None else Agent.at_the_website(account.world.person(alarm.user))
    return incident_shape(account, desk.trigger(account, opening, by))


async def acknowledge(deed: Deed, account: TheAccount) -> IncidentShape:
    """Take an incident on."""
    desk.acknowledge(account, account.incident(deed.incident), _by(account, deed))
    return _shown(account, deed)


async def unacknowledge(deed: Deed, account: TheAccount) -> IncidentShape:
    """Give an incident back."""
    desk.unacknowledge(account, account.incident(deed.incident), _by(account, deed))
    return _shown(account, deed)


async def resolve(deed: Deed, account: TheAccount) -> IncidentShape:
    """Close an incident."""
    desk.resolve(account, account.incident(deed.incident), _by(account, deed))
    return _shown(account, deed)


async def reopen(deed: Deed, account: TheAccount) -> IncidentShape:
    """Open a resolved incident again."""
    incident = account.incident(deed.incident)
    if incident.status != "resolved":
        raise Refusal.invalid(
            f"Incident {incident.id} is {incident.status}; only a resolved one can be reopened"
        )
    desk.reopen(account, incident, _by(account, deed))
    return _shown(account, deed)


async def escalate(deed: Escalation, account: TheAccount) -> IncidentShape:
    """Hand an incident up."""
    incident = account.incident(deed.incident)
    level = incident.level + 1 if deed.level is None else deed.level
    desk.escalate(account, incident, level, _by(account, deed))
    return _shown(account, deed)


async def reassign(deed: Reassignment, account: TheAccount) -> IncidentShape:
    """Hand an incident to people."""
    people = [account.world.person(named) for named in deed.to]
    desk.reassign(account, account.incident(deed.incident), people, _by(account, deed))
    return _shown(account, deed)


async def delegate(deed: Delegation, account: TheAccount) -> IncidentShape:
    """Hand an incident to another policy."""
    policy = account.world.policy(deed.policy)
    desk.delegate(account, account.incident(deed.incident), policy, _by(account, deed))
    return _shown(account, deed)


async def set_priority(deed: Prioritising, account: TheAccount) -> IncidentShape:
    """Set or take away a priority."""
    priority = None if deed.priority is None else account.world.priority(deed.priority)
    desk.set_priority(account, account.incident(deed.incident), priority, _by(account, deed))
    return _shown(account, deed)


async def annotate(deed: Annotation, account: TheAccount) -> IncidentShape:
    """Write a note."""
    desk.annotate(account, account.incident(deed.incident), deed.content, _by(account, deed))
    return _shown(account, deed)


async def ask_for_help(deed: HelpRequest, account: TheAccount) -> IncidentShape:
    """Ask somebody to join in."""
    responder = account.world.person(deed.responder)
    desk.ask_for_help(account, account.incident(deed.incident), responder, deed.message, _by(account, deed))
    return _shown(account, deed)


async def reply(deed: Reply, account: TheAccount) -> IncidentShape:
    """Answer a request for help."""
    desk.reply(account, account.incident(deed.incident), account.world.person(deed.user), deed.state)
    return _shown(account, deed)


async def deliver_again(again: Redelivery, account: TheAccount) -> list[AttemptShape]:
    """Send an event's very bytes again, out of turn; answers when every attempt is over."""
    deliveries = [d for d in account.courier.deliveries if d.webhook.event_id == again.event_id] * again.times
    if not deliveries:
        raise Refusal.not_found(f"Event {again.event_id}")
    if again.concurrently:
        attempts = await asyncio.gather(*(account.courier.attempt(one) for one in deliveries))
    else:
        attempts = [await account.courier.attempt(one) for one in deliveries]
    return [attempt_shape(attempt) for attempt in attempts]


async def plant_fault(fault: Fault, account: TheAccount) -> None:
    """Let the next calls to some path fail."""
    account.gate.plant(fault)


async def reset(account: TheAccount) -> None:
    """Go back to the beginning."""
    await account.reset()


def _by(account: Account, deed: Deed) -> Agent:
    return Agent.at_the_website(account.world.person(deed.user))


def _shown(account: Account, deed: Deed) -> IncidentShape:
    incident: Incident = account.incident(deed.incident)
    return incident_shape(account, incident)
