"""Stacks that failed, and one that changes."""

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.stacks import Skipping, StackNamed
from tocsin.playground.estate import STACK, build_stack


def rollback(worlds: Worlds) -> Case:
    return _stack(worlds, "UPDATE_FAILED", StackNamed(connection="aws:main", stack=STACK))


def continue_rollback(worlds: Worlds) -> Case:
    return _stack(worlds, "UPDATE_ROLLBACK_FAILED", Skipping(connection="aws:main", stack=STACK))


def cancel_update(worlds: Worlds) -> Case:
    return _stack(worlds, "UPDATE_IN_PROGRESS", StackNamed(connection="aws:main", stack=STACK))


def _stack(worlds: Worlds, status: str, want: StackNamed) -> Case:
    build_stack(worlds.empty_cloud.endpoint_url, status)

    def state() -> str:
        [found] = service(worlds, "cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return str(found["StackStatus"])

    return case_of(worlds, want, missing={"stack": "nowhere"}, state=state)
