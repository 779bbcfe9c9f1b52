"""Does in the world what the conductor decided, and says what happened. The only place that calls actions."""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

from pydantic import JsonValue, ValidationError

from tocsin.actions.base import Frozen, Plan, Risk, Verdict
from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import ActionFailed, BadExpression, ErrorClass
from tocsin.events import Event
from tocsin.events import run as events
from tocsin.runbooks import expressions
from tocsin.runbooks.conductor import failure
from tocsin.runbooks.model import Step
from tocsin.runbooks.scope import scope_of
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.verification import checks_of
from tocsin.runbooks.work import CheckStep, PlanStep, ProbeStep, Program, StartStep, UndoStep
from tocsin.vault import MARKER, Vault

Deed = PlanStep | StartStep | CheckStep | ProbeStep | UndoStep
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
        step = program.step(deed.step)
        action, seen = self._registry.get(step.uses or ""), state.step(step.id)
        match deed:
            case CheckStep():
                verdict = await self._check(program, state, step, deed)
                return events.StepChecked(step=step.id, check=deed.check, **verdict)
            case ProbeStep():
                return events.StepProbed(step=step.id, found=await self._probe(action, seen))
            case UndoStep():
                return await self._undo(step, action, seen)
        try:
            if isinstance(deed, PlanStep):
                _check_connection(program, deed.want)
                return await self._plan(step, action, deed.want)
            return await self._run(step, action, seen, deed.key)
        except ActionFailed as error:
            attempt = deed.attempt if isinstance(deed, StartStep) else seen.attempt + 1
            return failure(program, state, step, attempt, error, self._clock())

    async def _plan(self, step: Step, action: AnyAction, want: Mapping[str, JsonValue]) -> Event:
        ready = self._inputs(action, want)
        plan: Plan = await self._call(LOOK, action.plan, ready)
        return events.StepPlanned(
            step=step.id,
            want=dict(want),
            plan=plan.model_dump(mode="json"),
            digest=plan.digest,
            risk=action.risk,
            resources=tuple(action.resources(ready)),
        )

    async def _run(self, step: Step, action: AnyAction, seen: StepState, key: str) -> Event:
        want, plan = self._ready(action, seen)
        output: Frozen = await self._call(step.timeout, action.run, want, plan, key)
        return events.StepSucceeded(step=step.id, output=output.model_dump(mode="json"))

    async def _probe(self, action: AnyAction, seen: StepState) -> Literal["done", "not_done", "unknown"]:
        want, plan = self._ready(action, seen)
        try:
            found = await self._call(LOOK, action.probe, want, plan, seen.key)
        except ActionFailed as error:
            if error.retryable:
                raise
            return "unknown"
        return found.value

    async def _undo(self, step: Step, action: AnyAction, seen: StepState) -> Event:
        want, plan = self._ready(action, seen)
        for attempt in range(UNDO_TRIES):
            try:
                await self._call(step.timeout, action.undo, want, plan)
            except ActionFailed as error:
                if not error.retryable or attempt == UNDO_TRIES - 1:
                    mend = f"{step.title}: put back by hand what the plan saw: {plan.summary}"
                    return events.UndoFailed(step=step.id, error=str(error), mend=mend)
                await asyncio.sleep(2.0**attempt)
            else:
                break
        return events.StepUndone(step=step.id)

    async def _check(self, program: Program, state: RunState, step: Step, deed: CheckStep) -> dict[str, Any]:
        """Return state and reason of one look. What cannot be seen is inconclusive, and never a success."""
        check, seen = checks_of(program, state, step)[deed.check], state.step(step.id)
        reader = self._registry.get(check.uses or step.uses or "")
        try:
            if check.uses is None:
                value: Mapping[str, JsonValue] = seen.output
                asked, plan = self._ready(reader, seen)
            else:
                _check_connection(program, deed.want or {})
                _check_reads(reader)
                asked = self._inputs(reader, deed.want or {})
                plan = await self._call(LOOK, reader.plan, asked)
                output = await self._call(LOOK, reader.run, asked, plan, "")
                value = output.model_dump(mode="json")
            if check.assert_ is not None:
                return _judge(check.assert_, {**scope_of(program.runbook, state), "value": dict(value)})
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
        call = asyncio.get_running_loop().run_in_executor(self._threads, function, *args)
        try:
            return await asyncio.wait_for(call, limit.total_seconds())
        except TimeoutError:
            raise ActionFailed(
                f"no answer within {int(limit.total_seconds())} s", ErrorClass.TIMEOUT
            ) from None


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


def _judge(assertion: str, scope: Mapping[str, JsonValue]) -> dict[str, Any]:
    holds = expressions.holds(assertion, scope)
    return {
        "state": "ok" if holds else "waiting",
        "reason": f"`{assertion}` {'holds' if holds else 'does not hold'}",
    }
