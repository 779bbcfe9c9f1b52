"""The world of a test: it answers actions as the file says, and keeps what they asked of it."""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import JsonValue

from tocsin.actions.base import Probe
from tocsin.errors import ActionFailed, BadExpression, TocsinError
from tocsin.runbooks import expressions
from tocsin.runbooks.simulate.answers import Answer, Answers
from tocsin.runbooks.simulate.matching import fits

USUAL = timedelta(seconds=1)
"""How long a call takes of which nothing is said; a plan takes no time."""
GUARD = "stop_if"
"""The name under which the world answers the guard of ``guardrails``."""


class Unanswered(TocsinError):
    """A test does not say what its world answers; the message says what to add."""


@dataclass(frozen=True)
class Place:
    """From where in a run the world is asked."""

    step: str
    """Address of the step."""
    names: tuple[str, ...]
    """What a test calls it, the nearest first."""
    own: bool
    """By the step's own action, and not by a look of ``verify`` or ``stop_if`` at something else."""
    check: int | None = None
    """Which of its checks."""


HERE: ContextVar[Place] = ContextVar("place")
"""From where the world is being asked; set around every deed."""


@dataclass
class Call:
    """One call of an action."""

    at: timedelta
    """Since the beginning of the run."""
    place: Place
    uses: str
    verb: str
    want: Mapping[str, JsonValue]
    changes: bool
    """The action does not only read."""
    error: str = ""
    """What went wrong; empty: nothing."""


@dataclass(frozen=True)
class Question:
    """What the world is asked."""

    verb: str
    uses: str = "the look"
    want: Mapping[str, JsonValue] = field(default_factory=dict)
    plan: Mapping[str, JsonValue] = field(default_factory=dict)
    key: str = ""


class World:
    """Answers as it was told, in the order and at the times it was told."""

    def __init__(
        self,
        answers: Mapping[str, Answers],
        elapsed: Callable[[], timedelta],
        begun: Callable[[str], timedelta | None],
    ) -> None:
        """``elapsed`` is the time since the run began, ``begun`` when in it a step's effect did."""
        self._answers = answers
        self._elapsed = elapsed
        self._begun = begun
        self._used: dict[int, int] = {}
        self._happened: dict[str, JsonValue] = {}
        """What an effect put out, by its key."""
        self.calls: list[Call] = []
        self.takes = USUAL
        """How long the call takes that was answered last."""

    def answer(self, asked: Question, *, changes: bool) -> JsonValue:
        """Return what the world says, None for nothing; raise ActionFailed where that is what it says."""
        place = HERE.get()
        call = Call(self._elapsed(), place, asked.uses, asked.verb, asked.want, changes)
        self.calls.append(call)
        own = place.names if place.own else ()
        try:
            return self._said((*own, asked.uses), asked, place)
        except ActionFailed as error:
            call.error = str(error)
            raise

    def verdict(self, place: Place, *names: str) -> JsonValue:
        """Return what the world says that a look of the runbook's own finds; None: it is to look truly."""
        return self._said(names, Question("verify"), place)

    def probed(self, key: str) -> Probe:
        """Return whether the effect with this key happened."""
        return Probe.DONE if key in self._happened else Probe.NOT_DONE

    def recovered(self, key: str) -> JsonValue:
        """Return what the effect with this key put out; None: nothing, or it never happened."""
        return self._happened.get(key)

    def _said(self, names: tuple[str, ...], asked: Question, place: Place) -> JsonValue:
        answer = next(filter(None, (self._chosen(name, asked, place) for name in names)), Answer())
        used = self._used[id(answer)] = self._used.get(id(answer), 0) + 1
        usual = timedelta(0) if asked.verb == "plan" else USUAL
        self.takes, fail = usual if answer.takes is None else answer.takes, answer.fail
        fails = fail is not None and (fail.times is None or used <= fail.times)
        if asked.verb == "run" and (fail is None or not fails or fail.happened):
            self._happened[asked.key] = self._rendered(answer, asked) or {}
        if fail is not None and fails:
            raise ActionFailed(fail.message or f"{asked.uses}: {fail.kind}", fail.kind)
        return self._rendered(answer, asked)

    def _chosen(self, name: str, asked: Question, place: Place) -> Answer | None:
        """Return the answer whose time came last; of several, the first that is not used up."""
        listed: tuple[Answer, ...] = getattr(self._answers.get(name), asked.verb, ())
        holding = {index: due for index, one in enumerate(listed) if (due := self._due(one)) is not None}
        good = [index for index in holding if self._is_for(listed[index], asked, place)]
        return listed[max(good, key=lambda index: (holding[index], -index))] if good else None

    def _due(self, answer: Answer) -> timedelta | None:
        """Return since when the answer holds; None: not yet."""
        since = timedelta(0) if answer.since is None else self._begun(answer.since)
        if since is None or since + answer.after > self._elapsed():
            return None
        return since + answer.after

    def _is_for(self, answer: Answer, asked: Question, place: Place) -> bool:
        used_up = answer.times is not None and self._used.get(id(answer), 0) >= answer.times
        asked_here = answer.check in (None, place.check)
        return not used_up and asked_here and fits(answer.with_, dict(asked.want))

    def _rendered(self, answer: Answer, asked: Question) -> JsonValue:
        try:
            return expressions.render(answer.output, {"with": dict(asked.want), "plan": dict(asked.plan)})
        except BadExpression as error:
            raise Unanswered(f"what the world answers to {asked.uses}: {error}") from None


def unanswered(place: Place, uses: str, fields: Iterator[str]) -> Unanswered:
    """Return what is to be said where an action reads and the world is silent."""
    told = ", ".join(f"{name}: …" for name in fields)
    return Unanswered(
        f"the world does not say what {uses} finds at step {place.step};"
        f" add to `world`: `{uses}: {{ output: {{ {told} }} }}`"
    )
