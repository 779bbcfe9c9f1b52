"""Whether a run went as its test expects: every difference, and where the test has it. Pure."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from pydantic import JsonValue

from tocsin.errors import BadExpression
from tocsin.runbooks import scope
from tocsin.runbooks.simulate import traces
from tocsin.runbooks.simulate.answers import spoken
from tocsin.runbooks.simulate.expected import Asked, Called, Expect, Message, StepExpected
from tocsin.runbooks.simulate.life import Life
from tocsin.runbooks.simulate.matching import Difference, differences, shown, speaks_of, versus
from tocsin.runbooks.simulate.traces import Question
from tocsin.runbooks.simulate.world import Call
from tocsin.runbooks.state import StepState
from tocsin.runbooks.tree import Frame

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")


def unmet(expect: Expect, life: Life) -> Iterator[Difference]:
    """Yield what is not as expected, each with its path beneath ``expect``."""
    yield from _ending(expect, life)
    for name, step in expect.steps.items():
        yield from _beneath(("steps", name), _step(step, life.state.step(name)))
    if expect.calls is not None:
        found = traces.calls(life, {one.uses for one in expect.calls})
        yield from _beneath(("calls",), _calls(expect.calls, found))
    if expect.outputs is not None:
        yield from differences(expect.outputs, dict(life.state.outputs), ("outputs",))
    if expect.approvals is not None:
        asked = list(traces.questions(life))
        yield from _beneath(("approvals",), _each(expect.approvals, asked, _question, "asked"))
    if expect.messages is not None:
        posted = list(traces.messages(life))
        yield from _beneath(("messages",), _each(expect.messages, posted, _message, "posted"))
    yield from _events(expect, life)
    yield from _asserted(expect, life)


def misdeeds(life: Life) -> Iterator[Difference]:
    """Yield what people were to do and did not, or did and were not to, each with its path in the case."""
    for number, act in enumerate(life.crowd.acts):
        told = (
            f"{' and '.join(act.by)} {'were' if len(act.by) > 1 else 'was'} to {act.kind.replace('_', ' ')}"
        )
        about = f"{told} {act.step}" if act.step else told
        here = ("people", number)
        refusals = [one.message for one in life.crowd.refusals if one.turn.number == number]
        if number not in life.crowd.done:
            yield Difference(here, f"{about}, and it never came to that")
        elif act.refused is None:
            yield from (Difference(here, f"{about}, and was not let: {one}") for one in refusals)
        elif not refusals:
            yield Difference((*here, "refused"), f"{about} and to be refused, and was let")
        elif not any(speaks_of(act.refused, one) for one in refusals):
            yield Difference((*here, "refused"), versus(shown(act.refused), shown(refusals[0])))


def _ending(expect: Expect, life: Life) -> Iterator[Difference]:
    state = life.state
    if state.status != expect.status:
        told = f": {state.summary}" if state.summary else ""
        yield Difference(("status",), f"expected {expect.status}, found {state.status}{told}")
    yield from _said("summary", expect.summary, state.summary)
    lasted, limit = life.lasted, expect.lasted
    if limit.at_least is not None and lasted < limit.at_least:
        yield Difference(("lasted", "at_least"), f"it took only {spoken(lasted)}")
    if limit.at_most is not None and lasted > limit.at_most:
        yield Difference(("lasted", "at_most"), f"it took {spoken(lasted)}")


def _step(expected: StepExpected, seen: StepState) -> Iterator[Difference]:
    if expected.status not in (None, seen.status):
        why = seen.error or seen.reason
        told = f": {why}" if why else ""
        yield Difference(("status",), f"expected {expected.status}, found {seen.status}{told}")
    yield from _said("error", expected.error, seen.error)
    yield from _said("reason", expected.reason, seen.reason)
    yield from _same("attempts", expected.attempts, seen.attempt)
    if expected.outputs is not None:
        yield from differences(expected.outputs, dict(seen.output), ("outputs",))
    if expected.approved_by is not None:
        wanted, given = [*expected.approved_by], [str(one.actor) for one in seen.approvals]
        if wanted != given:
            yield Difference(
                ("approved_by",), versus(", ".join(wanted) or "nobody", ", ".join(given) or "nobody")
            )


def _calls(expected: Sequence[Called], found: Sequence[Call]) -> Iterator[Difference]:
    each = [(number, one) for number, one in enumerate(expected) for _ in range(one.times)]
    if [_name(one) for _, one in each] != [_name(one) for one in found]:
        wanted = "\n".join(_name(one) for _, one in each)
        made = "\n".join(f"{_name(one)} {shown(dict(one.want))}" for one in found)
        yield Difference((), versus(wanted or "nothing", made or "nothing"))
        return
    for (number, one), call in zip(each, found, strict=True):
        yield from _beneath((number,), _same("step", one.step, call.place.step))
        yield from differences(one.with_, dict(call.want), (number, "with"))


def _name(call: Called | Call) -> str:
    return call.uses if call.verb == "run" else f"{call.verb} {call.uses}"


def _question(expected: Asked, found: Question) -> Iterator[Difference]:
    asked = found.asked
    yield from _same("step", expected.step, asked.step)
    if expected.from_ is not None and {*expected.from_} != {*asked.approvers}:
        yield Difference(("from",), versus(", ".join(expected.from_), ", ".join(asked.approvers)))
    yield from _same("count", expected.count, asked.count)
    yield from _same("confirm", expected.confirm, asked.confirm)
    yield from _said("plan", expected.plan, found.plan)
    if expected.shown is not None:
        yield from differences(expected.shown, asked.shown, ("shown",))


def _message(expected: Message, found: dict[str, JsonValue]) -> Iterator[Difference]:
    yield from _same("channel", expected.channel, found["channel"])
    yield from _said("text", expected.text, str(found["text"]))


def _events(expect: Expect, life: Life) -> Iterator[Difference]:
    told = [traces.names(happening.event) for happening in life.history]
    for number, name in enumerate(expect.never):
        if any(name in names for names in told):
            yield Difference(("never", number), f"`{name}` happened")
    left = iter(told)
    for number, name in enumerate(expect.events):
        if not any(name in names for names in left):  # goes on behind the one that was found last
            why = "only before that" if any(name in names for names in told) else "never"
            yield Difference(("events", number), f"`{name}` was to happen next, and happened {why}")
            return


def _asserted(expect: Expect, life: Life) -> Iterator[Difference]:
    made: list[JsonValue] = [
        {"uses": call.uses, "verb": call.verb, "step": call.place.step, "with": dict(call.want)}
        for call in traces.calls(life, set())
    ]
    more: dict[str, JsonValue] = {
        "outputs": dict(life.state.outputs),
        "calls": made,
        "messages": list(traces.messages(life)),
        "lasted": life.lasted.total_seconds(),
    }
    for number, expression in enumerate(expect.assert_):
        try:
            if not scope.holds(Frame(life.program), life.state, expression, **more):
                yield Difference(("assert", number), f"`{expression}` does not hold")
        except BadExpression as error:
            yield Difference(("assert", number), str(error))


def _each(
    expected: Sequence[Wanted],
    found: Sequence[Found],
    compare: Callable[[Wanted, Found], Iterator[Difference]],
    what: str,
) -> Iterator[Difference]:
    """Yield where two lists differ, entry by entry; one that has too few or too many, once."""
    for number, (one, other) in enumerate(zip(expected, found, strict=False)):
        yield from _beneath((number,), compare(one, other))
    if len(expected) != len(found):
        yield Difference((), f"expected {len(expected)}, found {len(found)} {what}")


def _said(name: str, words: str | None, text: str) -> Iterator[Difference]:
    if words is not None and not speaks_of(words, text):
        yield Difference((name,), versus(shown(words), shown(text)))


def _same(name: str, expected: JsonValue, found: JsonValue) -> Iterator[Difference]:
    """Yield the difference of two values; where nothing is expected there is none."""
    if expected is not None:
        yield from differences(expected, found, (name,))


def _beneath(path: tuple[str | int, ...], found: Iterator[Difference]) -> Iterator[Difference]:
    yield from (one._replace(path=(*path, *one.path)) for one in found)
