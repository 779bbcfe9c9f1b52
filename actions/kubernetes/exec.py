"""Run a command in a container: one that the connection allows, word for word, and no shell of anybody's."""

import shlex
from collections.abc import Mapping

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import cluster_of, overtaken
from tocsin.actions.kubernetes.commands import MAX_OUTPUT, Ended, run_command
from tocsin.actions.kubernetes.pods import Pod
from tocsin.actions.kubernetes.targets import NAME, PodTarget
from tocsin.connections import KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.secrets import redact_text

MAX_SAID = 500
"""Characters of a command's last words in an error."""


class Exec(PodTarget):
    """The container and the command."""

    command: tuple[str, ...] = Field(
        min_length=1,
        max_length=50,
        description="The program and its arguments, as the connection allows them",
    )
    container: str | None = Field(
        default=None, pattern=NAME, max_length=63, description="The pod's first one when not given"
    )
    timeout: int = Field(default=30, ge=1, le=300, description="Seconds until the answer is given up")
    succeeds_with: tuple[int, ...] = Field(
        default=(0,), min_length=1, description="Exit codes that are no failure"
    )


class ExecPlan(Plan):
    """The very pod; another one of its name runs nothing."""

    uid: str
    container: str


class Executed(Frozen):
    """What the command said, with what looks like a secret masked."""

    exit_code: int
    stdout: str
    stderr: str
    truncated: bool
    """True when it said more than 64 KiB; the rest was not read."""


class ExecInPod(Action[Exec, ExecPlan, Executed]):
    """Run a command in a container of a pod, without a terminal and without input.

    Only a command that the connection's `exec` in tocsin.yaml lists, word for word; it lists none unless
    you do. Tocsin cannot tell whether a command whose answer was lost has run, and nothing undoes it.
    """

    name = "k8s.pod_exec"
    risk = Risk.HIGH
    effect = Effect.ONCE

    def resources(self, want: Exec) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        command = given.get("command")
        words = shlex.join(map(str, command)) if isinstance(command, list | tuple) else command
        container = f" -c {given['container']}" if given.get("container") else ""
        return f"kubectl -n {given.get('namespace')} exec {given.get('pod')}{container} -- {words}"

    def permissions(self, want: Exec) -> list[Permission]:
        return [
            want.may("get", "core/pods"),
            want.may("get", "core/pods/exec"),
            want.may("create", "core/pods/exec"),
        ]

    def plan(self, want: Exec) -> ExecPlan:
        self._refuse_what_is_not_allowed(want)
        found = cluster_of(self.connections, want).pod(want)
        container = _chosen(want, found)
        line = shlex.join(want.command)
        return ExecPlan(
            summary=f"Run `{line}` in {container} of {want.short}",
            changes=(Change(resource=want.resource, field="command", before=None, after=line),),
            warnings=("nothing undoes what a command does",),
            uid=found.uid,
            container=container,
        )

    def run(self, want: Exec, plan: ExecPlan, key: str) -> Executed:
        self._refuse_what_is_not_allowed(want)
        seen = cluster_of(self.connections, want).pod(want)
        if seen.uid != plan.uid:
            raise overtaken(want.short, "it was deleted and made anew")
        ended = run_command(self.connections, want, plan.container, want.command, timeout=float(want.timeout))
        if ended.code not in want.succeeds_with:
            raise _failed(want, ended)
        return Executed(
            exit_code=ended.code,
            stdout=redact_text(ended.stdout),
            stderr=redact_text(ended.stderr),
            truncated=ended.truncated,
        )

    def verify(self, want: Exec, plan: ExecPlan) -> Verdict:
        return Verdict(state="ok", reason="it ended as it should; what it did, a look of your own must say")

    def _refuse_what_is_not_allowed(self, want: Exec) -> None:
        connection = self.connections.get(want.connection, KubernetesConnection)
        allowed = connection.exec
        if connection.impersonate is not None:
            raise ActionFailed(
                f"{want.connection} impersonates {connection.impersonate.user}, and that does not hold for"
                " commands in containers; nothing was run. Use a connection without `impersonate`.",
                ErrorClass.INVALID,
            )
        if want.command in allowed:
            return
        listed = "; ".join(shlex.join(one) for one in allowed) or "none"
        raise ActionFailed(
            f"{want.connection} does not allow the command `{shlex.join(want.command)}`; nothing was run. It"
            f" allows: {listed}. Correct the runbook, or list it under `exec` in tocsin.yaml.",
            ErrorClass.INVALID,
        )


def _chosen(want: Exec, found: Pod) -> str:
    names = [one.name for one in found.containers]
    if found.phase != "Running" or not names:
        raise ActionFailed(
            f"the pod {want.short} does not run (it is {found.phase}); nothing was run.", ErrorClass.INVALID
        )
    if want.container is not None and want.container not in names:
        raise ActionFailed(
            f"the pod {want.short} has no container {want.container} (it has: {', '.join(names)}); nothing"
            " was run.",
            ErrorClass.MISSING,
        )
    return want.container or names[0]


def _failed(want: Exec, ended: Ended) -> ActionFailed:
    words = redact_text((ended.stderr or ended.stdout).strip())[-MAX_SAID:]
    said = f" Its last words: {words}" if words else " It said nothing."
    more = f" (of more than {MAX_OUTPUT // 1024} KiB)" if ended.truncated else ""
    return ActionFailed(
        f"`{shlex.join(want.command)}` ended with {ended.code} in {want.short}; what it did until then stays."
        f"{said}{more}",
        ErrorClass.INVALID,
    )
