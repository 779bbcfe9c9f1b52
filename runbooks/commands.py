"""What people and triggers do to runs: command → authorize → event. The caller commits."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, NamedTuple
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, JsonValue
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import OFF_DUTY, Access, Duty, Verb
from tocsin.actions.registry import Registry
from tocsin.errors import Forbidden, Invalid, NotFound
from tocsin.events import Actor, Event, Fact
from tocsin.events import run as events
from tocsin.events.runbook import Channel
from tocsin.incidents.tables import Incident, Page
from tocsin.log import Log
from tocsin.runbooks import admission, interventions
from tocsin.runbooks.closure import closure, policy_digest
from tocsin.runbooks.fold import begin, fold
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.oncall import OnCall
from tocsin.runbooks.revisions import Revisions, parse
from tocsin.runbooks.state import RunState
from tocsin.runbooks.surroundings import incident_scope
from tocsin.runbooks.tables import Revision, Run
from tocsin.runbooks.tree import MAX_DEPTH
from tocsin.runbooks.uses import actions_of
from tocsin.settings import Settings

_FREE: Mapping[str, str] = MappingProxyType({})
"""Nothing is pinned: every runbook that is called is the published one."""
_TAKEN = {
    "mode",
    "trigger",
    "dedupe_key",
    "fired_by",
    "depth",
    "suggestion",
    "lowered",
    "break_glass",
    "rerun_of",
    "keep",
}


class RunRequest(BaseModel):
    """What it takes to start a run. A caller names a runbook and its inputs, and nothing of its steps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runbook: str
    inputs: dict[str, JsonValue] = {}
    revision: str | None = None
    """Digest, or a prefix of it; None: the channel's."""
    channel: Channel = "published"
    subs: dict[str, str] = {}
    """Digests of runbooks that it calls, by name; what is not named here is the published one."""
    incident_id: str | None = None
    mode: Literal["propose", "auto"] = "auto"
    """auto: the steps' own approvals. propose: ask before the first change even where no step does."""
    trigger: str = "manual"
    scope: dict[str, JsonValue] = {}
    """``event``, ``alert`` and ``incident`` as expressions see them."""
    from_text: bool = False
    """The inputs are text, as typed: read them by their types."""
    dedupe_key: str | None = None
    fired_by: str = ""
    """The trigger that starts it by itself, by name."""
    depth: int = 0
    """How many runs stand before it in a chain of ``runbook`` triggers."""
    suggestion: str | None = None
    """The suggestion that is taken up: its runbook need not be one that people start otherwise."""
    lowered: str = ""
    """Why it asks although it was to act by itself."""
    break_glass: str = ""
    """Why a freeze shall not hold for it. An admin's word."""
    rerun_of: str | None = None
    keep: dict[str, dict[str, JsonValue]] = {}
    """Steps that are taken over as done, with their outputs."""


class Pins(NamedTuple):
    """What a run stays on, besides its own revision."""

    actions: dict[str, int]
    subs: dict[str, str]
    closure: str


class Runs:
    """The commands on runs, the same for every door."""

    def __init__(
        self,
        log: Log,
        access: Access,
        revisions: Revisions,
        registry: Registry,
        settings: Settings,
        oncall: OnCall | None = None,
    ) -> None:
        self._log = log
        self._access = access
        self._revisions = revisions
        self._registry = registry
        self._settings = settings
        self._policy = policy_digest(settings.organisation)
        self._oncall = oncall or OnCall()

    async def start(self, session: AsyncSession, actor: Actor, request: RunRequest) -> RunState:
        """Ask for a run; raise Invalid when its inputs are wrong, NotFound when there is no such runbook.

        Raise Conflict or Forbidden when the runbook's guardrails let none begin now.
        """
        if request.break_glass:
            self._access.authorize(actor, "automation.resume")
        requested, runbook = await self._prepared(session, actor, request)
        run_id = uuid4().hex
        keyed = begin(run_id, requested, actor, datetime.now(UTC), request.incident_id)
        requested = requested.model_copy(update={"keys": admission.keys_of(runbook, keyed)})
        connections = self._settings.organisation.connections
        requested = await admission.admit(session, runbook, requested, connections)
        fact = Fact(
            event=requested, actor=actor, source=actor.kind, incident_id=request.incident_id, run_id=run_id
        )
        return fold(await self._log.append(session, f"run/{run_id}", [fact], expected_version=0))

    async def prepare(self, session: AsyncSession, actor: Actor, request: RunRequest) -> events.RunRequested:
        """Return the event that starts the run, once all about it is known to be right. Starts nothing.

        What was never published is a draft: only who may publish tries it, and it asks before it changes
        anything.
        """
        return (await self._prepared(session, actor, request))[0]

    async def _prepared(
        self, session: AsyncSession, actor: Actor, request: RunRequest
    ) -> tuple[events.RunRequested, Runbook]:
        revision = await self._revisions.get(session, request.runbook, request.revision, request.channel)
        runbook = parse(revision)
        if revision.published_at is None:
            self._access.authorize(actor, "runbook.publish")
            request = request.model_copy(update={"mode": "propose"})
        subs = await self.called(session, runbook, request.subs)
        duty = await self.duty(actor, "run.start", runbook.permissions.run)
        suggested = request.suggestion is not None
        interventions.check_start(self._access, actor, runbook, suggested=suggested, duty=duty)
        admission.check_calendars(runbook, self._settings.organisation.calendars)
        pins = await self._pins(runbook, revision.digest, subs)
        requested = events.RunRequested(
            runbook=runbook.name,
            revision=revision.digest,
            inputs=coerce(
                runbook.inputs, request.inputs, from_text=request.from_text, known=self._settings.organisation
            ),
            scope=await self.scope(session, request),
            **pins._asdict(),
            **request.model_dump(include=_TAKEN),
        )
        return requested, runbook

    async def pins(self, session: AsyncSession, revision: Revision) -> Pins:
        """Return what a run of the revision would stay on if it were asked for now."""
        runbook = parse(revision)
        return await self._pins(runbook, revision.digest, await self.called(session, runbook))

    async def _pins(self, runbook: Runbook, digest: str, subs: Mapping[str, Revision]) -> Pins:
        called = {name: one.digest for name, one in subs.items()}
        # In a thread: it may import a cloud's SDK.
        actions = await asyncio.to_thread(self._versions, [runbook, *map(parse, subs.values())])
        return Pins(actions, called, closure(digest, called, actions, self._policy))

    async def scope(self, session: AsyncSession, request: RunRequest) -> dict[str, JsonValue]:
        """Return what expressions see of the world around the run, its incident included."""
        organisation = self._settings.organisation
        site: JsonValue = {"site": self._settings.base_url}
        scope: dict[str, JsonValue] = {"env": dict(organisation.env), "run": site, **request.scope}
        if request.incident_id is None or "incident" in scope:
            return scope
        incident = await session.get_one(Incident, request.incident_id)
        seen = incident_scope(incident, organisation, self._settings.base_url)
        return {**scope, "incident": {**seen, "pagerduty_id": await _newest_page(session, incident.id)}}

    async def called(
        self, session: AsyncSession, runbook: Runbook, pinned: Mapping[str, str] = _FREE, depth: int = 1
    ) -> dict[str, Revision]:
        """Return the pinned, else the published revision of every runbook that this one calls, at any depth.

        Raise NotFound when one is not published, Invalid when they call each other too deep.
        """
        if depth > MAX_DEPTH:
            raise Invalid(f"{runbook.name}: runbooks call each other more than {MAX_DEPTH} deep")
        found: dict[str, Revision] = {}
        for name in sorted({step.runbook for step in runbook.walk() if step.runbook}):
            found[name] = await self._revisions.get(session, name, pinned.get(name))
            found |= await self.called(session, parse(found[name]), pinned, depth + 1)
        return found

    async def approve(
        self,
        session: AsyncSession,
        actor: Actor,
        run_id: str,
        digest: str,
        comment: str = "",
        confirm: str = "",
    ) -> RunState:
        """Say yes to exactly what ``digest`` names; raise Conflict when that is not asked any more.

        ``confirm`` is what the approver typed, where the runbook wants that.
        """
        state = await self.read(session, actor, run_id)
        duty = await self._oncall.duty(actor, interventions.asked(state, digest).approvers)
        now = datetime.now(UTC)
        given = interventions.approve(self._access, actor, state, digest, now, comment, confirm, duty)
        return await self.append(session, actor, state, given)

    async def reject(
        self, session: AsyncSession, actor: Actor, run_id: str, digest: str, reason: str
    ) -> RunState:
        """Say no; the run is cancelled. A requester may reject what they asked for."""
        state = await self.read(session, actor, run_id)
        duty = await self.duty(actor, "run.approve", interventions.asked(state, digest).approvers)
        rejected = interventions.reject(self._access, actor, state, digest, reason, duty)
        return await self.append(session, actor, state, rejected)

    async def cancel(
        self, session: AsyncSession, actor: Actor, run_id: str, *, compensate: bool, reason: str = ""
    ) -> RunState:
        """Stop the run after the step it is in; with ``compensate``, undo what it did."""
        state = await self.read(session, actor, run_id)
        cancelled = interventions.cancel(self._access, actor, state, compensate=compensate, reason=reason)
        return await self.append(session, actor, state, cancelled)

    async def resolve_unknown(
        self, session: AsyncSession, actor: Actor, run_id: str, step: str, *, happened: bool
    ) -> RunState:
        """Say whether an effect of unknown outcome happened; the run goes on from there."""
        state = await self.read(session, actor, run_id)
        resolved = interventions.resolve_unknown(self._access, actor, state, step, happened=happened)
        return await self.append(session, actor, state, resolved)

    async def duty(self, actor: Actor, verb: Verb, allowed: Iterable[str]) -> Duty:
        """Return what the actor is on call for. Who may anyway is not asked about."""
        try:
            self._access.authorize(actor, verb, allowed)
        except Forbidden:
            return await self._oncall.duty(actor, allowed)
        return OFF_DUTY

    async def read(self, session: AsyncSession, actor: Actor, run_id: str) -> RunState:
        """Return the run with this id, or the only one whose id begins so; raise NotFound."""
        self._access.authorize(actor, "run.read")
        where = col(Run.id).startswith(run_id, autoescape=True)
        found = (await session.exec(select(Run.id).where(where).limit(2))).all()
        if len(found) != 1 or not run_id:
            raise NotFound(
                f"{'no' if not found else 'more than one'} run {run_id!r}; `tocsin run list` shows them"
            )
        return fold(await self._log.read(session, f"run/{found[0]}"))

    async def newest(self, session: AsyncSession, actor: Actor, limit: int) -> list[Run]:
        """Return the newest runs."""
        self._access.authorize(actor, "run.read")
        return list(
            (await session.exec(select(Run).order_by(col(Run.requested_at).desc()).limit(limit))).all()
        )

    def _versions(self, runbooks: Sequence[Runbook]) -> dict[str, int]:
        used = set().union(*map(actions_of, runbooks))
        return {uses: self._registry.get(uses).version for uses in sorted(used)}

    async def append(self, session: AsyncSession, actor: Actor, state: RunState, event: Event) -> RunState:
        """Let something happen to a run, unless something else happened meanwhile; return it after that."""
        fact = Fact(
            event=event, actor=actor, source=actor.kind, incident_id=state.incident_id, run_id=state.id
        )
        await self._log.append(session, f"run/{state.id}", [fact], expected_version=state.version)
        return fold(await self._log.read(session, f"run/{state.id}"))


async def _newest_page(session: AsyncSession, incident_id: str) -> str | None:
    """Return PagerDuty's id of what it paged last about an incident; None where it paged nobody."""
    pages = select(Page.dedup_key).where(Page.source == "pagerduty", Page.incident_id == incident_id)
    return (await session.exec(pages.order_by(col(Page.changed_at).desc()).limit(1))).first()
