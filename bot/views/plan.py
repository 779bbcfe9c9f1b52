"""The plan of a run that nobody started."""

from collections.abc import Sequence

from tocsin.bot.speech import Words
from tocsin.bot.views.diffs import diff
from tocsin.bot.views.text import Block, clamp, context, esc, section
from tocsin.runbooks.model import Approval
from tocsin.runbooks.preview import PlannedStep
from tocsin.runbooks.standing import people

_STEPS = 15
_STEP = 800
"""Characters of one step's diff, so that all of them stay within what Slack takes in one message."""


def preview(runbook: str, steps: Sequence[PlannedStep]) -> Words:
    """Return what each step would change, as far as it can be known now."""
    blocks: list[Block] = [section(f"*Plan of {esc(runbook)}* · nothing is started")]
    for step in steps[:_STEPS]:
        blocks.append(section(_step(step)))
    if len(steps) > _STEPS:
        blocks.append(
            context(f"… {len(steps) - _STEPS} more steps; `tocsin runbook plan {esc(runbook)}` shows all")
        )
    return Words(f"Plan of {esc(runbook)}", tuple(blocks))


def _step(step: PlannedStep) -> str:
    asks = f"\n:raised_hand: asks first: {esc(_people(step.approval))}" if step.approval else ""
    if step.plan is None:
        sign = "✗" if step.failed else "○"
        return f"{sign} *{esc(clamp(step.title, 200))}*  _{esc(clamp(step.note, 600))}_{asks}"
    risk = f" · {step.risk} risk" if step.risk else ""
    warnings = "".join(f"\n:warning: {esc(clamp(warning, 200))}" for warning in step.plan.warnings[:3])
    changes = f"\n```{diff(step.plan.changes, _STEP)}```" if step.plan.changes else ""
    said = f"○ *{esc(clamp(step.title, 200))}*{risk}\n{esc(clamp(step.plan.summary, 300))}"
    return f"{said}{changes}{warnings}{asks}"


def _people(approval: Approval) -> str:
    """Return who would have to say yes."""
    if not approval.from_:
        return people(("role:responder",), approval.count)
    return " and ".join(people(one.principals, one.count) for one in approval.quorums)
