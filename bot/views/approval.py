"""A question to people: exactly what would change, and after the answer, who gave it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from pydantic import JsonValue

from tocsin.actions.base import Change, Plan, Risk
from tocsin.bot.asks import Question
from tocsin.bot.names import ActionId
from tocsin.bot.speech import Words
from tocsin.bot.views.text import (
    Block,
    actions,
    button,
    clamp,
    clamp_lines,
    context,
    esc,
    link,
    section,
    when,
    who,
)
from tocsin.events import run as events
from tocsin.log import Entry
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.state import RunState

_DIFF = 2600
"""Characters of a diff, so that it fits into a section with its fence."""
_VALUE = 80
_RISKS = {
    "low": ":large_blue_circle: low risk",
    "high": ":large_orange_circle: *high risk*",
    "destructive": ":red_circle: *destructive*",
}


@dataclass(frozen=True)
class Matter:
    """A question, and the run it belongs to."""

    question: Question
    state: RunState
    runbook: Runbook
    url: str
    """The run's page in the console."""

    @property
    def value(self) -> str:
        """Return what the buttons carry: the run and the digest the answer is for."""
        return f"{self.state.id}:{self.question.digest}"

    @property
    def title(self) -> str:
        """Return the step's name."""
        names = {step.id: step.title for step in self.runbook.steps}
        return names.get(self.question.request.step, self.question.request.step)


def approval(matter: Matter) -> Words:
    """Return the message: with buttons while it is open, with the decision after that."""
    question = matter.question
    sign = "Approve" if question.open else "Decided"
    blocks = [section(f"*{sign}: {esc(matter.title)}*\n{esc(plan_of(question.planned).summary)}")]
    blocks += plan_blocks(plan_of(question.planned))
    blocks.append(context(_terms(matter)))
    blocks += [_buttons(matter)] if question.open else []
    blocks += [section(line)] if (line := decision(question)) else []
    words = "Approval wanted" if question.open else "Decided"
    return Words(f"{words}: {esc(matter.title)} ({esc(matter.runbook.title)})", tuple(blocks))


def plan_blocks(plan: Plan) -> list[Block]:
    """Return a plan as a diff, and its warnings."""
    blocks = [section(f"```{diff(plan.changes)}```")]
    warnings = clamp_lines([f":warning: {esc(warning)}" for warning in plan.warnings], _DIFF)
    return blocks + ([section(warnings)] if plan.warnings else [])


def diff(changes: Sequence[Change], limit: int = _DIFF) -> str:
    """Return the changes as ``field   before → after``, by resource."""
    lines = []
    for resource, group in groupby(
        (one for one in changes if one.before != one.after), lambda one: one.resource
    ):
        found = list(group)
        wide = max(len(one.field) for one in found)
        lines.append(_fenced(resource))
        lines += [
            f"  {_fenced(one.field):<{wide}}   {_shown(one.before)} → {_shown(one.after)}" for one in found
        ]
    return clamp_lines(lines, limit) or "nothing would change: it is as wanted already"


def decision(question: Question) -> str:
    """Return who decided and when; the yeses so far while more are needed; nothing while nobody has."""
    given = ", ".join(f"{who(entry.actor)} {when(entry.occurred_at, '{time}')}" for entry in question.given)
    if question.end is not None:
        return _ending(question.end)
    if not question.open:
        return f":white_check_mark: Approved by {given}"
    return (
        f":ballot_box_with_check: {len(question.given)} of {question.request.count}: {given}" if given else ""
    )


def details(matter: Matter) -> Block:
    """Return the modal with everything: plan, inputs, rights."""
    question, runbook = matter.question, matter.runbook
    inputs = [f"{_fenced(name)} = {_shown(value)}" for name, value in matter.state.inputs.items()]
    wants = [f"{_fenced(name)} = {_shown(value)}" for name, value in question.planned.want.items()]
    blocks = [section(f"*{esc(matter.title)}*\n{esc(plan_of(question.planned).summary)}")]
    blocks += plan_blocks(plan_of(question.planned))
    blocks += [section(f"*Inputs of the run*\n```{clamp_lines(inputs, _DIFF) or 'none'}```")]
    blocks += [section(f"*Given to the step*\n```{clamp_lines(wants, _DIFF) or 'nothing'}```")]
    blocks += [section(f"*May approve* {esc(', '.join(question.request.approvers))}")]
    blocks += [section(f"*May touch* {esc(', '.join(runbook.permissions.connections)) or 'no connection'}")]
    blocks += [context(f"`{matter.state.revision}`", link(matter.url, "Run in the console"))]
    title = {"type": "plain_text", "text": clamp(runbook.title, 24)}
    return {
        "type": "modal",
        "title": title,
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": blocks,
    }


def plan_of(planned: events.StepPlanned) -> Plan:
    """Return what every plan says, without the snapshot for undo."""
    return Plan.model_validate({name: planned.plan[name] for name in Plan.model_fields})


def _terms(matter: Matter) -> str:
    request, planned = matter.question.request, matter.question.planned
    needed = f"{request.count} approvals" if request.count > 1 else ""
    parts = [
        _RISKS.get(planned.risk, planned.risk),
        link(matter.url, f"{matter.runbook.name}@{matter.state.revision[:12]}"),
        f"asked by {who(matter.state.requested_by)}",
        needed,
        f"expires {when(request.expires_at, '{time}')}" if matter.question.open else "",
    ]
    return " · ".join(part for part in parts if part)


def _buttons(matter: Matter) -> Block:
    approve = button(ActionId.APPROVE, "Approve", matter.value, "primary")
    if matter.question.planned.risk in {Risk.HIGH, Risk.DESTRUCTIVE}:
        approve["confirm"] = _confirm(plan_of(matter.question.planned).summary)
    reject = button(ActionId.REJECT, "Reject", matter.value, "danger")
    return actions(approve, reject, button(ActionId.DETAILS, "Details", matter.value))


def _confirm(summary: str) -> Block:
    return {
        "title": {"type": "plain_text", "text": "Sure?"},
        "text": {"type": "plain_text", "text": clamp(summary, 300)},
        "confirm": {"type": "plain_text", "text": "Approve"},
        "deny": {"type": "plain_text", "text": "Not yet"},
    }


def _ending(end: Entry) -> str:
    at = when(end.occurred_at, "{time}")
    match end.event:
        case events.ApprovalRejected(reason=reason):
            return f":no_entry: Rejected by {who(end.actor)} {at}\n>{esc(reason)}"
        case events.ApprovalExpired():
            return f":hourglass: Nobody decided in time ({at}); nothing was done."
        case events.StepPlanned():
            return (
                ":arrows_counterclockwise: The plan changed in the meantime; what is asked now stands below."
            )
        case events.CancelRequested():
            return f":black_square_for_stop: {who(end.actor)} cancelled the run {at}; nothing was decided."
        case _:
            return f":black_square_for_stop: The run ended {at}; nothing was decided."


def _shown(value: JsonValue) -> str:
    return _fenced(clamp(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _VALUE))


def _fenced(text: str) -> str:
    """Return a text that cannot end the code block it stands in."""
    return esc(text).replace("`", "'").replace("\n", "⏎")
