"""Mistakes that somebody could make in the engine, planted one at a time: the campaign has to find each."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from procrastinate.jobs import Status
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin import tasks
from tocsin.log import Log
from tocsin.runbooks import acting, deeds, endings, locks, moment, worker
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tree import Node
from tocsin.runbooks.work import Decision, StartStep


def no_dedupe() -> None:
    """Every attempt has a key of its own: the far side cannot tell that it is the same effect."""
    start = acting._start

    def afresh(m: moment.Moment, node: Node) -> Decision:
        decision = start(m, node)
        work = [replace(one, key=uuid4().hex) if isinstance(one, StartStep) else one for one in decision.work]
        return replace(decision, work=tuple(work))

    setattr(acting, "_start", afresh)


def effect_before_its_event() -> None:
    """A step is done before the log says that it begins."""
    setattr(worker, "beginning", lambda deed: None)


def once_twice() -> None:
    """An effect that must not happen twice is tried again like any other."""
    setattr(moment.Moment, "in_doubt", lambda self, node: False)


def unknown_is_not_done() -> None:
    """Where nobody can see whether it happened, it did not."""
    probe = deeds.Deeds._probe

    async def hopeful(self: Any, *about: Any) -> Any:
        found = await probe(self, *about)
        return "not_done" if found == "unknown" else found

    setattr(deeds.Deeds, "_probe", hopeful)


def no_fence() -> None:
    """Whoever comes late writes all the same."""
    extend = Log.extend

    async def late(self: Log, session: AsyncSession, stream: str, facts: Any, **_: Any) -> Any:
        last = (await self.read(session, stream))[-1]
        return await extend(self, session, stream, facts, version=last.version, head=last.hash)

    async def trusting(self: Any, session: AsyncSession, before: RunState, _: Any) -> RunState:
        return before

    setattr(Log, "extend", late)
    setattr(worker.Worker, "_catch_up", trusting)


def lock_in_memory() -> None:
    """Every process has locks of its own."""
    held: dict[str, str] = {}

    async def in_front(_: AsyncSession, run_id: str, resources: Collection[str]) -> tuple[str, ...]:
        others = {held.setdefault(one, run_id) for one in resources} - {run_id}
        return tuple(sorted(others))

    setattr(locks, "in_front", in_front)


def the_dead_are_forgotten() -> None:
    """What a dead worker left is left."""

    async def forget(self: Any, left: Iterable[Any]) -> None:
        for stalled in left:
            await self._app.job_manager.finish_job(stalled, Status.ABORTED, delete_job=True)

    setattr(tasks.Tasks, "_take_over", forget)


def undone_in_order() -> None:
    """What was done first is undone first."""
    setattr(endings, "reversed", list)


PLANTS: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        no_dedupe,
        effect_before_its_event,
        once_twice,
        unknown_is_not_done,
        no_fence,
        lock_in_memory,
        the_dead_are_forgotten,
        undone_in_order,
    )
}
