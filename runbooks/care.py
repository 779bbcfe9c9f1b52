"""What people do to a run that goes on, waits for them, or got stuck: command → authorize → event."""

from collections.abc import Mapping

from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import Access
from tocsin.errors import Conflict, Invalid
from tocsin.events import Actor
from tocsin.runbooks import interventions
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.state import RunState, StepState


class Care:
    """The commands on runs that are under way. The caller commits."""

    def __init__(self, runs: Runs, access: Access) -> None:
        self._runs = runs
        self._access = access

    async def pause(self, session: AsyncSession, actor: Actor, run_id: str, reason: str = "") -> RunState:
        """Begin nothing further of the run until it is resumed; what is at work comes to its end."""
        state = await self._runs.read(session, actor, run_id)
        paused = interventions.pause(self._access, actor, state, reason)
        return await self._runs.append(session, actor, state, paused)

    async def resume(self, session: AsyncSession, actor: Actor, run_id: str) -> RunState:
        """Let a paused run go on."""
        state = await self._runs.read(session, actor, run_id)
        return await self._runs.append(
            session, actor, state, interventions.resume(self._access, actor, state)
        )

    async def break_glass(self, session: AsyncSession, actor: Actor, run_id: str, reason: str) -> RunState:
        """Let a run change things in spite of a freeze. An admin does that, and says why."""
        state = await self._runs.read(session, actor, run_id)
        broken = interventions.break_glass(self._access, actor, state, reason)
        return await self._runs.append(session, actor, state, broken)

    async def complete(
        self,
        session: AsyncSession,
        actor: Actor,
        run_id: str,
        step: str,
        *,
        done: Mapping[str, bool],
        fields: Mapping[str, JsonValue],
        programs: Programs,
        from_text: bool = False,
    ) -> RunState:
        """Say that a manual step is done: every entry of its checklist ticked, its fields filled in."""
        state = await self._runs.read(session, actor, run_id)
        duty = await self._runs.duty(actor, "run.start", interventions.doers(state, step))
        completed = interventions.complete(
            self._access,
            actor,
            state,
            step,
            done=done,
            fields=fields,
            program=await programs.read(session, state),
            from_text=from_text,
            duty=duty,
        )
        return await self._runs.append(session, actor, state, completed)

    async def refuse(
        self, session: AsyncSession, actor: Actor, run_id: str, step: str, reason: str
    ) -> RunState:
        """Say that a manual step cannot be done; it has failed then."""
        state = await self._runs.read(session, actor, run_id)
        duty = await self._runs.duty(actor, "run.start", interventions.doers(state, step))
        refused = interventions.refuse(self._access, actor, state, step, reason, duty)
        return await self._runs.append(session, actor, state, refused)

    async def resolve_undo(
        self, session: AsyncSession, actor: Actor, run_id: str, step: str, *, undone: bool
    ) -> RunState:
        """Say that a step whose undo failed was put back by hand, or let it be tried again."""
        state = await self._runs.read(session, actor, run_id)
        resolved = interventions.resolve_undo(self._access, actor, state, step, undone=undone)
        return await self._runs.append(session, actor, state, resolved)

    async def rerun(
        self,
        session: AsyncSession,
        actor: Actor,
        run_id: str,
        *,
        since: str | None = None,
        failed: bool = False,
    ) -> RunState:
        """Start the run again, on the same revisions with the same inputs.

        ``since`` takes over the steps before that one as they were; ``failed`` takes over all that succeeded.
        """
        state = await self._runs.read(session, actor, run_id)
        if not state.over:
            raise Conflict(f"run {state.id[:8]} has not ended; cancel it first. Nothing was started.")
        if since is not None and since not in state.steps:
            raise Invalid(f"run {state.id[:8]} did nothing at a step {since!r}. Nothing was started.")
        keep = _kept(state, since) if since is not None or failed else {}
        request = RunRequest(
            runbook=state.runbook,
            revision=state.revision,
            subs=dict(state.subs),
            inputs=dict(state.inputs),
            incident_id=state.incident_id,
            scope=dict(state.scope),
            trigger="rerun",
            rerun_of=state.id,
            keep={name: dict(seen.output) for name, seen in keep.items()},
        )
        return await self._runs.start(session, actor, request)


def _kept(state: RunState, since: str | None) -> dict[str, StepState]:
    """Return the steps that succeeded, before ``since`` where that is given, in the order they began."""
    kept: dict[str, StepState] = {}
    for name, seen in state.steps.items():
        if name == since:
            break
        if seen.status == "succeeded":
            kept[name] = seen
    return kept
