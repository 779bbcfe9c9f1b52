"""Actions on a declared world: their inputs are the real ones, what they touch is not there."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from tocsin.actions.base import Action, Frozen, Permission, Plan, Probe, Risk, Verdict
from tocsin.actions.registry import AnyAction, Registry
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.runbooks.simulate.matching import shown
from tocsin.runbooks.simulate.world import HERE, Question, Unanswered, World, unanswered
from tocsin.vault import Vault

STATES = ("ok", "waiting", "failed", "inconclusive")
"""What a look can find."""
PROBES = tuple(one.value for one in Probe)
ModelT = TypeVar("ModelT", bound=BaseModel)
_FACTS = ("name", "version", "risk", "effect", "settle", "secret_fields", "input_model", "output_model")


class LoosePlan(Plan):
    """A plan as far as a test declares it."""

    model_config = ConfigDict(extra="allow")


class LooseOutput(Frozen):
    """An output as far as a test declares it: what it leaves out is not there for expressions."""

    model_config = ConfigDict(extra="allow")


class StandIn(Action[Frozen, LoosePlan, LooseOutput]):
    """An action that asks the world of a test instead of its system."""

    def __init__(self, real: AnyAction, uses: str, world: World) -> None:
        super().__init__(real.connections)
        vars(self).update({fact: getattr(real, fact) for fact in _FACTS})  # it is known by the real one's
        self._real = real
        self._uses = uses
        self._world = world

    def resources(self, want: Frozen) -> list[str]:
        return self._real.resources(want)

    def permissions(self, want: Frozen) -> list[Permission]:
        return []

    def plan(self, want: Frozen) -> LoosePlan:
        said = self._ask("plan", want)
        usual = {"summary": f"{self._uses} {shown(_json(want))}"}
        return _made(LoosePlan, {**usual, **(said if isinstance(said, dict) else {})})

    def run(self, want: Frozen, plan: LoosePlan, key: str) -> LooseOutput:
        said = self._ask("run", want, plan, key)
        if said is None and self.risk is Risk.READ:
            raise unanswered(HERE.get(), self._uses, iter(self.output_model.model_fields))
        return self._put_out(said)

    def verify(self, want: Frozen, plan: LoosePlan) -> Verdict:
        state, reason = verdict(self._ask("verify", want, plan))
        if state == "inconclusive":
            raise ActionFailed(reason, ErrorClass.TRANSIENT)
        return _made(Verdict, {"state": state, "reason": reason})

    def undo(self, want: Frozen, plan: LoosePlan) -> None:
        self._ask("undo", want, plan)

    def probe(self, want: Frozen, plan: LoosePlan, key: str) -> Probe:
        said = self._ask("probe", want, plan)
        if said is not None:
            return Probe(one_of(said, PROBES))
        blind = type(self._real).probe is Action.probe
        return Probe.UNKNOWN if blind else self._world.probed(key)

    def recover(self, want: Frozen, plan: LoosePlan, key: str) -> LooseOutput | None:
        said = self._world.recovered(key)
        if said is None or type(self._real).recover is Action.recover:
            return None
        return self._put_out(said)

    def _ask(self, verb: str, want: Frozen, plan: LoosePlan | None = None, key: str = "") -> JsonValue:
        planned = plan.model_dump(mode="json") if plan else {}
        asked = Question(verb, self._uses, _json(want), planned, key)
        return self._world.answer(asked, changes=self.risk is not Risk.READ)

    def _put_out(self, said: JsonValue) -> LooseOutput:
        given = said if isinstance(said, dict) else {}
        return LooseOutput.model_validate({**self._usual_output(), **given})

    def _usual_output(self) -> dict[str, JsonValue]:
        """Return the fields that the action's output has when nothing is said of them."""
        fields = self.output_model.model_fields.items()
        return {
            info.alias or name: info.get_default(call_default_factory=True)
            for name, info in fields
            if not info.is_required()
        }


class Stage(Registry):
    """The actions there are, each on the world of a test."""

    def __init__(self, real: Registry, world: World) -> None:
        super().__init__(Connections({}), ())
        self._real = real
        self._world = world

    def get(self, uses: str) -> AnyAction:
        return StandIn(self._real.get(uses), uses.partition("@")[0], self._world)


class Hands(Executor):
    """Calls at once, and hands over what came of it when the call has taken its virtual time."""

    def __init__(self, world: World) -> None:
        self._world = world

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            told = partial(future.set_result, fn(*args, **kwargs))
        except (ActionFailed, Unanswered) as error:
            told = partial(future.set_exception, error)
        seconds = self._world.takes.total_seconds()
        asyncio.get_running_loop().call_later(seconds, _unless_given_up, future, told)
        return future


class Placeholders(Vault):
    """A vault in which every secret stands for itself: a test sees where it would go, and no secret."""

    def __init__(self) -> None:
        super().__init__({})

    def read(self, name: str) -> str:
        return f"${{{{ secrets.{name} }}}}"


def verdict(said: JsonValue) -> tuple[str, str]:
    """Return state and reason of what a look was told to find; of nothing said, that all is well."""
    usual = "as the test says"
    if isinstance(said, dict):
        return one_of(said.get("state", "ok"), STATES), str(said.get("reason", usual))
    return one_of(said or "ok", STATES), usual


def one_of(said: JsonValue, known: Sequence[str]) -> str:
    """Return what the world says where only these words are known; raise Unanswered for others."""
    if said not in known:
        raise Unanswered(f"what the world answers cannot be {shown(said)}; it is one of {', '.join(known)}")
    return str(said)


def _made(model: type[ModelT], given: dict[str, JsonValue]) -> ModelT:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Unanswered(f"what the world answers is no {model.__name__}: {where}: {first['msg']}") from None


def _json(want: Frozen) -> dict[str, JsonValue]:
    return want.model_dump(mode="json")


def _unless_given_up(future: Future[Any], told: Callable[[], None]) -> None:
    if not future.cancelled():
        told()
