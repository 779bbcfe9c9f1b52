"""The plan of a run that nobody started."""

from collections.abc import Sequence

from tocsin.bot.speech import Words
from tocsin.bot.views.diffs import diff
from tocsin.bot.views.text import Block, clamp, context, esc, section
from tocsin.runbooks.preview import PlannedStep

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
    if step.plan is None:
        return f"○ *{esc(step.title)}*  _{esc(step.note)}_"
    risk = f" · {step.risk} risk" if step.risk else ""
    warnings = "".join(f"\n:warning: {esc(clamp(warning, 200))}" for warning in step.plan.warnings[:3])
    changes = f"\n```{diff(step.plan.changes, _STEP)}```" if step.plan.changes else ""
    return f"○ *{esc(step.title)}*{risk}\n{esc(clamp(step.plan.summary, 300))}{changes}{warnings}"
