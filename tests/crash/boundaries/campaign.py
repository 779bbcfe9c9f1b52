"""Runs of one runbook, each of which meets a death of its own; how they end, and what was done."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.crash.boundaries.ledger import Death, Ledger
from tests.crash.boundaries.mortal import live
from tests.runbooks.workshop import workshop_in
from tests.runbooks.world import change, put, read, runbook
from tocsin.errors import StaleStream
from tocsin.events import Actor
from tocsin.events import run as events
from tocsin.main import House
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.state import RunState

ANA = Actor(kind="cli", id="ana", name="Ana")
BO = Actor(kind="cli", id="bo", name="Bo")
_MINE = "${{ inputs.me }}"
TWELVE = runbook(
    read("look", f"'{_MINE}/left'"),
    f"{{ id: drain, foreach: {{ items: [a, b, c], max_parallel: 2 }}, uses: box.add,"
    f" with: {{ box: '{_MINE}/${{{{ item }}}}', value: 1 }} }}",
    "{ id: both, parallel: ["
    + ", ".join([change("box.fire", "left", f"'{_MINE}/left'", 2), put("right", f"'{_MINE}/right'", 3)])
    + "] }",
    "{ id: everybody, approve: { from: ['*'] } }",
    change("box.add", "shift", f"'{_MINE}/shift'", 4, approve="{ from: ['*'] }"),
    "{ id: note, set: { left: '${{ steps.look.outputs.value }}' } }",
    "{ id: rest, wait: 1s }",
    change("box.fire", "shot", f"'{_MINE}/blind'", 5),
    "{ id: sure, assert: '1 < 2' }",
    put("seal", f"'{_MINE}/seal'", 6, verify="{ assert: value.value == 7, interval: 1s, deadline: 1s }"),
    change("box.add", "never", f"'{_MINE}/never'", 8),
    inputs="{ me: { type: string }, line: { type: string } }",
    guardrails="{ lock: '${{ inputs.line }}' }",
    on_failure="{ compensate: true, steps: [" + change("box.add", "mend", f"'{_MINE}/mend'", 9) + "] }",
    finally_="[" + change("box.add", "last", f"'{_MINE}/last'", 10) + "]",
).replace("finally_:", "finally:")
"""A dozen steps: items, branches, a gate, an approval, a wait, a shot that cannot be seen, and a verification
that fails; all is undone, mended, and something is done last."""
END = {
    "a": 0,
    "b": 0,
    "c": 0,
    "left": 0,
    "right": 0,
    "shift": 0,
    "blind": 0,
    "seal": 0,
    "mend": 9,
    "last": 10,
}
"""What is in a run's boxes in the end."""
TURN = 0.1
"""Seconds between two looks at everything."""
NAP = 4.0
"""Seconds that a frozen process sleeps: longer than a heart may be silent here."""


@dataclass(frozen=True)
class Wounds:
    """What went wrong, one line for each; all empty: nothing."""

    lost: list[str] = field(default_factory=list)
    """Runs that did not end as they do undisturbed."""
    twice: list[str] = field(default_factory=list)
    """Effects that happened again."""
    silent: list[str] = field(default_factory=list)
    """Shots nobody could see, and nobody was asked about."""
    overlapping: list[str] = field(default_factory=list)
    """Runs that were at work at the same time although they share a lock."""
    disordered: list[str] = field(default_factory=list)
    """Runs that were not undone backwards."""


class Campaign:
    """A few workers that die again and again, and people who do what they are asked."""

    def __init__(self, house: House, ledger: Ledger, ledger_url: str, workers: int, plant: str = "") -> None:
        self._shop, self._ledger, self._ledger_url = workshop_in(house, ledger), ledger, ledger_url
        self._plant = plant
        self._processes: list[multiprocessing.process.BaseProcess | None] = [None] * workers
        self._naps: dict[int, float] = {}
        self._batch = 0
        self.deaths = 0
        """How many processes died so far."""

    async def undisturbed(self) -> RunState:
        """Let one run come to its end, and return it: where it can be killed."""
        await self._shop.publish(TWELVE)
        [run_id] = await self._start(1)
        await self._until_over([run_id], patience=60)
        return await self._shop.read(run_id)

    async def play(self, deaths: Sequence[tuple[int, str]], patience: float) -> Wounds:
        """Let a run meet each of these deaths; ``patience``: seconds without anything happening."""
        self.stop()  # they know of no death
        run_ids = await self._start(len(deaths), deaths)
        await self._until_over(run_ids, patience)
        return await self._examine(run_ids)

    def stop(self) -> None:
        """End every worker."""
        for process in filter(None, self._processes):
            process.kill()
            process.join()
        self._processes = [None] * len(self._processes)

    # -- the far side -----------------------------------------------------------------------------------

    async def _examine(self, run_ids: Sequence[str]) -> Wounds:
        states = [await self._shop.read(run_id) for run_id in run_ids]
        effects, boxes = self._ledger.all_effects(), self._ledger.all_boxes()
        keys = Counter(one.key for one in effects if one.verb in {"box.add", "box.fire"})
        return Wounds(
            lost=[_told(state) for state in states if not _ended(state, boxes)],
            twice=[f"{key} {count} times" for key, count in keys.items() if count > 1],
            silent=[_told(state) for state in states if await self._is_silent(state)],
            overlapping=list(_overlapping([one.box.partition("/")[0] for one in effects])),
            disordered=[_told(state) for state in states if await self._is_disordered(state)],
        )

    async def _is_silent(self, state: RunState) -> bool:
        """Say whether the shot was begun, its result is not known, and no person was asked."""
        happened = [entry.event for entry in await self._shop.entries(state.id)]
        kinds = {type(event) for event in happened if getattr(event, "step", "") == "shot"}
        known = {events.StepSucceeded, events.UnknownResolved, events.StepFailed}
        return events.StepStarted in kinds and not kinds & known

    async def _is_disordered(self, state: RunState) -> bool:
        """Say whether it was not undone backwards."""
        happened = [entry.event for entry in await self._shop.entries(state.id)]
        begun = list(dict.fromkeys(one.step for one in happened if isinstance(one, events.StepStarted)))
        undone = [begun.index(one.step) for one in happened if isinstance(one, events.StepUndone)]
        return undone != sorted(undone, reverse=True)

    # -- the course -------------------------------------------------------------------------------------

    async def _start(self, count: int, deaths: Sequence[tuple[int, str]] = ()) -> list[str]:
        """Ask for runs, two in every line, and order their deaths before anything moves them."""
        run_ids: list[str] = []
        self._batch += 1
        async with self._shop.database.transaction() as session:
            for number in range(count):
                inputs = {"me": f"{self._batch}-{number}", "line": f"{self._batch}-{number // 2}"}
                request = RunRequest(runbook="boxes", inputs=inputs)
                run_ids.append((await self._shop.runs.start(session, ANA, request)).id)
            self._ledger.order(
                [Death(f"run/{run_id}", *death) for run_id, death in zip(run_ids, deaths, strict=False)]
            )
        return run_ids

    async def _until_over(self, run_ids: Sequence[str], patience: float) -> None:
        """Keep the workers alive, and do what people do, until every run is over or nothing happens."""
        waiting, news, last = set(run_ids), "", time.monotonic()
        while waiting and time.monotonic() - last < patience:
            self._tend()
            states = [await self._shop.read(run_id) for run_id in waiting]
            for state in states:
                await self._answer(state)
            waiting -= {state.id for state in states if state.over}
            seen = str([(state.id, state.version) for state in states])
            news, last = (seen, time.monotonic()) if seen != news else (news, last)
            await asyncio.sleep(TURN)

    def _tend(self) -> None:
        """Put a new worker in the place of each that died, and wake those that slept long enough."""
        for place, process in enumerate(self._processes):
            if process is not None and process.is_alive():
                self._wake(process.pid or 0)
                continue
            self.deaths += process is not None
            given = (self._shop.house.settings.database_url, self._ledger_url, self._plant)
            born = _FORKS.Process(target=live, args=given, daemon=True)
            born.start()
            self._processes[place] = born

    def _wake(self, pid: int) -> None:
        if not _sleeps(pid):
            return
        asleep = self._naps.setdefault(pid, time.monotonic())
        if time.monotonic() - asleep > NAP:
            del self._naps[pid]
            os.kill(pid, signal.SIGCONT)

    async def _answer(self, state: RunState) -> None:
        """Say yes to what is asked, and look at the far side where nobody else can see."""
        runs = self._shop.runs
        try:
            async with self._shop.database.transaction() as session:
                for asked in state.asked():
                    state = await runs.approve(session, BO, state.id, asked.digest)
                for name, step in state.steps.items():
                    if step.status == "unknown":
                        happened = any(one.key == step.key for one in self._ledger.all_effects())
                        await runs.resolve_unknown(session, BO, state.id, name, happened=happened)
                        break
        except StaleStream:
            pass  # the run moved on; it is looked at again


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.crash.boundaries.mortal"])


def _told(state: RunState) -> str:
    return f"{state.inputs['me']} ({state.id[:8]}): {state.status}, {state.summary}, {state.version} events"


def _ended(state: RunState, boxes: dict[str, int]) -> bool:
    me = state.inputs["me"]
    return state.status == "compensated" and all(
        boxes.get(f"{me}/{box}", 0) == value for box, value in END.items()
    )


def _overlapping(runs: Sequence[str]) -> Iterator[str]:
    """Yield the runs that began while another one of their line was not through, by their effects' order."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for at, run in enumerate(runs):
        first.setdefault(run, at)
        last[run] = at
    for run in first:
        name, _, number = run.rpartition("-")
        other = f"{name}-{int(number) ^ 1}"
        if other in first and first[run] < first[other] < last[run]:
            yield f"{other} within {run}"


def _sleeps(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"
