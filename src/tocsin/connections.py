"""Connections: the named systems that an organisation lets runbooks touch, and with what."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from tocsin.errors import ActionFailed, ErrorClass


class _Connection(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KubernetesConnection(_Connection):
    """A cluster."""

    kind: Literal["k8s"] = "k8s"
    kubeconfig: str | None = None
    """Path of a kubeconfig; without one, the pod's own service account."""
    context: str | None = None
    """Context of the kubeconfig; its current one when not given."""
    namespaces: tuple[str, ...] = ()
    """Namespaces that runbooks may touch; empty means every one its credentials allow, and nodes too."""


class AwsConnection(_Connection):
    """An AWS account in one region. Credentials come from boto3's usual chain."""

    kind: Literal["aws"] = "aws"
    region: str
    profile: str | None = None
    account: str | None = None
    """Twelve digits; a call is refused when the credentials belong to another account."""
    endpoint_url: str | None = None
    access_key_id: SecretStr | None = None
    secret_access_key: SecretStr | None = None


class HttpConnection(_Connection):
    """A web service: requests go to this base URL and nowhere else."""

    kind: Literal["http"] = "http"
    base_url: str
    headers: dict[str, SecretStr] = {}
    """Sent with every request; never shown."""
    allow_private: bool = False
    """Let the base URL resolve to loopback, private or link-local addresses."""


class SlackConnection(_Connection):
    """The workspace of the bot token in the settings."""

    kind: Literal["slack"] = "slack"
    token: SecretStr
    api_url: str = "https://slack.com/api/"


Connection = Annotated[
    KubernetesConnection | AwsConnection | HttpConnection | SlackConnection, Field(discriminator="kind")
]
ConnectionT = TypeVar("ConnectionT", bound=_Connection)


class Connections:
    """Finds a connection by the name a runbook gives it, ``kind:name``."""

    def __init__(self, named: Mapping[str, Connection], ca_bundle: str | None = None) -> None:
        self._named = named
        self.ca_bundle = ca_bundle
        """Path of an extra CA bundle for every client, or None."""

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
