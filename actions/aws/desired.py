"""Desired state: what most actions here share. They read, compare, set, look again, and most put back."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, Generic, TypeVar, get_args

from tocsin.actions.aws.client import Account, account_of
from tocsin.actions.aws.verbs import Named, OnAws
from tocsin.actions.base import Change, Effect, Frozen, Plan, Verdict
from tocsin.errors import ActionFailed, ErrorClass

WantT = TypeVar("WantT", bound=Named)
StateT = TypeVar("StateT", bound=Frozen)


class DesiredPlan(Plan, Generic[StateT]):
    """The state that ``undo`` puts back, and the one that ``run`` sets."""

    before: StateT
    after: StateT


class Reached(Frozen, Generic[StateT]):
    """The state as the plan saw it, and as it was set."""

    before: StateT
    after: StateT
    changed: bool
    """False when it was so already."""


_BOTH: tuple[Any, Any] = (DesiredPlan, Reached)


class Lasting(OnAws[WantT, DesiredPlan[StateT], Reached[StateT]], Generic[WantT, StateT]):
    """Sets one thing to a state from which there is no way back; ``Lasting[Input, State]``.

    Left alone where somebody else changed it since the plan. What a state keeps in private
    attributes, such as AWS's token for it, is not compared.
    """

    effect = Effect.IDEMPOTENT

    def __init_subclass__(cls, **kwargs: object) -> None:
        """Make the plan's and the output's model of the state's."""
        super().__init_subclass__(**kwargs)
        for base in cls.__dict__.get("__orig_bases__", ()):
            given, (plan, output) = get_args(base), _BOTH
            if len(given) == 2 and isinstance(given[1], type):
                cls.plan_model, cls.output_model = plan[given[1]], output[given[1]]

    @abstractmethod
    def look(self, account: Account, want: WantT) -> StateT:
        """Read the state as it is now. Raises MISSING when there is no such thing."""

    @abstractmethod
    def goal(self, account: Account, want: WantT, now: StateT) -> StateT:
        """Return the state that is wanted; raise ActionFailed where it must not be."""

    @abstractmethod
    def put(self, account: Account, want: WantT, now: StateT, goal: StateT) -> None:
        """Set the state, which was just seen to be ``now``."""

    @abstractmethod
    def told(self, want: WantT, now: StateT, goal: StateT) -> str:
        """Return the plan's summary."""

    def warn(self, account: Account, want: WantT, now: StateT, goal: StateT) -> Iterable[str]:
        """Return what whoever approves has to know besides."""
        return ()

    def settled(self, account: Account, want: WantT, goal: StateT) -> Verdict:
        """Say whether the world has followed the state, which is set."""
        return Verdict(state="ok", reason=f"{want.short} has {_words(goal)}")

    def plan(self, want: WantT) -> DesiredPlan[StateT]:
        account = account_of(self.connections, want)
        now = self.look(account, want)
        goal = self.goal(account, want, now)
        plan: type[Any] = self.plan_model
        planned: DesiredPlan[StateT] = plan(
            summary=self.told(want, now, goal),
            changes=tuple(_changes(want, now, goal)),
            warnings=() if _same(now, goal) else tuple(self.warn(account, want, now, goal)),
            before=now.model_dump(),  # without what it keeps in private
            after=goal.model_dump(),
        )
        return planned

    def run(self, want: WantT, plan: DesiredPlan[StateT], key: str) -> Reached[StateT]:
        changed = self._move(want, origin=plan.before, goal=plan.after)
        output: type[Any] = self.output_model
        reached: Reached[StateT] = output(before=plan.before, after=plan.after, changed=changed)
        return reached

    def verify(self, want: WantT, plan: DesiredPlan[StateT]) -> Verdict:
        account = account_of(self.connections, want)
        now = self.look(account, want)
        if _same(now, plan.after):
            return self.settled(account, want, plan.after)
        waits = _same(now, plan.before)
        return Verdict(state="waiting" if waits else "failed", reason=f"{want.short} has {_words(now)}")

    def _move(self, want: WantT, *, origin: StateT, goal: StateT) -> bool:
        """Set ``goal`` unless it is so already; raise CONFLICT when it is not as in ``origin`` either."""
        account = account_of(self.connections, want)
        now = self.look(account, want)
        if _same(now, goal):
            return False
        if not _same(now, origin):
            raise ActionFailed(
                f"{want.short} has {_words(now)} now: somebody else changed it since the plan. It was left"
                " alone; plan again.",
                ErrorClass.CONFLICT,
            )
        self.put(account, want, now, goal)
        return True


class Desired(Lasting[WantT, StateT], Generic[WantT, StateT]):
    """Sets one thing to a state, and back; ``Desired[Input, State]``."""

    def undo(self, want: WantT, plan: DesiredPlan[StateT]) -> None:
        self._move(want, origin=plan.after, goal=plan.before)


def _same(one: Frozen, other: Frozen) -> bool:
    return one.model_dump() == other.model_dump()


def _changes(want: Named, now: Frozen, goal: Frozen) -> Iterable[Change]:
    before, after = now.model_dump(mode="json"), goal.model_dump(mode="json")
    for name in before:
        if before[name] != after[name]:
            yield Change(resource=want.resource, field=name, before=before[name], after=after[name])


def _words(state: Frozen) -> str:
    said: dict[str, Any] = state.model_dump(mode="json")
    return ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in said.items())


def _shown(value: object) -> object:
    match value:
        case dict():
            return ", ".join(f"{key}: {one}" for key, one in value.items()) or "none"
        case list():
            return ", ".join(map(str, value)) or "none"
        case None:
            return "none"
        case _:
            return value
