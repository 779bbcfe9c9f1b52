"""What the world answered a run that really was, from its log. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from tocsin.actions.registry import Registry
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks.conductor import decide
from tocsin.runbooks.model import Step
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.simulate.answers import written
from tocsin.runbooks.simulate.world import GUARD
from tocsin.runbooks.state import RunState
from tocsin.runbooks.work import Program

Part = dict[str, JsonValue]
"""A part of a file of tests."""
LOOK = "1ms"
"""How long a recorded look takes: the log has what it found, and no more."""


@dataclass
class RecordedWorld:
    """Goes along a run's log; afterwards it has ``world``, ``held`` and ``freezes`` of the case."""

    program: Program
    registry: Registry
    freezes: list[JsonValue] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._answers: dict[str, dict[str, list[Part]]] = {}
        self._begun: dict[str, datetime] = {}
        self._held: dict[str, timedelta] = {}
        self._found_done: dict[str, bool] = {}

    @property
    def world(self) -> Part:
        """Return the answers by step and verb."""
        return {
            step: {verb: [*_sequence(listed)] for verb, listed in verbs.items()}
            for step, verbs in self._answers.items()
        }

    @property
    def held(self) -> list[JsonValue]:
        """Return the locks that other runs held, and for how long."""
        return [{"resource": one, "for": written(until)} for one, until in self._held.items()]

    def take(self, event: Event, at: datetime, state: RunState) -> None:
        """Keep what the event says of the world; ``state`` is the run before it."""
        self._course(event, at, state)
        match event:
            case events.StepPlanned(step=step, plan=plan):
                self._add(step, "plan", {"output": literal(plan)})
            case events.StepSucceeded(step=step, output=output):
                own = literal(self._own(self._step(step, state), output))
                if not self._was_lost(step, own):
                    self._add(step, "run", {"output": own, "takes": self._took(step, at)})
            case events.StepFailed(step=step) if not self._is_decided(event, at, state):
                verb = "run" if state.step(step).status == "running" else "plan"
                took: Part = {"takes": self._took(step, at)} if verb == "run" else {}
                self._add(step, verb, {"fail": {"kind": event.kind.value, "message": event.error}, **took})
            case events.StepProbed(step=step, found=found):
                self._found_done[step] = found == "done"
                self._add(step, "probe", {"output": found})
            case events.StepChecked(step=step, check=check, state=seen, reason=reason):
                nth: Part = {"check": check} if check else {}
                self._add(step, "verify", {"output": _verdict(seen, reason), "takes": LOOK, **nth})
            case steering.GuardChecked(holds=holds, reason=reason):
                seen = "ok" if holds else "failed"
                self._add(GUARD, "verify", {"output": _verdict(seen, reason), "takes": LOOK})
            case events.StepUndone(step=step) if not self._step(step, state).undo_steps:
                self._add(step, "undo", {"takes": self._took(step, at)})
            case events.UndoFailed(step=step, error=error) if not self._step(step, state).undo_steps:
                self._add(step, "undo", {"fail": {"kind": "invalid", "message": error}})

    def _course(self, event: Event, at: datetime, state: RunState) -> None:
        """Keep when effects began, and what held the run up from outside."""
        match event:
            case events.StepStarted(step=step) | events.UndoStarted(step=step):
                self._begun[step] = at
                self._found_done[step] = False
            case events.LocksTaken(resources=resources):
                awaited = set(resources) & set(state.awaited)
                self._held |= dict.fromkeys(sorted(awaited), at - state.requested_at)
            case steering.FreezeHeld(calendar=calendar, until=until):
                self.freezes.append({"calendar": calendar, "until": written(until - state.requested_at)})

    def _add(self, step: str, verb: str, answer: Part) -> None:
        self._answers.setdefault(step, {}).setdefault(verb, []).append(answer)

    def _was_lost(self, step: str, output: JsonValue) -> bool:
        """Keep what was put out with the call whose answer was lost; False where the call did answer."""
        last = self._answers.get(step, {}).get("run", [{}])[-1]
        fail = last.get("fail")
        if not self._found_done.get(step) or not isinstance(fail, dict):
            return False
        last.update(fail={**fail, "happened": True}, output=output)
        return True

    def _took(self, step: str, at: datetime) -> str:
        return written(at - self._begun[step])

    def _step(self, step: str, state: RunState) -> Step:
        return Moment(self.program, state, state.requested_at).find(step).step

    def _own(self, step: Step, output: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """Return what the action put out, without what the runbook computed from it."""
        fields = self.registry.get(step.uses or "").output_model.model_fields.items()
        known = {info.alias or name for name, info in fields}
        return {name: value for name, value in output.items() if name in known or name not in step.outputs}

    def _is_decided(self, event: events.StepFailed, at: datetime, state: RunState) -> bool:
        """Say whether the step failed by what the runbook says, and not by what the world did."""
        decided = decide(Moment(self.program, state, at)).events
        return any(isinstance(one, events.StepFailed) and one.error == event.error for one in decided)


def literal(value: JsonValue) -> JsonValue:
    """Return a value of the log as an answer gives it back: nothing in it is an expression."""
    if isinstance(value, str):
        return value.replace("${{", "${{ '${{' }}")
    if isinstance(value, list):
        return [literal(one) for one in value]
    return {key: literal(one) for key, one in value.items()} if isinstance(value, dict) else value


def _verdict(state: str, reason: str) -> JsonValue:
    return {"state": state, "reason": literal(reason)}


def _sequence(listed: list[Part]) -> list[Part]:
    """Return the answers one after the other, equal ones together; the last one holds for all that follow."""
    grouped: list[Part] = []
    for answer in listed:
        before = {key: value for key, value in grouped[-1].items() if key != "times"} if grouped else None
        if before == answer:
            grouped[-1] = {**answer, "times": int(str(grouped[-1]["times"])) + 1}
        else:
            grouped.append({**answer, "times": 1})
    checks = {answer.get("check", 0) for answer in grouped}
    for check in checks:
        last = next(one for one in reversed(grouped) if one.get("check", 0) == check)
        del last["times"]
    return grouped
