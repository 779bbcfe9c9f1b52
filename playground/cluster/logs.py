"""What the containers of practice pods write, and how much of it is asked for."""

import datetime as dt

from pydantic import BaseModel, ConfigDict, Field

from tocsin.playground.cluster.objects import Json, moment, timestamp
from tocsin.playground.cluster.pods import crash_loops


class LogUnavailableError(Exception):
    """There is no such log: the message says why, as the API server words it. The answer is 400."""


class LogQuery(BaseModel):
    """The query of a pod's log, as the API server takes it and passes it on. `follow` is not heeded."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    container: str = ""
    previous: bool = False
    timestamps: bool = False
    tail_lines: int | None = Field(default=None, alias="tailLines", ge=0)
    since_seconds: int | None = Field(default=None, alias="sinceSeconds", ge=1)
    limit_bytes: int | None = Field(default=None, alias="limitBytes", ge=1)


def read_log(pod: Json, query: LogQuery, now: dt.datetime) -> bytes:
    """Return what a container has written, cut as the query asks.

    Raises LogUnavailableError for a container that is unknown, not started or never restarted.
    """
    container, name = _chosen(pod, query.container), pod["metadata"]["name"]
    started = pod.get("status", {}).get("startTime")
    if not started:
        raise LogUnavailableError(
            f'container "{container["name"]}" in pod "{name}" is waiting to start: ContainerCreating'
        )
    if query.previous and not crash_loops(container):
        raise LogUnavailableError(
            f'previous terminated container "{container["name"]}" in pod "{name}" not found'
        )
    told = [
        (moment(started) + dt.timedelta(milliseconds=at), line) for at, line in enumerate(_story(container))
    ]
    if query.since_seconds is not None:
        told = [(at, line) for at, line in told if at >= now - dt.timedelta(seconds=query.since_seconds)]
    if query.tail_lines is not None:
        told = told[max(len(told) - query.tail_lines, 0) :]
    written = "".join(f"{timestamp(at)} {line}\n" if query.timestamps else f"{line}\n" for at, line in told)
    return written.encode()[: query.limit_bytes]


def _chosen(pod: Json, name: str) -> Json:
    containers: list[Json] = pod["spec"]["containers"]
    if not name and len(containers) > 1:
        choices = " ".join(container["name"] for container in containers)
        wanted = f"a container name must be specified for pod {pod['metadata']['name']}"
        raise LogUnavailableError(f"{wanted}, choose one of: [{choices}]")
    for container in containers:
        if name in ("", container["name"]):
            return container
    raise LogUnavailableError(f"container {name} is not valid for pod {pod['metadata']['name']}")


def _story(container: Json) -> list[str]:
    name = container["name"]
    if not crash_loops(container):
        return [f"INFO {name}: configuration loaded", f"INFO {name}: listening on :8080"]
    return [
        f"INFO {name}: loading /etc/{name}/config.yaml",
        "Traceback (most recent call last):",
        f'  File "/app/{name}/__main__.py", line 14, in <module>',
        "    settings = load_settings(CONFIG_PATH)",
        f'  File "/app/{name}/settings.py", line 41, in load_settings',
        '    raise ConfigError(f"unknown key {unknown!r}")',
        f"{name}.settings.ConfigError: unknown key 'pool_sise'",
        "FATAL: could not parse config: unknown key 'pool_sise'",
    ]
