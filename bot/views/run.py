"""A run as one message that is edited in place."""

from dataclasses import dataclass
from datetime import datetime

from tocsin.bot.names import ActionId
from tocsin.bot.office import Links
from tocsin.bot.speech import Words
from tocsin.bot.views.steps import tree
from tocsin.bot.views.text import (
    SECTION,
    Block,
    actions,
    button,
    clamp,
    context,
    esc,
    lasting,
    link,
    section,
    when,
    who,
)
from tocsin.bot.views.waits import stopped, told
from tocsin.runbooks import standing
from tocsin.runbooks.standing import Wait
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Stop
from tocsin.runbooks.work import Program

_SIGNS = {
    "succeeded": ":white_check_mark:",
    "failed": ":x:",
    "compensated": ":leftwards_arrow_with_hook:",
    "cancelled": ":black_square_for_stop:",
    "expired": ":hourglass:",
    "needs_attention": ":rotating_light:",
}


@dataclass(frozen=True)
class Card:
    """All that there is to show of a run."""

    program: Program
    state: RunState
    links: Links
    now: datetime
    stop: Stop | None = None
    """Set while everything is stopped."""

    @property
    def url(self) -> str:
        """Return the run's page in the console."""
        return self.links.run(self.state.id)

    @property
    def title(self) -> str:
        """Return the runbook's."""
        return self.program.runbook.title


def progress(card: Card) -> Words:
    """Return the run as it stands."""
    state = card.state
    status = state.status.replace("_", " ")
    waits = standing.waits(card.program, state, card.now)
    blocks = [section(f"{_SIGNS.get(state.status, ':gear:')} *{link(card.url, card.title)}* · {status}")]
    blocks += [section(stopped(card.stop))] if card.stop is not None and not state.over else []
    blocks.append(section(tree(card.program, state, SECTION) or "no step"))
    blocks += [section(sentence) for sentence in told(waits, card.links)]
    if state.summary:
        blocks.append(section(esc(clamp(state.summary, 2500))))
    blocks += [context(line) for line in _remarks(state)]
    blocks.append(context(_terms(card)))
    blocks.append(_buttons(state, waits))
    return Words(f"{esc(card.title)}: {status}", tuple(blocks))


def _remarks(state: RunState) -> list[str]:
    """Return what is unusual about the run."""
    glass = (
        f":fire_extinguisher: no freeze holds for it: {esc(clamp(state.glass, 600))}" if state.glass else ""
    )
    lowered = f"asks first: {esc(clamp(state.lowered, 600))}" if state.lowered else ""
    again = f"repeats run `{state.rerun_of[:8]}`" if state.rerun_of else ""
    return [line for line in (glass, lowered, again) if line]


def _buttons(state: RunState, waits: list[Wait]) -> Block:
    if state.over:
        return actions(button(ActionId.RERUN, "Run again…", state.id))
    paused = state.paused is not None
    go = button(ActionId.RESUME_RUN, "Resume", state.id, "primary")
    row = [go if paused else button(ActionId.PAUSE_RUN, "Pause", state.id)]
    if any(wait.cause == "frozen" for wait in waits):
        row.append(button(ActionId.BREAK_GLASS, "Break the glass…", state.id, "danger"))
    return actions(*row, button(ActionId.CANCEL_RUN, "Cancel…", state.id))


def _terms(card: Card) -> str:
    state = card.state
    lasted = f"took {lasting(state.finished_at - state.requested_at)}" if state.finished_at else ""
    began = f"began {when(state.requested_at, '{time}')}"
    parts = [
        f"`{state.id[:8]}`",
        f"{state.runbook}@{state.revision[:12]}",
        f"asked by {who(state.requested_by)}",
    ]
    return " · ".join([*parts, lasted or began])
