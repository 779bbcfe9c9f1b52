"""Follows a run live: a line for everything that happens to a step, and a bar below them."""

import asyncio
import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from tocsin.cli.opening import actor
from tocsin.cli.printing import aside, lasted
from tocsin.cli.run_pages import STEP_STYLES, request_lines, step_words
from tocsin.main import House
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.state import DONE, RunState

LOOK_EVERY = 0.5
"""Seconds between two looks at the log."""
PATIENCE = 3.0
"""Seconds after which a run that nobody took up is remarked on."""


async def follow(house: House, run_id: str) -> RunState:
    """Print what happens on stderr until the run ends or needs attention; return how it stands then."""
    state = await _read(house, run_id)
    async with house.database.transaction() as session:
        runbook = parse(await house.revisions.get(session, state.runbook, state.revision))
    console = aside()
    try:
        with _bar(console) as bar:
            state = await _until_over(house, state, _Teller(bar, runbook))
    except asyncio.CancelledError:
        console.print(f"Not followed any more. `tocsin run show {run_id[:8]}` shows how it stands.")
        raise
    took = lasted(state.requested_at, state.finished_at)
    console.print(f"{state.status.replace('_', ' ')} after {took}: {state.summary}")
    return state


class _Teller:
    """Tells what is new of a run, once."""

    def __init__(self, bar: Progress, runbook: Runbook) -> None:
        self._bar = bar
        self._runbook = runbook
        self._task = bar.add_task(runbook.title, total=len(runbook.steps))
        self._told: dict[str, str] = {}
        self._waits_since = time.monotonic()

    def tell(self, state: RunState) -> None:
        """Print what changed since the last time."""
        for step in self._runbook.steps:
            seen = state.step(step.id)
            line = step_words(step, seen)
            if seen.status != "pending" and self._told.get(step.id) != line:
                self._told[step.id] = line
                self._bar.console.print(line, style=STEP_STYLES.get(seen.status, ""))
                if seen.status == "awaiting_approval":
                    self._print_request(state, step.id)
        done = sum(step.status in DONE for step in state.steps.values())
        self._bar.update(self._task, completed=done, description=f"{self._runbook.title}: {state.status}")
        self._tell_loneliness(state)

    def _print_request(self, state: RunState, step_id: str) -> None:
        for line in request_lines(state, step_id):
            self._bar.console.print(line)

    def _tell_loneliness(self, state: RunState) -> None:
        if state.version == 1 and "worker" not in self._told and self._waited() > PATIENCE:
            self._told["worker"] = "missing"
            self._bar.console.print(
                "Nobody has taken the run up yet. It needs a worker: start `tocsin worker` beside this, "
                "or interrupt and start the next run with --work. The run is kept, and this goes on waiting.",
                style="yellow",
            )

    def _waited(self) -> float:
        return time.monotonic() - self._waits_since


async def _until_over(house: House, state: RunState, teller: _Teller) -> RunState:
    while True:
        teller.tell(state)
        if state.over or state.status == "needs_attention":
            return state
        await asyncio.sleep(LOOK_EVERY)
        state = await _read(house, state.id)


async def _read(house: House, run_id: str) -> RunState:
    async with house.database.transaction() as session:
        return await house.runs.read(session, actor(), run_id)


def _bar(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
    )
    return Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    )
