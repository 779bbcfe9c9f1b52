"""The steps of a runbook as lines to tick, however they stand in each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import NotFound
from tocsin.runbooks.expressions import fill_in
from tocsin.runbooks.model import (
    Approval,
    Check,
    Foreach,
    Handler,
    Manual,
    Quorum,
    Retry,
    Runbook,
    Step,
    Wait,
)
from tocsin.runbooks.model.base import span
from tocsin.runbooks.written import code, filled, filled_map, one_line, plain, text

_THEN = {
    "fail": "Then stop: the run has failed.",
    "continue": "Then go on with the next step.",
    "compensate": "Then undo what was done, the last step first, and stop.",
}


@dataclass(frozen=True)
class Checklist:
    """What steps are printed with."""

    runbook: Runbook
    registry: Registry

    def steps(self, steps: Sequence[Step]) -> Iterator[str]:
        """Yield the lines of steps that are done one after the other."""
        for number, step in enumerate(steps, 1):
            yield f"{number}. [ ] **{step.title}** (`{step.id}`)"
            yield from _indented(self._step(step), len(f"{number}. "))

    def _step(self, step: Step) -> Iterator[str]:
        if step.if_:
            yield f"- Only if `{step.if_}`; otherwise skip this step."
        if step.foreach is not None:
            yield from _repeated(step.foreach)
        if step.approve:
            yield from self._approval(step.approve, alone=step.kind == "approve")
        yield from self._doing(step)
        for check in step.verify or ():
            yield from self._check(check)
        yield from self._after(step)

    def _approval(self, approval: Approval, *, alone: bool) -> Iterator[str]:
        usual = Quorum(
            principals=self.runbook.permissions.approve or ("role:responder",), count=approval.count
        )
        quorums = approval.quorums if approval.from_ else (usual,)
        people = " and ".join(f"{one.count} of {' or '.join(one.principals)}" for one in quorums)
        own = "yourself included" if approval.self_ else "not yourself"
        first = "Ask, and go on only when they agree" if alone else "Ask first"
        yield f"- **{first}:** {people}, {own}, within {span(approval.expires)}."
        shown = [f"`{one}`" for one in approval.show if one != "plan"]
        if shown:
            yield f"- Tell them {', '.join(shown)}."
        if approval.confirm:
            yield f"- Each of them says {code(fill_in(approval.confirm))}."

    def _doing(self, step: Step) -> Iterator[str]:
        if step.wait is not None:
            yield f"- Wait {_pause(step.wait)}."
        for expression in step.assert_:
            yield f"- Make sure that `{expression}`; stop when it is not so."
        for name, value in (step.set or {}).items():
            yield f"- Write down `{name}`: {code(one_line(plain(filled(value))))}"
        if step.manual is not None:
            yield from _manual(step.manual)
        if step.runbook:
            yield from _called(step)
        if step.uses:
            yield from self._action(step.uses, step.with_)
        if step.parallel:
            yield "- All of these at the same time; go on when all are done:"
            yield ""
            yield from _indented(self.steps(step.parallel), 2)

    def _action(self, uses: str, given: Mapping[str, JsonValue]) -> Iterator[str]:
        action = _find(self.registry, uses)
        about = f": {_about(action)}" if action else ""
        yield f"- `{uses}`{about}"
        for field, value in given.items():
            yield f"  - `{field}`: {code(one_line(plain(filled(value))))}"
        command = action.by_hand(filled_map(given)) if action else None
        if command:
            yield from ("- By hand:", "", "  ```sh", f"  {command}", "  ```", "")

    def _check(self, check: Check) -> Iterator[str]:
        rhythm = f"every {span(check.interval)}, for at most {span(check.deadline)}"
        hold = f", {check.consecutive} times in a row" if check.consecutive > 1 else ""
        until = f"`{check.assert_}`" if check.assert_ else "it succeeds"
        yield f"- **Then look** {rhythm}{hold}, until {until}:"
        if check.uses:
            yield from _indented(self._action(check.uses, check.with_), 2)

    def _after(self, step: Step) -> Iterator[str]:
        action = _find(self.registry, step.uses) if step.uses else None
        if step.uses and step.retry.max and step.retry != Retry():
            kinds = ", ".join(step.retry.on)
            yield f"- Try again at most {step.retry.max} times, and only after: {kinds}."
        yield from self._failed(step)
        if step.point_of_no_return:
            yield "- **There is no way back from here:** nothing before this is undone any more."
        if step.undo_steps:
            yield from ("- To undo it:", "")
            yield from _indented(self.steps(step.undo_steps), 2)
        elif action and action.risk is not Risk.READ and step.undo == "auto" and action.undoable():
            yield "- Can be undone."

    def _failed(self, step: Step) -> Iterator[str]:
        handler = step.on_failure
        if isinstance(handler, Handler) and handler.end is not None:
            why = f": {text(fill_in(handler.note))}" if handler.note else ""
            yield f"- If it fails, stop here; that is a good end{why}."
        elif isinstance(handler, Handler):
            yield from ("- If it fails:", "")
            yield from _indented(self.steps(handler.steps), 2)
            yield from ("", f"  {_THEN[handler.then]}")
        elif handler == "continue":
            yield "- If it fails, go on with the next step."
        elif handler == "compensate":
            yield "- If it fails, undo what was done, the last step first."


def _repeated(foreach: Foreach) -> Iterator[str]:
    items = foreach.items if isinstance(foreach.items, str) else list(foreach.items)
    yield f"- Once for each `{foreach.as_}` of {code(one_line(plain(filled(items))))}{_rhythm(foreach)}."
    if foreach.waves:
        yield "- Begin a wave only when everything in the one before went well."
    if foreach.fail_fast:
        yield "- Begin no further one when one has failed."
    if foreach.stop_when:
        yield f"- After each of them: begin no further one if `{foreach.stop_when}`."


def _rhythm(foreach: Foreach) -> str:
    most = f", at most {foreach.max_parallel} at the same time" if foreach.max_parallel else ""
    if foreach.waves:
        return f", in waves of {', then '.join(str(wave) for wave in foreach.waves)}{most}"
    return most or ", one after the other"


def _pause(wait: Wait) -> str:
    if wait.for_ is not None:
        return span(wait.for_)
    return f"until {fill_in(wait.at)}" if wait.at else f"until `{wait.until}`, at most {span(wait.deadline)}"


def _manual(manual: Manual) -> Iterator[str]:
    if manual.assignee:
        yield f"- For {manual.assignee}."
    if manual.instructions:
        yield f"- {text(fill_in(manual.instructions))}"
    yield from (f"  - [ ] {text(fill_in(entry))}" for entry in manual.checklist)
    for name, spec in manual.fields.items():
        need = "" if spec.required else ", if there is one"
        about = f": {one_line(spec.description)}" if spec.description else ""
        yield f"- Write down `{name}` ({spec.type}{need}){about}"


def _called(step: Step) -> Iterator[str]:
    yield f"- Do the whole runbook `{step.runbook}` (`tocsin runbook show {step.runbook}` prints it)."
    for name, value in step.with_.items():
        yield f"  - `{name}`: {code(one_line(plain(filled(value))))}"


def _indented(lines: Iterator[str], by: int) -> Iterator[str]:
    yield from (f"{' ' * by}{line}".rstrip() for line in lines)


def _find(registry: Registry, uses: str) -> AnyAction | None:
    try:
        return registry.get(uses)
    except NotFound:
        return None


def _about(action: AnyAction) -> str:
    return (action.__doc__ or "").partition("\n")[0].rstrip(".")
