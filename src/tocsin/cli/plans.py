"""How a plan looks: what it says, before → after, and what to be careful about."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue
from rich.text import Text

from tocsin.actions.base import Change, Plan
from tocsin.cli.printing import span
from tocsin.postmortems.texts import compact, tidy
from tocsin.runbooks.model import Approval
from tocsin.runbooks.preview import PlannedStep

SHORT = 60
"""Characters up to which both values of a change stand on one line."""


def as_plan(stored: Mapping[str, JsonValue]) -> Plan:
    """Return a plan from the log without its action's snapshot."""
    return Plan.model_validate({name: stored[name] for name in Plan.model_fields})


def planned_lines(number: int, step: PlannedStep) -> Iterator[Text]:
    """Yield a step of a preview, line by line."""
    about = ", ".join(part for part in (step.uses, f"risk {step.risk}" if step.risk else "") if part)
    yield Text(f"{number}. {step.title}", "bold").append(f"  {about}" if about else "", "not bold dim")
    if step.plan is not None:
        yield from (Text("   ").append_text(line) for line in plan_lines(step.plan))
    if step.note:
        yield Text(f"   {'✗ ' if step.failed else ''}{tidy(step.note)}", "red" if step.failed else "dim")
    if step.approval is not None:
        yield Text(f"   asks first: {approval_words(step.approval)}", "yellow")


def plan_lines(plan: Plan) -> Iterator[Text]:
    """Yield a plan, line by line."""
    yield Text(tidy(plan.summary))
    resource = ""
    for change in plan.changes:
        if change.before == change.after:
            continue
        if change.resource != resource:
            resource = change.resource
            yield Text(tidy(resource), "dim")
        yield from _change_lines(change)
    if plan.noop:
        yield Text("nothing would change", "dim")
    for warning in plan.warnings:
        yield Text(f"⚠ {tidy(warning)}", "yellow")


def approval_words(approval: Approval) -> str:
    """Return who has to say yes, and how soon."""
    quorums = approval.quorums if approval.from_ else ()
    people = " and ".join(f"{one.count} of {' or '.join(one.principals)}" for one in quorums)
    own = "the requester included" if approval.self_ else "not the requester"
    named = people or f"{approval.count} of role:responder"
    return f"{named}, {own}, within {span(approval.expires)}"


def _change_lines(change: Change) -> Iterator[Text]:
    before, after = tidy(compact(change.before)), tidy(compact(change.after))
    if len(before) + len(after) <= SHORT and "\n" not in before + after:
        yield Text(f"  {change.field}: ").append(before, "red").append(" → ").append(after, "green")
        return
    yield Text(f"  {change.field}:")
    yield from (Text(f"    - {line}", "red") for line in before.splitlines())
    yield from (Text(f"    + {line}", "green") for line in after.splitlines())
