"""Jobs, done: the third entry point. What gives up for good becomes an event that a person sees.

A failed job comes back as a new one, deferred by our own queue, and not by procrastinate's retry: that one
puts the old row back, which cannot be done (and leaves the job ``doing`` for ever, its lock held) when the
same job waits already.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import procrastinate
import structlog
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status

from tocsin.db import Database
from tocsin.errors import StaleStream
from tocsin.events import Fact
from tocsin.events.incident import JobAbandoned
from tocsin.jobs import ATTEMPT, INCIDENT, QUEUE, Backoff, Job, JobQueue
from tocsin.log import Log
from tocsin.secrets import redact_text

logger = structlog.get_logger(__name__)
RESCUE = "jobs.rescue"
RESCUE_EVERY = "* * * * * */5"
"""When it is looked for workers whose heart stopped, as cron says it, seconds last."""
STALLED_AFTER = 10.0
"""Seconds without a heartbeat after which a worker's jobs are taken over."""


@dataclass(frozen=True)
class Task:
    """A kind of job."""

    name: str
    function: Callable[..., Awaitable[None]]
    backoff: Backoff = field(default_factory=Backoff)
    cron: str | None = None
    """When it is done by itself, in UTC: once for all processes together, and given that time's timestamp."""


class Tasks:
    """Registers what jobs do, and does it."""

    def __init__(self, app: procrastinate.App, queue: JobQueue, database: Database, log: Log) -> None:
        self._app = app
        self._queue = queue
        self._database = database
        self._log = log

    def register(self, task: Task) -> None:
        """Make the task's jobs do its function."""

        async def perform(context: procrastinate.JobContext, /, **_: Any) -> None:
            job = _read(context.job)
            try:
                await task.function(**job.args)
            except asyncio.CancelledError:
                # The worker is told to stop: another one does it, or this one when it is back.
                await asyncio.shield(self._again(job, timedelta(0), job.attempt))
                raise
            except Exception as error:  # noqa: BLE001
                # The entry point of jobs: whatever it was, the job comes back, or its giving up is told.
                await self._failed(task, job, error)

        # While one that the clock began waits, the next one is the same job.
        merge = task.name if task.cron else None
        registered = self._app.task(name=task.name, queue=QUEUE, queueing_lock=merge, pass_context=True)
        queued = registered(perform)
        if task.cron is not None:
            self._app.periodic(cron=task.cron)(queued)  # type: ignore[arg-type]  # it takes any

    def register_rescue(self) -> None:
        """Take over, every few seconds, the jobs of workers whose heart stopped."""

        @self._app.periodic(cron=RESCUE_EVERY)
        @self._app.task(name=RESCUE, queue=QUEUE, queueing_lock=RESCUE, pass_context=False)
        async def rescue(timestamp: int) -> None:
            await self._take_over(await self._left(STALLED_AFTER))

    async def recover(self) -> None:
        """Take over at once what dead workers left, where this process is the only one there is."""
        left = await self._left(0)
        # In this order: whoever came since then is seen, and the jobs are older than that.
        if left and await self._database.is_alone():
            await self._take_over(left)

    async def _left(self, silence: float) -> Iterable[QueuedJob]:
        """Return the jobs of workers whose heart has not beaten for so many seconds."""
        return await self._app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silence)

    async def _take_over(self, left: Iterable[QueuedJob]) -> None:
        for stalled in left:
            logger.warning("job_taken_over", job=stalled.call_string)
            if stalled.task_name != RESCUE:
                await self._again(_read(stalled), timedelta(0), _read(stalled).attempt)
            await self._app.job_manager.finish_job(stalled, Status.ABORTED, delete_job=True)

    async def _failed(self, task: Task, job: Job, error: Exception) -> None:
        told = redact_text(f"{type(error).__name__}: {error}")
        pause = task.backoff.pause(job.attempt, error)
        again = None if pause is None else pause.total_seconds()
        # A writer that lost a race is no trouble; what failed is.
        say = logger.info if isinstance(error, StaleStream) else logger.warning
        say("job_failed", job=job.task, args=job.args, attempt=job.attempt, error=told, again=again)
        if pause is None:
            await self._abandoned(job, told)
        else:
            await self._again(job, pause, job.attempt + bool(pause))

    async def _again(self, job: Job, pause: timedelta, attempt: int) -> None:
        at = datetime.now(UTC) + pause if pause else None
        async with self._database.transaction() as session:
            await self._queue.defer(session, [job.model_copy(update={"at": at, "attempt": attempt})])

    async def _abandoned(self, job: Job, error: str) -> None:
        """Say in the job's incident, or for everybody, that it will not be done."""
        at = datetime.now(UTC)
        abandoned = JobAbandoned(job=job.task, error=error, attempts=job.attempt, at=at)
        stream = f"incident/{job.incident_id}" if job.incident_id else "system"
        async with self._database.transaction() as session:
            fact = Fact(event=abandoned, incident_id=job.incident_id)
            await self._log.append(session, stream, [fact])


def _read(queued: QueuedJob) -> Job:
    """Return the job as it was deferred."""
    given = dict(queued.task_kwargs)
    about = {"attempt": given.pop(ATTEMPT, 1), "incident_id": given.pop(INCIDENT, None)}
    fields = {"task": queued.task_name, "merge": queued.queueing_lock, "lock": queued.lock, "args": given}
    return Job.model_validate({**fields, **about})
