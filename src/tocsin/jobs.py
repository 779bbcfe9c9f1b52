"""Jobs: what an event causes, deferred in the event's own transaction and retried until done."""

import random
from datetime import datetime, timedelta
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job as QueuedJob
from pydantic import BaseModel, ConfigDict
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import process
from tocsin.errors import StaleStream

QUEUE = "tocsin"
"""The one queue; every worker takes from it."""

ATTEMPT = "_attempt"
INCIDENT = "_incident"
"""Arguments of every queued job: which try it is, and the incident it belongs to."""


class Job(BaseModel):
    """One reaction, waiting to be done."""

    model_config = ConfigDict(frozen=True)

    task: str
    args: dict[str, str | int] = {}
    merge: str | None = None
    """While a job with this key waits, another one is the same job."""
    lock: str | None = None
    """Jobs with this key are done one after the other; never on a job that retries for long."""
    at: datetime | None = None
    """Not before this time."""
    attempt: int = 1
    """Which try this is."""
    incident_id: str | None = None
    """The incident of the event that caused it: where it is said when the job is given up."""


class JobQueue:
    """Defers jobs into procrastinate's tables."""

    def __init__(self, app: procrastinate.App) -> None:
        self._app = app

    async def defer(self, session: AsyncSession, jobs: list[Job]) -> None:
        """Add the jobs to the session's transaction: they exist when it commits, and not otherwise."""
        # Sorted, so that two transactions that merge into the same jobs cannot wait for each other.
        for job in sorted(jobs, key=lambda job: (job.merge or "", job.task)):
            while not (await self._waits(session, job) or await self._inserted(session, job)):
                pass

    async def _waits(self, session: AsyncSession, job: Job) -> bool:
        """Say whether the same job already waits; if so, hold it until our transaction is over.

        Without the hold a worker could take it now, not see what we are about to commit, and nobody would
        look again. Workers pass over rows that are held (SKIP LOCKED).
        """
        if job.merge is None:
            return False
        held = await (await session.connection()).execute(_HELD, {"merge": job.merge})
        return held.first() is not None

    async def _inserted(self, session: AsyncSession, job: Job) -> bool:
        connection = await session.connection()
        raw = (await connection.get_raw_connection()).driver_connection
        queued = QueuedJob(
            queue=QUEUE,
            task_name=job.task,
            task_kwargs={**job.args, ATTEMPT: job.attempt, INCIDENT: job.incident_id},
            lock=job.lock,
            queueing_lock=job.merge,
            scheduled_at=job.at,
        )
        if job.merge is None:
            await self._app.job_manager.defer_job_async(queued, connection=raw)
            return True
        try:
            # Not the session's: that one begins only with a statement of its own.
            async with connection.begin_nested():
                await self._app.job_manager.defer_job_async(queued, connection=raw)
        except AlreadyEnqueued:
            return False
        return True


_HELD = text("select 1 from procrastinate_jobs where queueing_lock = :merge and status = 'todo' for update")


class Backoff:
    """When a failed job is tried again: later each time, with jitter; after the ``last`` try it is given up.

    A writer that lost a race reads again at once, and one that was told how long to wait waits so long.
    """

    def __init__(self, last: int = 12, base: float = 1.0, cap: float = 600.0) -> None:
        self.last, self.base, self.cap = last, base, cap

    def pause(self, attempt: int, error: BaseException) -> timedelta | None:
        """Return how long to wait after the ``attempt``-th try (from 1), or None to give up."""
        if isinstance(error, StaleStream):
            return timedelta(0)
        if attempt >= self.last:
            return None
        asked = getattr(error, "retry_after", None)
        jitter = random.uniform(0.5, 1.0)  # noqa: S311
        return timedelta(seconds=asked or min(self.cap, self.base * 2.0 ** (attempt - 1)) * jitter)


def queue_app(url: str, pool_size: int = 10) -> procrastinate.App:
    """Return procrastinate's app on the database; the caller opens and closes it."""
    kwargs = {"application_name": process()}
    options: dict[str, Any] = {"min_size": 1, "max_size": pool_size, "kwargs": kwargs}
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, **options))
