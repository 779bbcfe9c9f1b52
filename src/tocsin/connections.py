"""Connections: the named systems that an organisation lets runbooks touch, and with what."""

import ipaddress
from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from tocsin.errors import ActionFailed, ErrorClass


def _address(text: str) -> str:
    """Raise ValueError unless ``text`` is an IP address, with or without a port."""
    at = urlsplit(f"//{text}")
    try:
        ipaddress.ip_address(at.hostname or "")
        usable = at.netloc == text and at.username is None and at.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"{text!r} is not an address; write 10.0.0.2, 10.0.0.2:5353 or [2001:db8::53]:53")
    return text


def _redis(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError("must be redis://host:port/database, or rediss:// for TLS")
    if "@" in parts.netloc or parts.query:
        raise ValueError(
            "must hold neither user nor options; `username` and `password` are keys of their own"
        )
    return url


class _Connection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: str | None = None
    """What it is part of, such as ``prod``: ``guardrails.environments`` of runbooks speaks of it."""


class Impersonation(BaseModel):
    """Whom a cluster takes us for; our own credentials need the right to impersonate them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    user: str = Field(min_length=1)
    """As role bindings have it; ``system:serviceaccount:NAMESPACE:NAME`` for a service account."""
    groups: tuple[str, ...] = ()
    """Those alone: the groups of our own credentials do not count then."""


class KubernetesConnection(_Connection):
    """A cluster."""

    kind: Literal["k8s"] = "k8s"
    kubeconfig: str | None = None
    """Path of a kubeconfig; without one, the pod's own service account."""
    context: str | None = None
    """Context of the kubeconfig; its current one when not given."""
    namespaces: tuple[str, ...] = ()
    """Namespaces that runbooks may touch; empty means every one its credentials allow, and nodes too."""
    exec: tuple[tuple[str, ...], ...] = ()
    """Commands that runbooks may run in containers, each the whole list of its words; empty means none."""
    impersonate: Impersonation | None = None
    """Whom to act as: ``{user: tocsin-shop, groups: [sre]}``. Its rights hold, and the audit log names it."""


class AwsConnection(_Connection):
    """An AWS account in one region. Credentials come from boto3's usual chain."""

    kind: Literal["aws"] = "aws"
    region: str
    profile: str | None = None
    account: str | None = None
    """Twelve digits; a call is refused when the credentials belong to another account."""
    role: str | None = Field(default=None, pattern=r"^arn:[a-z-]+:iam::[0-9]{12}:role/[\w+=,.@/-]+$")
    """ARN of a role that is assumed for each run, with the run and its person in the session."""
    documents: tuple[str, ...] = ()
    """SSM documents that runbooks may run on instances; empty means none: a document runs as root."""
    endpoint_url: str | None = None
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None


class WebConnection(_Connection):
    """What is reached over HTTP: requests go to this base URL and nowhere else."""

    base_url: str
    headers: dict[str, SecretStr] = {}
    """Sent with every request; never shown."""
    allow_private: bool = False
    """Let the base URL resolve to loopback, private or link-local addresses."""


class HttpConnection(WebConnection):
    """A web service: requests go to this base URL and nowhere else."""

    kind: Literal["http"] = "http"


class PrometheusConnection(WebConnection):
    """A Prometheus, or what answers as one: Thanos, Mimir, VictoriaMetrics."""

    kind: Literal["prometheus"] = "prometheus"


class GrafanaConnection(WebConnection):
    """A Grafana; ``headers`` hold the token of a service account: ``Authorization: Bearer glsa_…``."""

    kind: Literal["grafana"] = "grafana"


class DnsConnection(_Connection):
    """Name servers to ask."""

    kind: Literal["dns"] = "dns"
    resolvers: tuple[Annotated[str, AfterValidator(_address)], ...] = Field(default=(), max_length=8)
    """``10.0.0.2``, ``10.0.0.2:5353`` or ``[2001:db8::53]:53``; every one is asked. None: the system's."""


class TcpConnection(_Connection):
    """Hosts and ports that may be knocked at."""

    kind: Literal["tcp"] = "tcp"
    hosts: tuple[str, ...] = Field(min_length=1)
    """Names and addresses; ``*.db.acme.example`` is every name beneath ``db.acme.example``."""
    ports: tuple[Annotated[int, Field(ge=1, le=65_535)], ...] = Field(min_length=1)
    allow_private: bool = False
    """Let the hosts resolve to loopback, private or link-local addresses."""


class SlackConnection(_Connection):
    """The workspace of the bot token in the settings."""

    kind: Literal["slack"] = "slack"
    token: SecretStr
    api_url: str = "https://slack.com/api/"


class PagerDutyConnection(_Connection):
    """An account's REST API."""

    kind: Literal["pagerduty"] = "pagerduty"
    token: SecretStr
    sender: str
    """Email of one of its users; it goes into ``From``."""
    base_url: str = Field(default="https://api.pagerduty.com", pattern="^https://")
    """Another one in the EU: ``https://api.eu.pagerduty.com``."""


class RedisConnection(_Connection):
    """One Redis server, not a cluster."""

    kind: Literal["redis"] = "redis"
    url: Annotated[str, AfterValidator(_redis)]
    """``redis://host:6379/0``, or ``rediss://`` for TLS; without credentials."""
    username: str | None = None
    """An ACL user; Redis's ``default`` one when not given."""
    password: SecretStr | None = None


class PostgresConnection(_Connection):
    """One database of a PostgreSQL server."""

    kind: Literal["postgres"] = "postgres"
    dsn: SecretStr
    """A libpq connection string, as psql takes it; whole, since it holds the password."""


Connection = Annotated[
    KubernetesConnection
    | AwsConnection
    | HttpConnection
    | PrometheusConnection
    | GrafanaConnection
    | DnsConnection
    | TcpConnection
    | SlackConnection
    | PagerDutyConnection
    | RedisConnection
    | PostgresConnection,
    Field(discriminator="kind"),
]
ConnectionT = TypeVar("ConnectionT", bound=_Connection)


class Connections:
    """Finds a connection by the name a runbook gives it, ``kind:name``."""

    def __init__(self, named: Mapping[str, Connection], ca_bundle: str | None = None) -> None:
        self._named = named
        self.ca_bundle = ca_bundle
        """Path of an extra CA bundle for every client, or None."""

    def names(self) -> tuple[str, ...]:
        """Return the names of all of them."""
        return tuple(self._named)

    def get(self, name: str, model: type[ConnectionT]) -> ConnectionT:
        """Return the connection ``name``; raise ActionFailed when it is unknown or of another kind."""
        found = self._named.get(name)
        if isinstance(found, model):
            return found
        known = ", ".join(sorted(self._named)) or "none"
        raise ActionFailed(
            f"no connection {name!r}; tocsin.yaml defines {known}. Add it there or correct the runbook.",
            ErrorClass.INVALID,
        )
