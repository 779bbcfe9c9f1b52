"""What a well-formed file of tests still gets wrong: names that its runbook lacks, impossible answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue, ValidationError

from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import BadExpression
from tocsin.runbooks import expressions, words
from tocsin.runbooks.problems import Path, did_you_mean
from tocsin.runbooks.simulate import named
from tocsin.runbooks.simulate.acts import ANY, Act
from tocsin.runbooks.simulate.answers import VERBS, Answer, Answers
from tocsin.runbooks.simulate.expected import ASSERTED, EVENTS, Expect
from tocsin.runbooks.simulate.model import Case, Tests
from tocsin.runbooks.simulate.stage import PROBES, STATES
from tocsin.runbooks.simulate.world import GUARD
from tocsin.runbooks.subject import Flaw
from tocsin.runbooks.uses import depends
from tocsin.runbooks.work import Program


@dataclass(frozen=True)
class Examiner:
    """Compares a file of tests with its runbook."""

    program: Program
    registry: Registry

    def flaws(self, tests: Tests) -> Iterator[Flaw]:
        """Yield what is wrong, in the order of the file."""
        yield from self._inputs(tests.inputs, ())
        yield from self._world(tests.world, ())
        names = [case.name for case in tests.cases]
        for number, case in enumerate(tests.cases):
            if case.name in names[:number]:
                yield Flaw(("cases", number, "name"), "another case has this name; give each its own")
            yield from self._case(case, ("cases", number))

    def _case(self, case: Case, at: Path) -> Iterator[Flaw]:
        if case.expect.refused is None:
            yield from self._inputs(case.inputs, at)
        for name in case.keep:
            yield from self._step(name, (*at, "keep", name), key=True)
        yield from self._world(case.world, at)
        for number, act in enumerate(case.people):
            yield from self._act(act, (*at, "people", number))
        yield from self._expect(case.expect, (*at, "expect"))

    def _inputs(self, given: Mapping[str, JsonValue], at: Path) -> Iterator[Flaw]:
        known = self.program.runbook.inputs
        for name in given.keys() - known.keys():
            yield Flaw(
                (*at, "inputs", name), f"there is no input `{name}`.{did_you_mean(name, known)}", key=True
            )

    def _world(self, world: Mapping[str, Answers], at: Path) -> Iterator[Flaw]:
        for name, answers in world.items():
            here = (*at, "world", name)
            known = self._answering(name)
            if isinstance(known, str):
                yield Flaw(here, known, key=True)
                continue
            for verb in VERBS:
                for number, answer in enumerate(getattr(answers, verb)):
                    yield from self._answer(verb, answer, known, (*here, verb, number))

    def _answering(self, name: str) -> AnyAction | str | None:
        """Return the action that is answered under a name, None for none of its own, or what is wrong."""
        if name == GUARD and self.program.runbook.guardrails.stop_if is not None:
            return None
        used = named.actions(self.program)
        if name in used:
            return self.registry.get(name)
        step = named.step_at(self.program, name)
        if step is not None and step.uses is not None:
            return self.registry.get(step.uses)
        if step is not None:
            return f"step `{name}` calls no action; the world is not asked by it"
        known = {*used, *(one for one, step in named.steps(self.program) if step.uses)}
        return f"neither a step nor an action of the runbook is called `{name}`.{did_you_mean(name, known)}"

    def _answer(self, verb: str, answer: Answer, action: AnyAction | None, at: Path) -> Iterator[Flaw]:
        if answer.since is not None:
            yield from self._step(answer.since, (*at, "since"))
        if answer.check is not None and verb != "verify":
            yield Flaw((*at, "check"), "`check` belongs to `verify`")
        output, here = answer.output, (*at, "output")
        match verb:
            case "run" | "plan" if action is not None:
                model = action.output_model if verb == "run" else action.plan_model
                yield from _misfit(output, model, action.name, here)
            case "verify":
                state = output.get("state") if isinstance(output, dict) else output
                yield from _word(state, STATES, here)
            case "probe":
                yield from _word(output, PROBES, here)
            case "undo" if output not in (None, "ok"):
                yield Flaw(here, "`undo` puts nothing out: write `ok`, or `fail`")
            case _ if action is None:
                yield Flaw(at, f"`{GUARD}` only looks: say what `verify` finds")

    def _act(self, act: Act, at: Path) -> Iterator[Flaw]:
        if act.during is not None:
            yield from self._step(act.during, (*at, "during"))
        if act.step is None or (act.step, act.kind) == (ANY, "approve"):
            return
        yield from self._step(act.step, (*at, act.kind))
        step = named.step_at(self.program, act.step)
        if step is not None and act.kind in {"complete", "refuse"} and step.manual is None:
            yield Flaw((*at, act.kind), f"step `{act.step}` is not `manual`")

    def _expect(self, expect: Expect, at: Path) -> Iterator[Flaw]:
        for name in expect.steps:
            yield from self._step(name, (*at, "steps", name), key=True)
        for number, call in enumerate(expect.calls or ()):
            known = named.actions(self.program)
            if call.uses not in known:
                hint = did_you_mean(call.uses, known)
                yield Flaw((*at, "calls", number), f"the runbook does not use `{call.uses}`.{hint}")
        for number, asked in enumerate(expect.approvals or ()):
            yield from self._step(asked.step, (*at, "approvals", number, "step"))
        yield from self._names(expect.events, (*at, "events"))
        yield from self._names(expect.never, (*at, "never"))
        for number, source in enumerate(expect.assert_):
            try:
                expressions.compile_expression(source, ASSERTED)
            except BadExpression as error:
                yield Flaw((*at, "assert", number), str(error))

    def _names(self, names: Sequence[str], at: Path) -> Iterator[Flaw]:
        for number, name in enumerate(names):
            kind, _, step = name.partition(":")
            if kind not in EVENTS:
                yield Flaw((*at, number), f"there is no event `{kind}`.{did_you_mean(kind, EVENTS)}")
            elif step:
                yield from self._step(step, (*at, number))

    def _step(self, address: str, at: Path, *, key: bool = False) -> Iterator[Flaw]:
        if named.step_at(self.program, address) is None:
            known = [name for name, _ in named.steps(self.program)]
            yield Flaw(at, f"there is no step `{address}`.{did_you_mean(address, known)}", key=key)


def _misfit(given: JsonValue, model: type[BaseModel], name: str, at: Path) -> Iterator[Flaw]:
    """Yield where an output is not what the action puts out; what is left out of it is none."""
    if given is None:
        return
    if not isinstance(given, dict):
        yield Flaw(at, f"{name}: `output` is a map of its fields: {', '.join(model.model_fields)}")
        return
    try:
        model.model_validate(given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            left_out = detail["type"] == "missing" and len(detail["loc"]) == 1
            if left_out or depends(given, detail):
                continue
            unknown = detail["type"] == "extra_forbidden"
            key = str(detail["loc"][-1])
            known = {info.alias or field for field, info in model.model_fields.items()}
            told = f"it has no `{key}`.{did_you_mean(key, known)}" if unknown else words.explain(detail)
            yield Flaw((*at, *detail["loc"]), f"{name}: {told}", key=unknown)


def _word(given: JsonValue, known: Sequence[str], at: Path) -> Iterator[Flaw]:
    if given is not None and not (isinstance(given, str) and ("${{" in given or given in known)):
        yield Flaw(at, f"cannot be `{given}`; it is one of {', '.join(known)}")
