"""REST API v2: what is fixed. Users, services, policies, schedules, priorities, who is on call."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import JSONResponse

from tocsin.playground.pagerduty.account import Account
from tocsin.playground.pagerduty.addresses import Json
from tocsin.playground.pagerduty.asking import TheAccount, TheWindow
from tocsin.playground.pagerduty.errors import Refusal
from tocsin.playground.pagerduty.world import Person, Policy, Priority, Reference, Schedule, Service

ABILITIES = ("teams", "urgencies", "priorities", "coordinated_responding", "response_operations")
OPENED = "2026-01-05T09:00:00Z"
Ids = list[str] | None


def directory_routes() -> APIRouter:
    """Lay out the routes of the fixed resources."""
    router = APIRouter()
    router.add_api_route("/abilities", list_abilities, methods=["GET"])
    router.add_api_route("/abilities/{id}", test_ability, methods=["GET"], status_code=204)
    router.add_api_route("/users", list_users, methods=["GET"])
    router.add_api_route("/users/me", show_own_user, methods=["GET"])
    router.add_api_route("/users/{id}", get_user, methods=["GET"])
    router.add_api_route("/services", list_services, methods=["GET"])
    router.add_api_route("/services/{id}", get_service, methods=["GET"])
    router.add_api_route("/escalation_policies", list_policies, methods=["GET"])
    router.add_api_route("/escalation_policies/{id}", get_policy, methods=["GET"])
    router.add_api_route("/schedules", list_schedules, methods=["GET"])
    router.add_api_route("/schedules/{id}", get_schedule, methods=["GET"])
    router.add_api_route("/priorities", list_priorities, methods=["GET"])
    router.add_api_route("/oncalls", list_on_calls, methods=["GET"])
    return router


async def list_abilities() -> Json:
    """List what the account can do."""
    return {"abilities": list(ABILITIES)}


async def test_ability(id: str) -> Response:
    """Answer 204 if the account has an ability."""
    if id not in ABILITIES:
        raise Refusal.not_found(f"Ability {id}")
    return Response(status_code=204)


async def list_users(account: TheAccount, window: TheWindow, query: str = "") -> Json:
    """List users whose name or e-mail address holds `query`."""
    found = [p for p in account.world.people if query.lower() in f"{p.name} {p.email}".lower()]
    return window.show("users", found, lambda person: user_body(account, person))


async def show_own_user() -> JSONResponse:
    """Refuse: an account-level token is nobody's. PagerDuty's `error` is a bare string here."""
    return JSONResponse({"error": "There is no user behind an account-level access token"}, 400)


async def get_user(id: str, account: TheAccount) -> Json:
    """Show a user."""
    return {"user": user_body(account, account.world.person(id))}


async def list_services(account: TheAccount, window: TheWindow, query: str = "") -> Json:
    """List services whose name holds `query`."""
    found = [service for service in account.world.services if query.lower() in service.name.lower()]
    return window.show("services", found, lambda service: _service(account, service))


async def get_service(id: str, account: TheAccount) -> Json:
    """Show a service."""
    return {"service": _service(account, account.world.service(id))}


async def list_policies(account: TheAccount, window: TheWindow) -> Json:
    """List escalation policies."""
    return window.show("escalation_policies", account.world.policies, lambda policy: _policy(account, policy))


async def get_policy(id: str, account: TheAccount) -> Json:
    """Show an escalation policy."""
    return {"escalation_policy": _policy(account, account.world.policy(id))}


async def list_schedules(account: TheAccount, window: TheWindow) -> Json:
    """List schedules."""
    return window.show("schedules", account.world.schedules, lambda schedule: _schedule(account, schedule))


async def get_schedule(id: str, account: TheAccount) -> Json:
    """Show a schedule."""
    return {"schedule": _schedule(account, account.world.schedule(id))}


async def list_priorities(account: TheAccount, window: TheWindow) -> Json:
    """List priorities, the highest first."""
    return window.show("priorities", account.world.priorities, lambda priority: _priority(account, priority))


class OnCallFilter:
    """The filters of GET /oncalls."""

    def __init__(
        self,
        policies: Annotated[Ids, Query(alias="escalation_policy_ids[]")] = None,
        schedules: Annotated[Ids, Query(alias="schedule_ids[]")] = None,
        users: Annotated[Ids, Query(alias="user_ids[]")] = None,
        include: Annotated[Ids, Query(alias="include[]")] = None,
    ) -> None:
        self.policies = policies
        self.schedules = schedules
        self.users = users
        self.whole_users = include is not None and "users" in include

    def admits(self, policy: Policy, schedule: str, person: Person) -> bool:
        """Say whether a turn of duty passes every filter."""
        asked = ((self.policies, policy.id), (self.schedules, schedule), (self.users, person.id))
        return all(wanted is None or got in wanted for wanted, got in asked)


async def list_on_calls(
    account: TheAccount, window: TheWindow, wanted: Annotated[OnCallFilter, Depends()]
) -> Json:
    """List who is on call on each level; `include[]=users` writes users whole, with their e-mail address."""
    turns = [
        (policy, level)
        for policy in account.world.policies
        for level, schedule in enumerate(policy.levels, start=1)
        if wanted.admits(policy, schedule, account.world.on_call(policy, level))
    ]
    return window.show("oncalls", turns, lambda turn: _on_call(account, *turn, whole=wanted.whole_users))


def user_body(account: Account, person: Person) -> Json:
    """Write a user."""
    return {
        **_head(account, person.reference),
        "name": person.name,
        "email": person.email,
        "time_zone": person.time_zone,
        "role": "user",
        "job_title": person.job_title,
        "description": None,
        "invitation_sent": False,
        "contact_methods": [],
        "notification_rules": [],
        "teams": [account.addresses.mention(account.world.team.reference)],
    }


def _service(account: Account, service: Service) -> Json:
    return {
        **_head(account, service.reference),
        "name": service.name,
        "description": service.description,
        "created_at": OPENED,
        "status": "active",
        "auto_resolve_timeout": None,
        "acknowledgement_timeout": None,
        "alert_creation": "create_alerts_and_incidents",
        "integrations": [account.addresses.mention(service.integration)],
        "escalation_policy": account.addresses.mention(account.world.policy(service.policy).reference),
        "teams": [account.addresses.mention(account.world.team.reference)],
        "incident_urgency_rule": {"type": "constant", "urgency": "high"},
    }


def _policy(account: Account, policy: Policy) -> Json:
    return {
        **_head(account, policy.reference),
        "name": policy.name,
        "num_loops": 0,
        "on_call_handoff_notifications": "if_has_services",
        "escalation_rules": [
            {
                "id": f"{policy.id}{level}",
                "escalation_delay_in_minutes": policy.delay_minutes,
                "targets": [account.addresses.mention(account.world.schedule(schedule).reference)],
            }
            for level, schedule in enumerate(policy.levels, start=1)
        ],
        "services": [
            account.addresses.mention(service.reference)
            for service in account.world.services
            if service.policy == policy.id
        ],
        "teams": [account.addresses.mention(account.world.team.reference)],
    }


def _schedule(account: Account, schedule: Schedule) -> Json:
    return {
        **_head(account, schedule.reference),
        "name": schedule.name,
        "time_zone": schedule.time_zone,
        "description": None,
        "users": [account.addresses.mention(account.world.person(user).reference) for user in schedule.users],
    }


def _priority(account: Account, priority: Priority) -> Json:
    return {**_head(account, priority.reference), "name": priority.name, "description": priority.description}


def _on_call(account: Account, policy: Policy, level: int, *, whole: bool) -> Json:
    person = account.world.on_call(policy, level)
    return {
        "user": user_body(account, person) if whole else account.addresses.mention(person.reference),
        "schedule": account.addresses.mention(account.world.schedule(policy.levels[level - 1]).reference),
        "escalation_policy": account.addresses.mention(policy.reference),
        "escalation_level": level,
        "start": None,
        "end": None,
    }


def _head(account: Account, thing: Reference) -> Json:
    return {
        "id": thing.id,
        "type": thing.kind,
        "summary": thing.summary,
        **account.addresses.links(thing.path),
    }
