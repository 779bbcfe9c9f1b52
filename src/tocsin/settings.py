"""Settings: what this installation is given from outside, read once by the composition root."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tocsin.errors import BadSetting
from tocsin.organisation import Organisation
from tocsin.publishing import Source, listed, refuse_same_names

PREFIX = "TOCSIN_"


def _https(url: str) -> str:
    if not url.startswith("https://"):
        raise ValueError("must start with https://; the PagerDuty client refuses anything else")
    return url.rstrip("/")


def _http(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError("must start with http:// or https://")
    return url.rstrip("/")


def _postgres(url: str) -> str:
    if not url.startswith(("postgresql://", "postgres://")):
        raise ValueError("must be a postgresql:// URL; without one, Tocsin starts a PostgreSQL of its own")
    return url.replace("postgres://", "postgresql://", 1)


def _places(places: str) -> str:
    refuse_same_names(listed(places))
    return places


class Settings(BaseModel):
    """Every setting, ``TOCSIN_`` + its name in capitals; each is documented right below it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[str, AfterValidator(_postgres)] | None = None
    """``postgresql://`` URL; without one, an embedded PostgreSQL under ``data_dir``."""

    data_dir: Path = Path(".tocsin")
    """Folder of the embedded database, and of the copies of git repositories."""

    base_url: Annotated[str, AfterValidator(_http)] = "http://127.0.0.1:8080"
    """Where people and webhooks reach this installation; links are made from it."""

    secret_key: SecretStr | None = Field(default=None, min_length=16)
    """Signs sessions and single-use tokens of the console. At least 16 characters."""

    slack_bot_token: SecretStr | None = None
    """``xoxb-…``. Without it there is no Slack."""

    slack_signing_secret: SecretStr | None = None
    """Checks what Slack sends to ``/slack/events``."""

    slack_app_token: SecretStr | None = None
    """``xapp-…``: turns Socket Mode on."""

    slack_api_url: Annotated[str, AfterValidator(_http)] = "https://slack.com/api"
    """Base URL of Slack's Web API."""

    pagerduty_api_token: SecretStr | None = None
    """REST API token: resolves and annotates there what is resolved here."""

    pagerduty_api_url: Annotated[str, AfterValidator(_https)] = "https://api.pagerduty.com"
    """Base URL of PagerDuty's REST API."""

    pagerduty_from: str = "tocsin@localhost.localdomain"
    """Email of a PagerDuty user; their API wants one in ``From`` for every change."""

    pagerduty_webhook_secrets: SecretStr | None = None
    """Comma-separated; a webhook signed with any of them is accepted."""

    ca_bundle: Path | None = None
    """PEM file: an extra CA for every outgoing client."""

    bootstrap_token: SecretStr | None = Field(default=None, min_length=16)
    """A first bearer token with the admin role. At least 16 characters."""

    runbooks: Annotated[str, AfterValidator(_places)] | None = None
    """Folders of runbooks, comma-separated, besides the library that ships with Tocsin.

    A git repository may stand among them, as ``URL#branch:path``; ``sources:`` in tocsin.yaml can say more.
    """

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """How much is logged."""

    log_format: Literal["console", "json"] = "console"
    """``json`` for a log collector."""

    organisation: Organisation = Organisation()
    """What the organisation decides; the rest of ``tocsin.yaml``."""

    @property
    def webhook_secrets(self) -> list[bytes]:
        """Return PagerDuty's webhook secrets, every one of them valid."""
        joined = self.pagerduty_webhook_secrets.get_secret_value() if self.pagerduty_webhook_secrets else ""
        return [one.strip().encode() for one in joined.split(",") if one.strip()]

    @property
    def runbook_sources(self) -> tuple[Source, ...]:
        """Return every place that holds runbooks, the library excluded."""
        return (*listed(self.runbooks), *self.organisation.sources)


def load(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings; raise BadSetting with one line naming the setting, its problem and the mend."""
    values = _from_file(environ.get(f"{PREFIX}CONFIG"))
    known = set(Settings.model_fields) - {"organisation"}
    for name in sorted(one for one in environ if one.startswith(PREFIX) and one != f"{PREFIX}CONFIG"):
        field = name.removeprefix(PREFIX).lower()
        if field in known:
            values[field] = environ[name]
        elif field.removesuffix("_file") in known:
            values[field.removesuffix("_file")] = _secret_file(name, environ[name])
        else:
            raise BadSetting(f"{name}: there is no such setting; docs/reference/settings.md lists them all")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise BadSetting(_one_line(error, environ)) from None


def _secret_file(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting(f"{name}: cannot read {path}: {error.strerror}") from error


def _from_file(path: str | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        content = YAML(typ="safe").load(Path(path).read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise BadSetting(f"{PREFIX}CONFIG: cannot read {path}: {error.strerror}") from error
    except YAMLError as error:
        raise BadSetting(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise BadSetting(f"{path}: must be a mapping; docs/reference/settings.md shows one")
    settings = content.pop("settings", {})
    return {**settings, "organisation": content}


def _one_line(error: ValidationError, environ: Mapping[str, str]) -> str:
    first = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    problem = first["msg"].removeprefix("Value error, ")
    if where[0] == "organisation":
        return f"{environ.get(PREFIX + 'CONFIG')}: {'.'.join(where[1:])}: {problem}"
    return f"{PREFIX}{where[0].upper()}: {problem}"
