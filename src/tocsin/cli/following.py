"""Follows a run live: a line for everything that happens to a step, and a bar below them."""

import asyncio
import time
from datetime import UTC, datetime

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
from tocsin.cli.run_pages import STEP_STYLES, request_lines, step_words, wait_words
from tocsin.events.run import ApprovalRequested
from tocsin.main import House
from tocsin.runbooks.overview import rows
from tocsin.runbooks.standing import waits
from tocsin.runbooks.state import DONE, RunState
from tocsin.runbooks.work import Program

LOOK_EVERY = 0.5
"""Seconds between two looks at the log."""
PATIENCE = 3.0
"""Seconds after which a run that nobody took up is remarked on."""


async def follow(house: House, run_id: str) -> RunState:
    """Print what happens on stderr until the run ends or needs attention; return how it stands then."""
    state = await _read(house, run_id)
    async with house.database.transaction() as session:
        program = await house.programs.read(session, state)
    console = aside()
    try:
        with _bar(console) as bar:
            state = await _until_over(house, state, _Teller(bar, program))
    except asyncio.CancelledError:
        console.print(f"Not followed any more. `tocsin run show {run_id[:8]}` shows how it stands.")
        raise
    took = lasted(state.requested_at, state.finished_at)
    console.print(f"{state.status.replace('_', ' ')} after {took}: {state.summary}")
    return state


class _Teller:
    """Tells what is new of a run, once."""

    def __init__(self, bar: Progress, program: Program) -> None:
        self._bar = bar
        self._program = program
        self._task = bar.add_task(program.runbook.title, total=len(program.runbook.steps))
        self._told: dict[str, str] = {}
        self._waits_since = time.monotonic()

    def tell(self, state: RunState) -> None:
        """Print what changed since the last time."""
        found = rows(self._program, state)
        for row in found:
            line = step_words(row)
            if row.status != "pending" and self._told.get(row.address) != line:
                self._told[row.address] = line
                self._bar.console.print(f"{'  ' * row.depth}{line}", style=STEP_STYLES.get(row.status, ""))
                if row.status == "awaiting_approval" and row.seen.request is not None:
                    self._print_request(state, row.seen.request)
        self._tell_waits(state)
        done = sum(row.status in DONE for row in found)
        title = self._program.runbook.title
        self._bar.update(self._task, total=len(found), completed=done, description=f"{title}: {state.status}")
        self._tell_loneliness(state)

    def _print_request(self, state: RunState, request: ApprovalRequested) -> None:
        for line in request_lines(state, request):
            self._bar.console.print(line)

    def _tell_waits(self, state: RunState) -> None:
        """Print what the run waits for, besides the approvals that are shown with their plans."""
        said = {
            f"wait {wait_words(one)}"
            for one in waits(self._program, state, datetime.now(UTC))
            if one.cause not in {"approval", "time"}
        }
        for line in sorted(said - self._told.keys()):
            self._told[line] = line
            self._bar.console.print(f"waits: {line.removeprefix('wait ')}", style="yellow")

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
