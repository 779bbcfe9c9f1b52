"""The tree of a run's steps, a line each."""

from collections.abc import Iterator, Mapping

from tocsin.bot.views.text import clamp, clamp_lines, esc, lasting, when
from tocsin.runbooks.overview import Fold, Row, Tally, folded, rows
from tocsin.runbooks.state import RunState, StepState, StepStatus
from tocsin.runbooks.work import Program

MOST = 40
"""Lines of a run's card; of more, neighbours that say nothing new become one."""
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
_ROLES = {
    "": "",
    "on_failure": "on failure: ",
    "on_cancel": "on cancel: ",
    "finally": "finally: ",
    "undo": "undo: ",
}
_INDENT = "\u2003"
"""An em space: Slack takes plain spaces at the beginning of a line away."""


def tree(program: Program, state: RunState, limit: int) -> str:
    """Return the steps in reading order, within ``limit`` characters."""
    return clamp_lines([_line(one) for one in folded(rows(program, state), MOST)], limit)


def _line(row: Row | Fold) -> str:
    indent = _INDENT * min(row.depth, 6)
    if isinstance(row, Fold):
        return f"{indent}{'✓' if row.done else '○'} _{row.count} {'done' if row.done else 'to come'}_"
    named = f"{_ROLES[row.role]}{clamp(row.title, 120)}"
    return "  ".join([f"{indent}{_GLYPHS[row.status]} {esc(named)}", *_remarks(row)])


def _remarks(row: Row) -> Iterator[str]:
    seen = row.seen
    if row.tally is not None:
        yield f"_{_counted(row.tally)}_"
    if row.left_out:
        yield f"_… {row.left_out} more_"
    yield from _of_status(seen)


def _of_status(seen: StepState) -> Iterator[str]:
    match seen.status:
        case "succeeded" if seen.started_at and seen.ended_at:
            yield f"_{lasting(seen.ended_at - seen.started_at)}_"
        case "verifying":
            yield f"_verifying_{_latest(seen)}"
        case "retrying":
            at = when(seen.retry_at, "{time}") if seen.retry_at else ""
            yield f"_try {seen.attempt + 1} {at}: {esc(clamp(seen.error, 120))}_"
        case "failed" | "unknown":
            yield f"_{esc(clamp(seen.error or seen.reason or seen.status, 200))}_"
        case "skipped":
            yield f"_{esc(clamp(seen.reason, 120))}_"


def _counted(tally: Tally) -> str:
    besides = {"failed": tally.failed, "at work": tally.running}
    told = [f"{count} {name}" for name, count in besides.items() if count]
    return ", ".join([f"{tally.done} of {tally.total} done", *told])


def _latest(seen: StepState) -> str:
    reasons = [
        watch.reason for _, watch in sorted(seen.watches.items()) if watch.state != "ok" and watch.reason
    ]
    return f" _{esc(clamp(reasons[-1], 120))}_" if reasons else ""
