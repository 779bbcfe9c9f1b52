"""How a run looks."""

import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import JsonValue, TypeAdapter
from rich.text import Text

from tocsin.cli.plans import as_plan, plan_lines
from tocsin.cli.printing import lasted, when
from tocsin.errors import Conflict
from tocsin.events.run import ApprovalRequested
from tocsin.postmortems.texts import tidy
from tocsin.runbooks.overview import Row, rows
from tocsin.runbooks.standing import ANSWERS, Stuck, Wait, people, still_missing, stuck, waits
from tocsin.runbooks.state import RunState
from tocsin.runbooks.work import Program

STEP_STYLES: Mapping[str, str] = {
    "succeeded": "green",
    "failed": "red",
    "unknown": "bold red",
    "awaiting_approval": "yellow",
    "undone": "magenta",
    "skipped": "dim",
}
_SIGNS: Mapping[str, str] = {"succeeded": "✓", "failed": "✗", "unknown": "?", "undone": "↶", "skipped": "–"}
_STATE: TypeAdapter[RunState] = TypeAdapter(RunState)


def as_json(state: RunState) -> JsonValue:
    """Return the whole run as JSON."""
    told: JsonValue = _STATE.dump_python(state, mode="json")
    return told


def exit_code(status: str) -> int:
    """Return how a followed run's end is told to a script."""
    return {"succeeded": 0, "needs_attention": 3}.get(status, 1)


def pending(state: RunState, step: str | None = None, digest: str | None = None) -> ApprovalRequested:
    """Return what is asked, at that step or under that digest if given; raise Conflict when nothing is."""
    asked = state.asked()
    if not asked:
        raise Conflict(
            f"run {state.id[:8]} awaits no approval: it is {_words(state.status)}. Nothing was changed."
        )
    for request in asked:
        if request.digest.startswith(digest or "") and step in {None, request.step}:
            return request
    why = f"not {digest}: the plan changed" if digest else f"and nothing at {step}"
    raise Conflict(
        f"run {state.id[:8]} asks for {asked[0].digest[:12]} at {asked[0].step} now, {why}. "
        f"Nothing was decided; `tocsin run show {state.id[:8]}` shows what it asks for."
    )


def step_words(row: Row) -> str:
    """Return one line about a step as it stands."""
    seen = row.seen
    said = seen.error if row.status in {"failed", "retrying", "unknown"} else seen.reason
    took = f" after {lasted(seen.started_at, seen.ended_at)}" if seen.started_at and seen.ended_at else ""
    about = f": {said}" if said else ""
    role = f"{row.role.replace('_', ' ')}: " if row.role else ""
    words = f"{role}{row.title} ({row.address}): {_words(row.status)}{took}{_counted(row)}{about}"
    return f"{_SIGNS.get(row.status, '·')} {words}"


def request_lines(state: RunState, request: ApprovalRequested) -> Iterator[Text]:
    """Yield what an approval is asked for, and how to give it."""
    seen = state.step(request.step)
    for step in request.plans or ([request.step] if seen.plan else []):
        if request.plans:
            yield Text(f"    {step}", "bold")
        yield from (Text("    ").append_text(line) for line in plan_lines(as_plan(state.step(step).plan)))
    yield from (Text(f"    {name} = {_value(value)}") for name, value in request.shown.items())
    own = "the requester included" if request.allow_self else "not the requester"
    yield Text(f"    asks {_needed(request)}, {own}, until {when(request.expires_at)}")
    if seen.approvals:
        yield Text(f"    still missing: {still_missing(seen)}", "yellow")
    if request.confirm is not None:
        yield Text(f"    to be typed: {tidy(request.confirm)}", "yellow")
    yield Text(f"    digest {request.digest}", "dim")
    typed = f" --confirm {shlex.quote(tidy(request.confirm))}" if request.confirm is not None else ""
    yield Text(f"    approve it: tocsin run approve {state.id[:8]}{typed}", "yellow")


def page(state: RunState, program: Program, ref: str | None, *, every: bool = False) -> Iterator[Text]:
    """Yield a run, line by line; ``every``: with all items of every ``foreach``."""
    title = program.runbook.title
    yield Text(f"Run {state.id}", "bold")
    yield Text(f"{title} ({state.runbook}, revision {state.revision[:12]}){f' for {ref}' if ref else ''}")
    if state.closure:
        yield Text(f"closure {state.closure[:12]}", "dim")
    yield Text(f"{_words(state.status)}{f': {tidy(state.summary)}' if state.summary else ''}")
    took = lasted(state.requested_at, state.finished_at)
    so_far = "" if state.finished_at else " so far"
    yield Text(f"requested by {tidy(str(state.requested_by))} on {when(state.requested_at)}; {took}{so_far}")
    yield from (Text(f"input {name}: {_value(value)}", "dim") for name, value in state.inputs.items())
    if state.glass:
        yield Text(f"no freeze holds for it, says {tidy(str(state.glass_by))}: {tidy(state.glass)}", "yellow")
    for row in rows(program, state, every=every):
        yield from _step(state, row)
    for wait in waits(program, state, datetime.now(UTC)):
        yield Text(f"waits: {wait_words(wait)}", "yellow")
    for one in stuck(program, state):
        yield from _stuck(state, one)
    yield from (Text(f"output {name}: {_value(value)}") for name, value in state.outputs.items())


def wait_words(wait: Wait) -> str:
    """Return what a wait is for, and when it ends."""
    until = when(wait.until) if wait.until else "nobody knows when"
    title, what = tidy(wait.title), tidy(wait.what)
    match wait.cause:
        case "paused":
            return f"paused by {what}, since {until}"
        case "frozen":
            return f"a freeze forbids changes until {until}: {what}"
        case "locked":
            return f"in line for {what} behind run {', '.join(run_id[:8] for run_id in wait.runs)}"
        case "approval":
            return f"{title}: an approval by {what}, until {until}"
        case "person":
            return f"{title}: to be done by hand by {what or 'a responder'}, until {until}"
        case "condition":
            return f"{title}: until {what}, at most until {until}"
        case _:
            return f"{title}: goes on {until}"


def _step(state: RunState, row: Row) -> Iterator[Text]:
    seen, indent = row.seen, "  " * row.depth
    yield Text(f"{indent}{tidy(step_words(row))}", STEP_STYLES.get(row.status, ""))
    if row.status == "awaiting_approval" and seen.request is not None and not state.over:
        lines = request_lines(state, seen.request)
    else:
        plan = plan_lines(as_plan(seen.plan)) if seen.plan else iter(())
        lines = (Text("    ").append_text(line) for line in plan)
    yield from (Text(indent).append_text(line) for line in lines)
    if seen.approvals:
        yield Text(f"{indent}    approved by {tidy(', '.join(str(one.actor) for one in seen.approvals))}")
    if row.status == "waiting" and seen.manual is not None and not state.over:
        yield from (Text(f"{indent}    {line}", "yellow") for line in _by_hand(state, row))
    if row.left_out:
        yield Text(f"{indent}  … {row.left_out} more items; --every shows them", "dim")


def _by_hand(state: RunState, row: Row) -> Iterator[str]:
    manual = row.seen.manual
    assert manual is not None  # noqa: S101  # the caller saw that it is asked
    yield from tidy(manual.instructions).splitlines()
    yield from (f"[ ] {tidy(entry)}" for entry in manual.checklist)
    fields = row.step.manual.fields if row.step.manual else {}
    given = "".join(f" -f {name}=…" for name in fields)
    ticks = " --all" if manual.checklist else ""
    yield f"done: tocsin run complete {state.id[:8]} --step {shlex.quote(row.address)}{ticks}{given}"


def _stuck(state: RunState, one: Stuck) -> Iterator[Text]:
    answers = ANSWERS[one.doubt]
    yield Text(f"{tidy(one.title)}: {answers.question}", "bold red")
    yield from (Text(f"    {line}") for line in tidy(one.told).splitlines())
    verb, flags = ("resolve-undo", "--undone|--try-again")
    if one.doubt != "undo":
        verb, flags = ("resolve-unknown", "--happened|--did-not-happen")
    yield Text(
        f"    then say so: tocsin run {verb} {state.id[:8]} --step {shlex.quote(one.step)} {flags}", "yellow"
    )


def _counted(row: Row) -> str:
    if row.tally is None:
        return ""
    besides = {"failed": row.tally.failed, "at work": row.tally.running}
    more = "".join(f", {count} {name}" for name, count in besides.items() if count)
    return f", {row.tally.done} of {row.tally.total} done{more}"


def _needed(request: ApprovalRequested) -> str:
    if len(request.quorums) > 1:
        return " and ".join(people(one.principals, one.count) for one in request.quorums)
    return people(request.approvers, request.count)


def _words(status: str) -> str:
    return status.replace("_", " ")


def _value(value: Any) -> str:
    return tidy(value if isinstance(value, str) else repr(value))
