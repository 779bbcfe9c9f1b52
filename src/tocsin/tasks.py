"""Jobs, done: the third entry point. What gives up for good becomes an event that a person sees."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import procrastinate
import structlog

from tocsin.db import Database
from tocsin.errors import StaleStream
from tocsin.events import Fact
from tocsin.events.incident import JobAbandoned
from tocsin.jobs import QUEUE, Backoff
from tocsin.log import Log
from tocsin.secrets import redact_text

logger = structlog.get_logger(__name__)
STALLED_AFTER = 10.0
"""Seconds without a heartbeat after which a worker's jobs are taken over."""


@dataclass(frozen=True)
class Task:
    """A kind of job."""

    name: str
    function: Callable[..., Awaitable[None]]
    retry: Backoff = field(default_factory=Backoff)


class Tasks:
    """Registers what jobs do, and does it."""

    def __init__(self, app: procrastinate.App, database: Database, log: Log) -> None:
        self._app = app
        self._database = database
        self._log = log

    def register(self, task: Task) -> None:
        """Make the task's jobs do its function."""

        async def perform(context: procrastinate.JobContext, **args: Any) -> None:
            try:
                await task.function(**args)
            except StaleStream:
                raise  # another writer was first: the job comes back and reads again
            except Exception as error:
                await self._failed(task, context, args, error)
                raise

        options = {"name": task.name, "queue": QUEUE, "retry": task.retry, "pass_context": True}
        self._app.task(**options)(perform)

    def register_rescue(self) -> None:
        """Take over, every few seconds, the jobs of workers whose heart stopped."""

        @self._app.periodic(cron="* * * * * */5")
        @self._app.task(name="jobs.rescue", queue=QUEUE, queueing_lock="jobs.rescue", pass_context=False)
        async def rescue(timestamp: int) -> None:
            manager = self._app.job_manager
            for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER):
                logger.warning("job_taken_over", job=job.call_string)
                await manager.retry_job(job)

    async def _failed(
        self, task: Task, context: procrastinate.JobContext, args: dict[str, Any], error: Exception
    ) -> None:
        job = context.job
        told = redact_text(f"{type(error).__name__}: {error}")
        logger.warning("job_failed", job=task.name, args=args, attempts=job.attempts + 1, error=told)
        if task.retry.get_retry_decision(exception=error, job=job) is not None:
            return
        attempts = job.attempts + 1
        abandoned = JobAbandoned(job=task.name, error=told, attempts=attempts, at=datetime.now(UTC))
        incident_id = args.get("incident_id")
        stream = f"incident/{incident_id}" if incident_id else "system"
        fact = Fact(event=abandoned, incident_id=incident_id, source_ref=f"job_abandoned:{job.id}")
        async with self._database.transaction() as session:
            await self._log.append(session, stream, [fact])
