"""A question to people: exactly what would change, and after the answer, who gave it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tocsin.actions.base import Risk
from tocsin.bot.asks import Question
from tocsin.bot.names import ActionId
from tocsin.bot.speech import Words
from tocsin.bot.views.diffs import DIFF, diff, fenced, plan_of, shown
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
from tocsin.events import steering
from tocsin.log import Entry
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.overview import title
from tocsin.runbooks.standing import people
from tocsin.runbooks.state import RunState
from tocsin.runbooks.work import Program

_PLANS = 6
"""Plans that a question about a group shows; its details show more."""
_DETAILED = 12
_PART = 1100
"""Characters of the diff of one plan among several, so that a message holds all of them."""
_RISKS = {
    "low": ":large_blue_circle: low risk",
    "high": ":large_orange_circle: *high risk*",
    "destructive": ":red_circle: *destructive*",
}
_WORST = (Risk.DESTRUCTIVE, Risk.HIGH, Risk.LOW)


@dataclass(frozen=True)
class Matter:
    """A question, and the run it belongs to."""

    question: Question
    state: RunState
    program: Program
    url: str
    """The run's page in the console."""

    @property
    def value(self) -> str:
        """Return what the buttons carry: the run and the digest the answer is for."""
        return f"{self.state.id}:{self.question.digest}"

    @property
    def title(self) -> str:
        """Return what people call the step."""
        return title(self.program, self.state, self.question.request.step)

    @property
    def runbook(self) -> Runbook:
        """Return the run's runbook."""
        return self.program.runbook

    @property
    def risk(self) -> str:
        """Return the worst of its plans; empty where there is none."""
        found = {planned.risk for planned in self.question.plans.values()}
        return next((risk for risk in _WORST if risk in found), "")


def approval(matter: Matter) -> Words:
    """Return the message: with buttons while it is open, with the decision after that."""
    question = matter.question
    sign = "Approve" if question.open else "Decided"
    blocks = [section(f"*{sign}: {esc(clamp(matter.title, 300))}*{_summary(matter)}")]
    blocks += _plans(matter, _PLANS)
    blocks += _shown(question)
    blocks.append(context(_terms(matter)))
    blocks += [_buttons(matter)] if question.open else []
    blocks += [section(line)] if (line := decision(question)) else []
    words = "Approval wanted" if question.open else "Decided"
    return Words(f"{words}: {esc(clamp(matter.title, 300))} ({esc(matter.runbook.title)})", tuple(blocks))


def decision(question: Question) -> str:
    """Return who decided and when; the yeses so far while more are needed; nothing while nobody has."""
    given = ", ".join(f"{who(entry.actor)} {when(entry.occurred_at, '{time}')}" for entry in question.given)
    if question.end is not None:
        return _ending(question.end)
    if not question.open:
        return f":white_check_mark: Approved by {given}"
    if not given:
        return ""
    left = esc(" and ".join(people(one.principals, one.count) for one in question.missing))
    return f":ballot_box_with_check: {len(question.given)} of {question.request.count}: {given}; still {left}"


def details(matter: Matter) -> Block:
    """Return the modal with everything: plans, inputs, rights."""
    question, runbook = matter.question, matter.runbook
    inputs = [f"{fenced(name)} = {shown(value)}" for name, value in matter.state.inputs.items()]
    blocks = [section(f"*{esc(clamp(matter.title, 300))}*{_summary(matter)}")]
    blocks += _plans(matter, _DETAILED)
    blocks += _shown(question)
    blocks += [section(f"*Inputs of the run*\n```{clamp_lines(inputs, DIFF) or 'none'}```")]
    blocks += [section(f"*Given to the step*\n```{clamp_lines(list(_wants(matter)), DIFF) or 'nothing'}```")]
    blocks += [section(f"*May approve* {esc(', '.join(question.request.approvers))}")]
    blocks += [section(f"*May touch* {esc(', '.join(runbook.permissions.connections)) or 'no connection'}")]
    blocks += [context(f"`{matter.state.revision}`", link(matter.url, "Run in the console"))]
    named = {"type": "plain_text", "text": clamp(runbook.title, 24)}
    return {
        "type": "modal",
        "title": named,
        "close": {"type": "plain_text", "text": "Close"},
        "blocks": blocks,
    }


def _summary(matter: Matter) -> str:
    plans = list(matter.question.plans.values())
    if not plans:
        return "\nIt only asks whether to go on."
    if len(plans) > 1:
        return f"\n{len(plans)} plans, approved together"
    return f"\n{esc(plan_of(plans[0]).summary)}"


def _plans(matter: Matter, most: int) -> list[Block]:
    """Return the plans as diffs, with their warnings."""
    plans = matter.question.plans
    alone = len(plans) == 1
    blocks: list[Block] = []
    for step, planned in islice(plans.items(), most):
        plan = plan_of(planned)
        named = "" if alone else f"*{esc(clamp(title(matter.program, matter.state, step), 150))}*\n"
        said = named if alone else f"{named}{esc(clamp(plan.summary, 200))}\n"
        blocks.append(section(f"{said}```{diff(plan.changes, DIFF if alone else _PART)}```"))
        warnings = [f":warning: {esc(warning)}" for warning in plan.warnings]
        blocks += [section(clamp_lines(warnings, DIFF if alone else 400))] if warnings else []
    more = len(plans) - most
    return blocks + ([context(f"… {more} more plans; the run's page shows all")] if more > 0 else [])


def _shown(question: Question) -> list[Block]:
    """Return what the runbook wants to stand in the question besides."""
    lines = [f"{fenced(name)} = {shown(value)}" for name, value in question.request.shown.items()]
    return [section(f"```{clamp_lines(lines, 1200)}```")] if lines else []


def _wants(matter: Matter) -> Iterator[str]:
    for step, planned in matter.question.plans.items():
        if len(matter.question.plans) > 1:
            yield fenced(step)
        yield from (f"{fenced(name)} = {shown(value)}" for name, value in planned.want.items())


def _terms(matter: Matter) -> str:
    request = matter.question.request
    parts = [
        _RISKS.get(matter.risk, matter.risk),
        link(matter.url, f"{matter.runbook.name}@{matter.state.revision[:12]}"),
        f"asked by {who(matter.state.requested_by)}",
        f"needs {_needed(request)}",
        "has to be typed to be approved" if request.confirm is not None else "",
        f"expires {when(request.expires_at, '{time}')}" if matter.question.open else "",
    ]
    return " · ".join(part for part in parts if part)


def _needed(request: events.ApprovalRequested) -> str:
    if len(request.quorums) > 1:
        return esc(" and ".join(people(one.principals, one.count) for one in request.quorums))
    return esc(people(request.approvers, request.count))


def _buttons(matter: Matter) -> Block:
    approve = button(ActionId.APPROVE, "Approve", matter.value, "primary")
    plans = list(matter.question.plans.values())
    if matter.risk in {Risk.HIGH, Risk.DESTRUCTIVE} and matter.question.request.confirm is None:
        sure = plan_of(plans[0]).summary if len(plans) == 1 else f"{len(plans)} plans"
        approve["confirm"] = _confirm(sure)
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
        case events.StepFailed(error=error):
            return f":x: The step failed {at}: {esc(clamp(error, 600))}; nothing was decided."
        case steering.RunEnding(why=why):
            return f":black_square_for_stop: The run comes to its end {at}: {esc(clamp(why, 600))}"
        case _:
            return f":black_square_for_stop: The run ended {at}; nothing was decided."
