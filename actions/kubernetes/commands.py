"""Commands in containers, over the WebSocket that the API server passes on to a pod's node.

The answer comes in numbered channels: 1 is what the command said, 2 is what it said on its standard error, 3
is a ``Status`` with its exit code. https://github.com/kubernetes/kubernetes/issues/89163
"""

import json
import re
import time
from collections.abc import Sequence
from http.client import responses
from typing import Any, NamedTuple

from kubernetes import client
from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream
from kubernetes.stream.ws_client import ERROR_CHANNEL, STDERR_CHANNEL, STDOUT_CHANNEL

from tocsin.actions.kubernetes.client import allowed
from tocsin.actions.kubernetes.failures import told
from tocsin.actions.kubernetes.targets import PodTarget
from tocsin.actions.kubernetes.wire import api_client
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

MAX_OUTPUT = 64 * 1024
"""Bytes of both streams together."""
_WAIT = 1.0
"""Seconds between two looks whether the time is over."""


class Ended(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    stdout: str
    stderr: str
    truncated: bool


def run_command(
    connections: Connections, at: PodTarget, container: str, command: Sequence[str], *, timeout: float
) -> Ended:
    """Run a command and return what it said; raise TIMEOUT when it has not ended by then."""
    connection = allowed(connections, at.connection, at.namespace)
    # A client of its own: `stream` puts its own way of calling into the one it is given, for every thread.
    api = ApiClient(api_client(at.connection, connection).configuration)
    with told(at.connection):
        try:
            socket = stream(
                client.CoreV1Api(api).connect_get_namespaced_pod_exec,
                at.pod,
                at.namespace,
                container=container,
                command=list(command),
                stdin=False,
                stdout=True,
                stderr=True,
                tty=False,
                binary=True,
                _preload_content=False,
            )
        except ApiException as error:
            raise _with_status(error) from None
    try:
        return _heard(at, socket, time.monotonic() + timeout)
    finally:
        socket.close()
        api.close()  # type: ignore[no-untyped-call]


def _heard(at: PodTarget, socket: Any, deadline: float) -> Ended:
    """Listen until the command has ended or its time is over; what goes beyond the cap is dropped."""
    said = {STDOUT_CHANNEL: b"", STDERR_CHANNEL: b""}
    status, truncated = b"", False
    while socket.is_open():
        if time.monotonic() > deadline:
            raise ActionFailed(
                f"the command in {at.short} did not end in time and may still run. Look at it before you try"
                " again.",
                ErrorClass.TIMEOUT,
            )
        socket.update(timeout=_WAIT)
        for channel in said:
            heard, room = socket.read_channel(channel), MAX_OUTPUT - sum(map(len, said.values()))
            said[channel] += heard[:room]
            truncated = truncated or len(heard) > room
        status += socket.read_channel(ERROR_CHANNEL)
        socket.read_all()  # it keeps everything a second time, until somebody takes it
    out, err = (said[channel].decode(errors="replace") for channel in (STDOUT_CHANNEL, STDERR_CHANNEL))
    return Ended(_exit_code(at, status), out, err, truncated)


def _exit_code(at: PodTarget, status: bytes) -> int:
    try:
        found = json.loads(status)
        if found["status"] == "Success":
            return 0
        return int(next(one["message"] for one in found["details"]["causes"] if one["reason"] == "ExitCode"))
    except (ValueError, KeyError, TypeError, StopIteration):
        raise ActionFailed(
            f"the connection to the command in {at.short} broke before it told how it ended. Whether it ran"
            " is not known; look at it before you try again.",
            ErrorClass.TIMEOUT,
        ) from None


def _with_status(error: ApiException) -> ApiException:
    """Return the refusal with its HTTP status and body, which the client leaves in the text of its reason."""
    found = re.search(r"Handshake status (\d{3})", str(error.reason))
    if found is None:
        return ApiException(status=503, reason="Service Unavailable")
    status = int(found.group(1))
    refused = ApiException(status=status, reason=responses.get(status, "refused"))
    body = re.search(r"\{.*\"kind\":\s*\"Status\".*\}", str(error.reason), re.DOTALL)
    refused.body = body.group(0).encode().decode("unicode_escape") if body else None
    return refused
