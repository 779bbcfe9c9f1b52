"""What people do to a run that goes on, waits for them, or got stuck: command → authorize → event."""

from collections.abc import Mapping

from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import Access
from tocsin.errors import Conflict, Invalid
from tocsin.events import Actor, steering
from tocsin.runbooks import tree
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.state import RunState, StepState


class Care:
    """The commands on runs that are under way. The caller commits."""

    def __init__(self, runs: Runs, access: Access) -> None:
        self._runs = runs
        self._access = access

    async def pause(self, session: AsyncSession, actor: Actor, run_id: str, reason: str = "") -> RunState:
        """Begin nothing further of the run until it is resumed; what is at work comes to its end."""
        state = await self._live(session, actor, run_id)
        if state.paused is not None:
            raise Conflict(f"run {state.id[:8]} is paused already; nothing was changed")
        return await self._runs.append(session, actor, state, steering.RunPaused(reason=reason))

    async def resume(self, session: AsyncSession, actor: Actor, run_id: str) -> RunState:
        """Let a paused run go on."""
        state = await self._live(session, actor, run_id)
        if state.paused is None:
            raise Conflict(f"run {state.id[:8]} is not paused; nothing was changed")
        return await self._runs.append(session, actor, state, steering.RunResumed())

    async def break_glass(self, session: AsyncSession, actor: Actor, run_id: str, reason: str) -> RunState:
        """Let a run change things in spite of a freeze. An admin does that, and says why."""
        state = await self._live(session, actor, run_id)
        self._access.authorize(actor, "automation.resume")
        if not reason.strip():
            raise Invalid("say why: it is looked at afterwards. The freeze still holds.")
        return await self._runs.append(session, actor, state, steering.GlassBroken(reason=reason.strip()))

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
        state, asked = await self._manual(session, actor, run_id, step)
        left = [entry for entry in asked.checklist if not done.get(entry)]
        if left:
            raise Invalid(f"not ticked yet: {'; '.join(left)}. The step still waits.")
        manual = tree.find(await programs.read(session, state), state, step).step.manual
        output = coerce(manual.fields if manual else {}, fields, from_text=from_text)
        return await self._runs.append(
            session, actor, state, steering.ManualCompleted(step=step, output=output)
        )

    async def refuse(
        self, session: AsyncSession, actor: Actor, run_id: str, step: str, reason: str
    ) -> RunState:
        """Say that a manual step cannot be done; it has failed then."""
        state, _ = await self._manual(session, actor, run_id, step)
        if not reason.strip():
            raise Invalid("say why it cannot be done. The step still waits.")
        return await self._runs.append(
            session, actor, state, steering.ManualRefused(step=step, reason=reason.strip())
        )

    async def resolve_undo(
        self, session: AsyncSession, actor: Actor, run_id: str, step: str, *, undone: bool
    ) -> RunState:
        """Say that a step whose undo failed was put back by hand, or let it be tried again."""
        state = await self._live(session, actor, run_id)
        if step not in state.undo_failures:
            raise Conflict(f"no undo of step {step!r} of run {state.id[:8]} failed; nothing was changed")
        return await self._runs.append(session, actor, state, steering.UndoResolved(step=step, undone=undone))

    async def rerun(
        self,
        session: AsyncSession,
        actor: Actor,
        run_id: str,
        *,
        since: str | None = None,
        failed: bool = False,
    ) -> RunState:
        """Start the run again, on the same revision with the same inputs.

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
            inputs=dict(state.inputs),
            incident_id=state.incident_id,
            scope=dict(state.scope),
            trigger="rerun",
            rerun_of=state.id,
            keep={name: dict(seen.output) for name, seen in keep.items()},
        )
        return await self._runs.start(session, actor, request)

    async def _live(self, session: AsyncSession, actor: Actor, run_id: str) -> RunState:
        state = await self._runs.read(session, actor, run_id)
        self._access.authorize(actor, "run.cancel")
        if state.over:
            raise Conflict(f"run {state.id[:8]} has ended: {state.status}; nothing was changed")
        return state

    async def _manual(
        self, session: AsyncSession, actor: Actor, run_id: str, step: str
    ) -> tuple[RunState, steering.ManualRequested]:
        state = await self._runs.read(session, actor, run_id)
        seen = state.step(step)
        if seen.status != "waiting" or seen.manual is None:
            raise Conflict(f"step {step!r} of run {state.id[:8]} waits for nobody; nothing was changed")
        assignee = seen.manual.assignee
        self._access.authorize(actor, "run.start", (assignee,) if assignee else ())
        return state, seen.manual


def _kept(state: RunState, since: str | None) -> dict[str, StepState]:
    """Return the steps that succeeded, before ``since`` where that is given, in the order they began."""
    kept: dict[str, StepState] = {}
    for name, seen in state.steps.items():
        if name == since:
            break
        if seen.status == "succeeded":
            kept[name] = seen
    return kept
