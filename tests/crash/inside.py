"""What stands in Tocsin's database: its log, its jobs, its workers."""

from typing import Any, LiteralString

import psycopg

Rows = list[tuple[Any, ...]]


class Inside:
    """Reads the database of a town's Tocsin, also while nobody serves it."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def logged(self, kind: str, step: str | None = None) -> int:
        """Count the events of a kind in the log, of one step or of all."""
        query: LiteralString = (
            "select count(*) from event where type = %s and (%s::text is null or data->>'step' = %s)"
        )
        return int(self._rows(query, kind, step, step)[0][0])

    def logged_by_runs(self) -> int:
        """Count the events of all runs."""
        return int(self._rows("select count(*) from event where left(stream, 4) = 'run/'")[0][0])

    def incidents(self) -> int:
        """Count the incidents."""
        return int(self._rows("select count(*) from incident")[0][0])

    def runs(self) -> dict[str, list[str]]:
        """Return how the runs of every runbook stand."""
        return dict(self._rows("select runbook, array_agg(status) from run group by runbook"))

    def given_up(self) -> list[dict[str, object]]:
        """Return what was given up for good."""
        kinds = ["job_abandoned", "artefact_failed"]
        return [row[0] for row in self._rows("select data from event where type = any(%s)", kinds)]

    def due(self) -> list[str]:
        """Return the jobs that are done or wait to be, but for those of a later time."""
        query: LiteralString = (
            "select task_name from procrastinate_jobs where status in ('todo', 'doing')"
            " and task_name <> 'jobs.rescue' and coalesce(scheduled_at, now()) < now() + interval '1 minute'"
        )
        return [row[0] for row in self._rows(query)]

    def workers(self) -> list[int]:
        """Return the numbers of the workers, in the order in which they came."""
        return [row[0] for row in self._rows("select id from procrastinate_workers order by id")]

    def advancing(self) -> list[int]:
        """Return the workers that move a run on."""
        query: LiteralString = (
            "select worker_id from procrastinate_jobs"
            " where task_name = 'runbooks.advance' and status = 'doing'"
        )
        return [row[0] for row in self._rows(query)]

    def longest_silence(self) -> float:
        """Return for how many seconds the most silent worker's heart has not beaten."""
        query: LiteralString = (
            "select extract(epoch from now() - min(last_heartbeat)) from procrastinate_workers"
        )
        return float(self._rows(query)[0][0])

    def story(self) -> str:
        """Tell everything, one line an event and a job."""
        events = self._rows(
            "select position, stream, type, data->>'step', recorded_at::text from event order by position"
        )
        jobs = self._rows(
            "select id, status::text, task_name, args::text, scheduled_at::text from procrastinate_jobs"
        )
        return "\n".join(["== log", *map(str, events), "== jobs", *map(str, jobs)])

    def _rows(self, query: LiteralString, *values: object) -> Rows:
        return self._connection.execute(query, values).fetchall()
