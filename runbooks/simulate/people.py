"""The people of a test: they do what it says, once it can be done and its time has come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tocsin.access import Access
from tocsin.errors import Conflict, Forbidden, Invalid
from tocsin.events import SYSTEM, Actor, Event, steering
from tocsin.events import run as events
from tocsin.runbooks import interventions
from tocsin.runbooks.simulate.acts import ANY, Act
from tocsin.runbooks.simulate.cast import person
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.work import Program

_BEGINNINGS = (events.StepStarted, events.WaitStarted, steering.ManualRequested, steering.GroupOpened)


class Turn(NamedTuple):
    """One person's part of an act."""

    number: int
    """Of the act in the file, from 0."""
    act: Act
    by: str


class Refusal(NamedTuple):
    """Somebody was not let."""

    turn: Turn
    message: str
    asked_at: datetime | None
    """When that was asked which they were not let answer."""


@dataclass
class Crowd:
    """Everybody who does something in one run."""

    access: Access
    program: Program
    acts: Sequence[Act]
    refusals: list[Refusal] = field(default_factory=list)
    done: set[int] = field(default_factory=set)
    """Numbers of the acts that came about, or were refused."""

    def __post_init__(self) -> None:
        self._waiting = [Turn(number, act, by) for number, act in enumerate(self.acts) for by in act.by]
        self._began: dict[str, datetime] = {}
        self._touched: dict[str, datetime] = {}

    def sees(self, event: Event, at: datetime) -> None:
        """Take note of what happens to the run."""
        step: str = getattr(event, "step", "")
        self._touched[step] = at
        if isinstance(event, _BEGINNINGS):
            self._began.setdefault(step, at)

    def next_at(self, state: RunState) -> datetime | None:
        """Return when somebody does something next, as things stand; None: nobody does."""
        return min((at for turn in self._waiting for at, _ in self._chances(state, turn)), default=None)

    def act(self, state: RunState, now: datetime) -> tuple[Event, Actor] | None:
        """Return what somebody does now, one thing at a time; None: nothing."""
        for turn in list(self._waiting):
            step = next((step for at, step in self._chances(state, turn) if at <= now), None)
            if step is None:
                continue
            self.done.add(turn.number)
            if turn.act.step != ANY:
                self._waiting.remove(turn)
            try:
                return self._event(state, turn, step, now), SYSTEM if turn.act.channel else person(turn.by)
            except (Conflict, Forbidden, Invalid) as error:
                self.refusals.append(Refusal(turn, str(error), state.step(step).asked_at))
        return None

    def _chances(self, state: RunState, turn: Turn) -> Iterator[tuple[datetime, str]]:
        """Yield from when on the act can be done, and at which step; the empty step is the whole run."""
        act, about = turn.act, turn.act.step
        if about is None:
            began = self._began.get(act.during) if act.during else state.requested_at
            if began is not None:
                yield began + act.after, ""
            return
        for step in list(state.steps) if about == ANY else [about]:
            since = self._open_since(state, turn, step)
            if since is not None:
                yield since + act.after, step

    def _open_since(self, state: RunState, turn: Turn, step: str) -> datetime | None:
        """Return since when the step waits for such an act; None: it does not."""
        seen = state.step(step)
        match turn.act.kind:
            case "approve" | "reject":
                waits = seen.status == "awaiting_approval"
                return seen.asked_at if waits and not self._has_answered(seen, turn) else None
            case "complete" | "refuse":
                return seen.asked_at if seen.status == "waiting" and seen.manual else None
            case "resolve":
                return self._touched.get(step) if seen.status == "unknown" else None
            case _:
                return self._touched.get(step) if step in state.undo_failures else None

    def _has_answered(self, seen: StepState, turn: Turn) -> bool:
        """Say whether somebody who approves whatever is asked has tried that with this question already."""
        approved = any(yes.actor.id == turn.by for yes in seen.approvals)
        refused = any(one.turn == turn and one.asked_at == seen.asked_at for one in self.refusals)
        return turn.act.step == ANY and (approved or refused)

    def _event(self, state: RunState, turn: Turn, step: str, now: datetime) -> Event:
        """Return the event that the act becomes; raise Conflict, Forbidden or Invalid."""
        act, access, actor = turn.act, self.access, person(turn.by)
        match act.kind:
            case "approve":
                digest = _digest(state, step)
                return interventions.approve(access, actor, state, digest, now, act.reason, act.confirm)
            case "reject":
                return interventions.reject(access, actor, state, _digest(state, step), act.reason)
            case "complete":
                return self._complete(state, act, actor, step)
            case "refuse":
                return interventions.refuse(access, actor, state, step, act.reason)
            case "resolve":
                return interventions.resolve_unknown(
                    access, actor, state, step, happened=act.happened is True
                )
            case "mend":
                return interventions.resolve_undo(access, actor, state, step, undone=act.undone is True)
            case "cancel":
                undo = act.cancel == "compensate"
                return interventions.cancel(access, actor, state, compensate=undo, reason=act.reason)
            case "pause":
                return interventions.pause(access, actor, state, act.reason)
            case "resume":
                return interventions.resume(access, actor, state)
            case "break_glass":
                return interventions.break_glass(access, actor, state, act.break_glass or "")
            case _:
                return events.ChannelKnown(channel=act.channel or "")

    def _complete(self, state: RunState, act: Act, actor: Actor, step: str) -> Event:
        manual = state.step(step).manual
        entries = manual.checklist if manual and act.ticked is None else act.ticked or ()
        return interventions.complete(
            self.access,
            actor,
            state,
            step,
            done=dict.fromkeys(entries, True),
            fields=act.fields,
            program=self.program,
            from_text=False,
        )


def _digest(state: RunState, step: str) -> str:
    request = state.step(step).request
    return request.digest if request else ""
