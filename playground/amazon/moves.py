"""Moves of SQS messages out of a dead-letter queue, which moto 5.2.5 lacks. Each is done at once."""

from itertools import count
from typing import Any

from moto.core.responses import ActionResult
from moto.sqs.responses import SQSResponse

_times = count(1_764_000_000_000)


def start_message_move_task(self: Any) -> ActionResult:
    """Answer StartMessageMoveTask."""
    source = _queue(self, self._get_param("SourceArn"))
    moved = list(source.messages)
    origins = [one for one in self.sqs_backend.queues.values() if one.dead_letter_queue is source]
    goal = self._get_param("DestinationArn")
    target = _queue(self, goal) if goal else origins[0]
    source._messages.clear()
    for message in moved:
        target.add_message(message)
    move = {"Status": "COMPLETED", "StartedTimestamp": next(_times), "SourceArn": source.queue_arn}
    number = {"ApproximateNumberOfMessagesMoved": len(moved), "ApproximateNumberOfMessagesToMove": len(moved)}
    _moves(source).insert(0, {**move, **number})
    return ActionResult({"TaskHandle": f"move-{move['StartedTimestamp']}"})


def list_message_move_tasks(self: Any) -> ActionResult:
    """Answer ListMessageMoveTasks, the newest first."""
    return ActionResult({"Results": _moves(_queue(self, self._get_param("SourceArn")))})


def _queue(response: Any, arn: str) -> Any:
    [found] = [one for one in response.sqs_backend.queues.values() if one.queue_arn == arn]
    return found


def _moves(queue: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = queue.__dict__.setdefault("tocsin_moves", [])
    return found


CORRECTIONS = (
    (SQSResponse, "start_message_move_task", start_message_move_task),
    (SQSResponse, "list_message_move_tasks", list_message_move_tasks),
)
