"""cloudwatch.insights: capped, masked, and never without an end."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws import client
from tocsin.actions.aws.insights import MAX_TEXT, AskLogs, LogsFound, LogsWanted
from tocsin.actions.base import Plan
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud
from tocsin.playground.watch import LOGS, build_logs

SERVICE = "logs"
NOTHING = Plan(summary="")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE", timedelta(0))


def want(**more: Any) -> LogsWanted:
    given = {"connection": "aws:main", "groups": [LOGS], "query": "fields @message"}
    return LogsWanted.model_validate({**given, **more})


def ask(connections: Connections, **more: Any) -> LogsFound:
    action, asked = AskLogs(connections), want(**more)
    return action.run(asked, action.plan(asked), "step-1")


def test_the_lines_of_the_window_are_found(connections: Connections, cloud: Cloud) -> None:
    build_logs(cloud.endpoint_url, "one", "two")
    assert sorted(row["@message"] for row in ask(connections).rows) == ["one", "two"]


def test_what_looks_like_a_secret_is_masked(connections: Connections, cloud: Cloud) -> None:
    build_logs(cloud.endpoint_url, "login with password=hunter2hunter2")
    assert ask(connections).rows[0]["@message"] == "login with [secret]"


def test_no_more_rows_are_taken_than_wanted_by_the_service_model(stubbed: Stubber) -> None:
    started(stubbed, limit=2)
    answers(stubbed, "Complete", "one", "two", "three")
    assert len(AskLogs(STUBBED).run(want(limit=2), NOTHING, "").rows) == 2


def test_a_long_line_is_cut_by_the_service_model(stubbed: Stubber) -> None:
    started(stubbed)
    answers(stubbed, "Complete", "x" * (MAX_TEXT + 1))
    assert AskLogs(STUBBED).run(want(), NOTHING, "").rows[0] == {"@message": "x" * MAX_TEXT}


def test_the_answer_is_waited_for_by_the_service_model(stubbed: Stubber) -> None:
    started(stubbed)
    answers(stubbed, "Running")
    answers(stubbed, "Complete", "one")
    found = AskLogs(STUBBED).run(want(), NOTHING, "")
    assert (found.rows, found.matched, found.scanned_bytes) == (({"@message": "one"},), 7, 4096)


def test_a_question_that_takes_too_long_is_cancelled_by_the_service_model(stubbed: Stubber) -> None:
    started(stubbed)
    answers(stubbed, "Running")
    stubbed.add_response("stop_query", {"success": True}, {"queryId": "q-1"})
    impatient = want().model_copy(update={"wait": 0})
    with pytest.raises(ActionFailed, match="the question was cancelled") as caught:
        AskLogs(STUBBED).run(impatient, NOTHING, "")
    assert caught.value.kind is ErrorClass.TIMEOUT


def test_a_question_that_fails_says_so_by_the_service_model(stubbed: Stubber) -> None:
    started(stubbed)
    answers(stubbed, "Failed")
    with pytest.raises(ActionFailed, match="the question ended as Failed"):
        AskLogs(STUBBED).run(want(), NOTHING, "")


def started(stubbed: Stubber, limit: int = 20) -> None:
    asked = {
        "logGroupNames": [LOGS],
        "queryString": "fields @message",
        "startTime": ANY,
        "endTime": ANY,
        "limit": limit,
    }
    stubbed.add_response("start_query", {"queryId": "q-1"}, asked)


def answers(stubbed: Stubber, status: str, *lines: str) -> None:
    rows = [[{"field": "@message", "value": line}, {"field": "@ptr", "value": "x"}] for line in lines]
    told = {"recordsMatched": 7.0, "bytesScanned": 4096.0}
    answer = {"status": status, "results": rows, "statistics": told}
    stubbed.add_response("get_query_results", answer, {"queryId": "q-1"})
