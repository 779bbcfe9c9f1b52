"""``settings.md``: what an installation is given, and what ``tocsin.yaml`` may say."""

from collections.abc import Iterator, Mapping
from typing import get_args

from pydantic import BaseModel

from docs.reading import fields, nested, rows, summary, table
from tocsin.connections import Connection
from tocsin.organisation import Organisation
from tocsin.settings import PREFIX, Settings

INTRO = f"""\
# Settings

Tocsin reads its settings from the environment. For every setting `{PREFIX}NAME` there is also
`{PREFIX}NAME_FILE`, the path of a file that holds the value; secrets are best given that way.
`{PREFIX}CONFIG` names a YAML file, usually `tocsin.yaml`: it holds everything that an organisation decides,
and below `settings:` it may hold these settings too, in lower case and without the prefix. The environment
wins over the file.

A wrong setting stops the start with one line that names it, says what is wrong, and how to mend it. A setting
that does not exist is an error too.
"""
FILE = """\
## `tocsin.yaml`

What the organisation decides. Unknown keys are errors. [An example](../guide/tocsin.yaml) has every part.
"""
SAID: Mapping[str, str] = {
    "Organisation.severities": "The first is the worst.",
    "Organisation.default_severity": "Of an incident whose service has none of its own.",
    "Organisation.roles": "What `/incident role` gives to people.",
    "Organisation.services": "The catalogue, by slug.",
    "Organisation.teams": "By key; `group:<key>` names one.",
    "Organisation.access": "Who may do what beyond every member's rights.",
    "Organisation.runbooks": "Reviews, and what becomes of a runbook that keeps failing.",
    "Organisation.pagerduty": "How incidents follow their pages.",
    "Severity.name": "How people type it.",
    "Severity.description": "When to choose it; shown in forms.",
    "Severity.emoji": "In front of it, in Slack.",
    "Service.name": "What people see.",
    "Service.team": "Key of the team that is invited too, but not to a private incident.",
    "KubernetesConnection.kind": "Read from the connection's name.",
    "AwsConnection.kind": "Read from the connection's name.",
    "AwsConnection.region": "One region: another one is another connection.",
    "AwsConnection.profile": "Profile of boto3's configuration files.",
    "AwsConnection.endpoint_url": "For an emulator or a private endpoint.",
    "AwsConnection.access_key_id": "Instead of boto3's usual chain.",
    "AwsConnection.secret_access_key": "Belongs to `access_key_id`.",
    **{
        f"{kind}Connection.{key}": words
        for kind in ("Http", "Prometheus", "Grafana")
        for key, words in (
            ("kind", "Read from the connection's name."),
            ("base_url", "Requests go to paths beneath it."),
        )
    },
    "DnsConnection.kind": "Read from the connection's name.",
    "TcpConnection.kind": "Read from the connection's name.",
    "TcpConnection.ports": "Of every one of the hosts.",
    "SlackConnection.kind": "Read from the connection's name.",
    "SlackConnection.token": "`slack:main` need not be listed: it has the bot token of the settings.",
    "SlackConnection.api_url": "Base URL of Slack's Web API.",
    "PagerDutyConnection.kind": "Read from the connection's name.",
    "PagerDutyConnection.token": "`pagerduty:main` need not be listed: it is made of the settings.",
    "RedisConnection.kind": "Read from the connection's name.",
    "RedisConnection.password": "Belongs to `username`.",
    "PostgresConnection.kind": "Read from the connection's name.",
    "Calendar.windows": "Stretches of time.",
    "Calendar.weekly": "Hours of the week.",
    "Span.why": "For whoever reads it.",
    "Weekly.from": "`HH:MM` on the clock on the wall.",
    "Weekly.why": "For whoever reads it.",
    "SecretSource.file": "Path of a file; the whole content without the white space around it.",
}
"""What the models' own docstrings leave to their names."""


def settings() -> str:
    """Return the page."""
    return "\n".join([INTRO, *_environment(), "", FILE, *_file()])


def documented() -> dict[str, str]:
    """Return every setting with its words."""
    return {row.name: row.words for row in fields(Settings)}


def keys() -> dict[str, str]:
    """Return every key of ``tocsin.yaml`` with its words."""
    return {f"{model.__name__}.{row.name}": row.words for model in _models() for row in rows(model, SAID)}


def undescribed() -> set[str]:
    """Return the keys of ``tocsin.yaml`` whose models say nothing of them."""
    return {f"{one.__name__}.{row.name}" for one in _models() for row in fields(one) if not row.words}


def _environment() -> Iterator[str]:
    yield from ("| Setting | Takes | Default | |", "|---|---|---|---|")
    for line in list(table([row for row in fields(Settings) if row.name != "organisation"]))[2:]:
        name = line.split("`")[1]
        yield line.replace(f"`{name}`", f"`{PREFIX}{name.upper()}`", 1)


def _file() -> Iterator[str]:
    for model in _models():
        yield from (f"### {model.__name__}", "", summary(model), "", *table(rows(model, SAID)), "")


def _models() -> list[type[BaseModel]]:
    union, _ = get_args(Connection)
    return list(dict.fromkeys([*nested(Organisation), *get_args(union)]))
