"""A run as one message that is edited in place."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from tocsin.bot.names import ActionId
from tocsin.bot.speech import Words
from tocsin.bot.views.text import (
    SECTION,
    Block,
    actions,
    button,
    clamp,
    clamp_lines,
    context,
    esc,
    lasting,
    link,
    section,
    when,
    who,
)
from tocsin.runbooks.model import Runbook, Step
from tocsin.runbooks.state import RunState, StepState, StepStatus

_GLYPHS: Mapping[StepStatus, str] = {
    "pending": "○",
    "planned": "○",
    "awaiting_approval": "◔",
    "waiting": "◔",
    "approved": "●",
    "running": "●",
    "retrying": "●",
    "verifying": "●",
    "succeeded": "✓",
    "skipped": "–",
    "failed": "✗",
    "unknown": "?",
    "undoing": "↩",
    "undone": "↩",
}
_SIGNS = {
    "succeeded": ":white_check_mark:",
    "failed": ":x:",
    "compensated": ":leftwards_arrow_with_hook:",
    "cancelled": ":black_square_for_stop:",
    "expired": ":hourglass:",
    "needs_attention": ":rotating_light:",
}


def progress(state: RunState, runbook: Runbook, url: str) -> Words:
    """Return the run as it stands."""
    sign = _SIGNS.get(state.status, ":gear:")
    status = state.status.replace("_", " ")
    blocks: list[Block] = [section(f"{sign} *{link(url, runbook.title)}* · {status}")]
    blocks.append(section(clamp_lines([_line(step, state) for step in runbook.steps], SECTION)))
    blocks += [section(f":hourglass_flowing_sand: {wait}") for wait in _waits(state)]
    if state.summary:
        blocks.append(section(esc(clamp(state.summary, 2500))))
    blocks.append(context(_terms(state)))
    if not state.over:
        blocks.append(actions(button(ActionId.CANCEL_RUN, "Cancel", state.id)))
    return Words(f"{esc(runbook.title)}: {status}", tuple(blocks))


def _line(step: Step, state: RunState) -> str:
    seen = state.step(step.id)
    parts = [f"{_GLYPHS[seen.status]} {esc(clamp(step.title, 120))}", *_remarks(seen)]
    return "  ".join(parts)


def _remarks(seen: StepState) -> Iterator[str]:
    if seen.status == "succeeded" and seen.started_at and seen.ended_at:
        yield f"_{lasting(seen.ended_at - seen.started_at)}_"
    if seen.status == "verifying":
        yield f"_verifying_{_latest(seen)}"
    if seen.status == "retrying":
        yield f"_try {seen.attempt + 1} {_at(seen.retry_at)}: {esc(clamp(seen.error, 120))}_"
    if seen.status in {"failed", "unknown"}:
        yield f"_{esc(clamp(seen.error or seen.status, 200))}_"
    if seen.status == "skipped":
        yield f"_{esc(clamp(seen.reason, 120))}_"


def _latest(seen: StepState) -> str:
    reasons = [
        watch.reason for _, watch in sorted(seen.watches.items()) if watch.state != "ok" and watch.reason
    ]
    return f" _{esc(clamp(reasons[-1], 120))}_" if reasons else ""


def _waits(state: RunState) -> Iterator[str]:
    if state.over:
        return
    if state.holders:
        holders = ", ".join(f"`{holder[:8]}`" for holder in state.holders)
        yield f"waits for {esc(', '.join(state.awaited))}, held by run {holders}"
    for seen in state.steps.values():
        if seen.status == "awaiting_approval" and seen.request is not None:
            yield f"waits for an approval; expires {_at(seen.request.expires_at)}"
        if seen.status == "waiting":
            yield f"goes on {_at(seen.until)}"


def _at(at: datetime | None) -> str:
    return when(at, "{time}") if at else ""


def _terms(state: RunState) -> str:
    lasted = f"took {lasting(state.finished_at - state.requested_at)}" if state.finished_at else ""
    began = f"began {when(state.requested_at, '{time}')}"
    parts = [
        f"`{state.id[:8]}`",
        f"{state.runbook}@{state.revision[:12]}",
        f"asked by {who(state.requested_by)}",
    ]
    return " · ".join([*parts, lasted or began])
