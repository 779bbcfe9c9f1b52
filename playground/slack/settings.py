"""What a practice workspace is started with."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Credentials, addresses and clocks of the workspace. All times are seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_url: str = "http://127.0.0.1:8080/slack/events"
    bot_token: str = "xoxb-practice"
    app_token: str = "xapp-practice"
    signing_secret: str = "practice-signing-secret"
    team_id: str = "T0ACME"
    team_name: str = "Acme"
    team_domain: str = "acme"
    app_id: str = "A0TOCSIN"
    ack_seconds: float = 3.0
    retry_delays: tuple[float, ...] = (1.0, 60.0, 300.0)
    trigger_seconds: float = 3.0
    response_url_seconds: float = 1800.0
    response_url_uses: int = 5
    rate_limits: bool = True
    message_shortcuts: tuple[tuple[str, str], ...] = ()
    """callback_id and title of each: the page offers them on every message."""
