"""Amazon CloudWatch Logs: ask Logs Insights, and take in no more than a person reads."""

import shlex
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, account_of, arn, wait_for
from tocsin.actions.aws.verbs import Named, OnAws, no_such
from tocsin.actions.base import Effect, Frozen, Plan, Risk
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.secrets import redact_text

MAX_ROWS = 200
MAX_TEXT = 1000
"""Characters kept of one field."""
DAY = 86_400

_GOING_ON = ("Scheduled", "Running", "Unknown")


class LogsWanted(Named):
    """A question, the log groups it is asked of, and how far it looks back."""

    groups: tuple[str, ...] = Field(min_length=1, max_length=50, description="Names of log groups")
    query: str = Field(min_length=1, max_length=10_000, description="In the language of Logs Insights")
    window: int = Field(
        default=900, ge=60, le=DAY, description="Seconds up to now: `'15m' | duration`; AWS charges by volume"
    )
    limit: int = Field(default=20, ge=1, le=MAX_ROWS, description="Rows that are kept")
    wait: int = Field(default=60, ge=5, le=600, description="Seconds for the answer; then it is cancelled")

    @property
    def path(self) -> str:
        return f"logs/{','.join(self.groups)}"


class LogsFound(Frozen):
    """The rows, without what looks like a secret."""

    rows: tuple[dict[str, str], ...]
    """Each by the query's fields; a long field is cut"""
    matched: float
    """How many records matched, kept or not"""
    scanned_bytes: float


class AskLogs(OnAws[LogsWanted, Plan, LogsFound]):
    """Ask Logs Insights about the last minutes. No row is an answer, too; secrets are masked."""

    name = "cloudwatch.insights"
    risk = Risk.READ
    effect = Effect.READ

    def resources(self, want: LogsWanted) -> list[str]:
        return []

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        listed = given.get("groups")
        names = " ".join(map(str, listed if isinstance(listed, list | tuple) else [listed]))
        asked = shlex.quote(str(given.get("query")))
        return (
            f"aws logs start-query --log-group-names {names} --start-time <from> --end-time <to>"
            f" --query-string {asked}"
        )

    def rights(self, at: AwsConnection, want: LogsWanted) -> Iterable[tuple[str, str]]:
        groups = [arn(at, "logs", f"log-group:{name}:*") for name in want.groups]
        reads = ("logs:DescribeLogGroups", "logs:GetQueryResults", "logs:StopQuery")
        return *(("logs:StartQuery", one) for one in groups), *((verb, "*") for verb in reads)

    def plan(self, want: LogsWanted) -> Plan:
        account = account_of(self.connections, want)
        for name in want.groups:
            answer = account.call("logs", "describe_log_groups", logGroupNamePrefix=name)
            if name not in [one["logGroupName"] for one in answer["logGroups"]]:
                raise no_such(f"log group {name}")
        return Plan(summary=f"Ask {', '.join(want.groups)} about the last {want.window} s")

    def run(self, want: LogsWanted, plan: Plan, key: str) -> LogsFound:
        account, now = account_of(self.connections, want), datetime.now(UTC)
        query = account.call(
            "logs",
            "start_query",
            logGroupNames=list(want.groups),
            queryString=want.query,
            startTime=int((now - timedelta(seconds=want.window)).timestamp()),
            endTime=int(now.timestamp()) + 1,
            limit=want.limit,
        )["queryId"]
        answer = wait_for(lambda: _ended(account, query), timedelta(seconds=want.wait))
        if answer is None:
            account.call("logs", "stop_query", queryId=query)
            raise ActionFailed(
                f"Logs Insights had no answer within {want.wait} s, and the question was cancelled. Take a"
                " shorter window, or wait longer.",
                ErrorClass.TIMEOUT,
            )
        if answer["status"] != "Complete":
            raise ActionFailed(
                f"the question ended as {answer['status']}. Correct the query, or take a shorter window.",
                ErrorClass.INVALID,
            )
        return _output(want, answer)


def _ended(account: Account, query: str) -> dict[str, Any] | None:
    answer = account.call("logs", "get_query_results", queryId=query)
    return None if answer["status"] in _GOING_ON else answer


def _output(want: LogsWanted, answer: Mapping[str, Any]) -> LogsFound:
    told = answer.get("statistics", {})
    return LogsFound(
        rows=tuple(_row(one) for one in answer["results"][: want.limit]),
        matched=told.get("recordsMatched", len(answer["results"])),
        scanned_bytes=told.get("bytesScanned", 0),
    )


def _row(fields: list[dict[str, str]]) -> dict[str, str]:
    # `@ptr` only leads back into AWS's console.
    shown = {one["field"]: one.get("value", "") for one in fields if one["field"] != "@ptr"}
    # Masked before it is cut: half a secret has no shape.
    return {name: redact_text(value)[:MAX_TEXT] for name, value in shown.items()}
