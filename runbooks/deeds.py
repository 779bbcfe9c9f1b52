"""Does in the world what the conductor decided, and says what happened. The only place that calls actions."""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import copy_context
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from pydantic import JsonValue, ValidationError

from tocsin.actions.base import Frozen, Plan, Risk, Verdict
from tocsin.actions.caller import Caller, called_for
from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import ActionFailed, BadExpression, ErrorClass
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks.acting import failure
from tocsin.runbooks.model import Look
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.tree import Node
from tocsin.runbooks.verification import checks_of
from tocsin.runbooks.work import (
    CheckStep,
    GuardStep,
    PlanStep,
    ProbeStep,
    Program,
    RecoverStep,
    StartStep,
    UndoStep,
)
from tocsin.vault import MARKER, Vault

Deed = PlanStep | GuardStep | StartStep | CheckStep | ProbeStep | RecoverStep | UndoStep
"""Work that calls an action."""
Clock = Callable[[], datetime]
Result = TypeVar("Result")
LOOK = timedelta(seconds=60)
"""How long one plan, probe or look of ``verify`` may take; the effect has the step's own timeout."""
UNDO_TRIES = 3


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


class Deeds:
    """Calls actions in threads, each call with a time limit; ``clock`` gives the time of what fails."""

    def __init__(self, registry: Registry, threads: Executor, vault: Vault, clock: Clock = utc_now) -> None:
        self._registry = registry
        self._threads = threads
        self._vault = vault
        self._clock = clock

    async def do(self, program: Program, state: RunState, deed: Deed) -> Event:
        """Do it and return what happened. Raise ActionFailed where a probe cannot look: come back later."""
        asked = state.requested_by
        with called_for(Caller(run=state.id, person=asked.email or asked.id)):
            return await self._do(program, state, deed)

    async def _do(self, program: Program, state: RunState, deed: Deed) -> Event:
        m = Moment(program, state, self._clock())
        node = m.find(deed.step)
        action, seen = self._registry.get(node.step.uses or ""), m.seen(node)
        match deed:
            case GuardStep():
                return await self._guard(m, deed)
            case CheckStep():
                verdict = await self._check(m, node, deed)
                return events.StepChecked(step=node.address, check=deed.check, **verdict)
            case ProbeStep():
                return events.StepProbed(step=node.address, found=await self._probe(action, seen))
            case RecoverStep():
                return await self._recover(m, node, action)
            case UndoStep():
                return await self._undo(node, action, seen)
        try:
            if isinstance(deed, PlanStep):
                _check_connection(node.frame.program, deed.want)
                return await self._plan(node, action, deed.want)
            return await self._run(m, node, action, deed.key)
        except ActionFailed as error:
            attempt = deed.attempt if isinstance(deed, StartStep) else seen.attempt + 1
            return failure(Moment(program, state, self._clock()), node, attempt, error)

    async def _plan(self, node: Node, action: AnyAction, want: Mapping[str, JsonValue]) -> Event:
        ready = self._inputs(action, want)
        plan: Plan = await self._call(LOOK, action.plan, ready)
        return events.StepPlanned(
            step=node.address,
            want=dict(want),
            plan=plan.model_dump(mode="json"),
            digest=plan.digest,
            risk=action.risk,
            resources=tuple(action.resources(ready)),
        )

    async def _run(self, m: Moment, node: Node, action: AnyAction, key: str) -> Event:
        want, plan = self._ready(action, m.seen(node))
        put_out: Frozen = await self._call(node.step.limit, action.run, want, plan, key)
        try:
            return _succeeded(m, node, put_out)
        except BadExpression as error:
            raise ActionFailed(
                f"it ran, but its outputs cannot be computed: {error}", ErrorClass.INVALID
            ) from None

    async def _guard(self, m: Moment, deed: GuardStep) -> Event:
        """Look whether the run may go on. What cannot be seen stops it."""
        guard = m.program.runbook.guardrails.stop_if
        assert guard is not None  # noqa: S101  # the conductor looked
        look = Look(uses=guard.uses, with_=guard.with_, assert_=guard.assert_)
        verdict = await self._look(m, m.find(deed.step), look, deed.want)
        return steering.GuardChecked(step=deed.step, holds=verdict["state"] == "ok", reason=verdict["reason"])

    async def _probe(self, action: AnyAction, seen: StepState) -> Literal["done", "not_done", "unknown"]:
        want, plan = self._ready(action, seen)
        try:
            found = await self._call(LOOK, action.probe, want, plan, seen.key)
        except ActionFailed as error:
            if error.retryable:
                raise
            return "unknown"
        return found.value

    async def _recover(self, m: Moment, node: Node, action: AnyAction) -> Event:
        """Return the step's success, with what the world still shows of its output."""
        seen = m.seen(node)
        want, plan = self._ready(action, seen)
        nothing = events.StepSucceeded(step=node.address, output={})
        try:
            put_out = await self._call(LOOK, action.recover, want, plan, seen.key)
            return nothing if put_out is None else _succeeded(m, node, put_out)
        except ActionFailed as error:
            if error.retryable:
                raise
            return nothing
        except BadExpression:
            return nothing  # whoever reads it is told that it is not there

    async def _undo(self, node: Node, action: AnyAction, seen: StepState) -> Event:
        want, plan = self._ready(action, seen)
        for attempt in range(UNDO_TRIES):
            try:
                await self._call(node.step.limit, action.undo, want, plan)
            except ActionFailed as error:
                if not error.retryable or attempt == UNDO_TRIES - 1:
                    mend = f"{node.step.title}: put back by hand what the plan saw: {plan.summary}"
                    return events.UndoFailed(step=node.address, error=str(error), mend=mend)
                await asyncio.sleep(2.0**attempt)
            else:
                break
        return events.StepUndone(step=node.address)

    async def _check(self, m: Moment, node: Node, deed: CheckStep) -> dict[str, Any]:
        return await self._look(m, node, checks_of(m, node)[deed.check], deed.want)

    async def _look(
        self, m: Moment, node: Node, check: Look, given: Mapping[str, JsonValue] | None
    ) -> dict[str, Any]:
        """Return state and reason of one look. What cannot be seen is inconclusive, and never a success."""
        seen = m.seen(node)
        reader = self._registry.get(check.uses or node.step.uses or "")
        try:
            if check.uses is None:
                value: Mapping[str, JsonValue] = seen.output
                asked, plan = self._ready(reader, seen)
            else:
                _check_connection(node.frame.program, given or {})
                _check_reads(reader)
                asked = self._inputs(reader, given or {})
                plan = await self._call(LOOK, reader.plan, asked)
                output = await self._call(LOOK, reader.run, asked, plan, "")
                value = output.model_dump(mode="json")
            if check.assert_ is not None:
                return _judge(m, node, check.assert_, dict(value))
            verdict: Verdict = await self._call(LOOK, reader.verify, asked, plan)
            return verdict.model_dump()
        except (ActionFailed, BadExpression) as error:
            return {"state": "inconclusive", "reason": str(error)}

    def _ready(self, action: AnyAction, seen: StepState) -> tuple[Frozen, Plan]:
        return self._inputs(action, seen.want), action.plan_model.model_validate(seen.plan)

    def _inputs(self, action: AnyAction, want: Mapping[str, JsonValue]) -> Frozen:
        _check_secrets(action, want)
        try:
            return action.input_model.model_validate(self._vault.fill(dict(want)))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ActionFailed(f"{action.name}: {where}: {first['msg']}", ErrorClass.INVALID) from None

    async def _call(self, limit: timedelta, function: Callable[..., Result], *args: object) -> Result:
        """Call in a thread. The thread of a call that takes too long goes on; its result is not looked at."""
        known = copy_context()  # a thread would not know for whom it is called
        call = asyncio.get_running_loop().run_in_executor(self._threads, known.run, function, *args)
        try:
            return await asyncio.wait_for(call, limit.total_seconds())
        except TimeoutError:
            raise ActionFailed(
                f"no answer within {int(limit.total_seconds())} s", ErrorClass.TIMEOUT
            ) from None


def _succeeded(m: Moment, node: Node, put_out: Frozen) -> Event:
    """Return the step's success; raise BadExpression where the outputs of its own cannot be computed."""
    output = put_out.model_dump(mode="json")
    more = m.rendered(node, node.step.outputs, value=output) if node.step.outputs else {}
    return events.StepSucceeded(step=node.address, output={**output, **more})


def _check_connection(program: Program, want: Mapping[str, JsonValue]) -> None:
    """Refuse a connection that the runbook does not say it uses, however its name was computed."""
    allowed, asked = program.runbook.permissions.connections, want.get("connection")
    if allowed and asked is not None and asked not in allowed:
        raise ActionFailed(f"connection {asked!r} is not in the runbook's permissions", ErrorClass.DENIED)


def _check_reads(action: AnyAction) -> None:
    """Refuse to look at the world by changing it."""
    if action.risk is not Risk.READ:
        raise ActionFailed(f"`verify` only looks, and {action.name} changes things", ErrorClass.DENIED)


def _check_secrets(action: AnyAction, want: Mapping[str, JsonValue]) -> None:
    """Refuse a secret anywhere but in the fields where the action takes one."""
    for name in want.keys() - action.secret_fields:
        if f'"{MARKER}"' in json.dumps(want[name]):
            raise ActionFailed(f"{action.name} takes no secret in {name!r}", ErrorClass.DENIED)


def _judge(m: Moment, node: Node, assertion: str, value: JsonValue) -> dict[str, Any]:
    holds = m.holds(node, assertion, value=value)
    return {
        "state": "ok" if holds else "waiting",
        "reason": f"`{assertion}` {'holds' if holds else 'does not hold'}",
    }
