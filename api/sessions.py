"""Who somebody is, told by a bearer token or by the console's signed cookie."""

import hashlib
import hmac
import secrets

from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import BaseModel, ConfigDict

from tocsin.events import Actor
from tocsin.settings import Settings

COOKIE = "tocsin_session"
MAX_AGE = 12 * 3600
"""Seconds after which one has to sign in again."""
BOOTSTRAP = Actor(kind="api", id="bootstrap", name="bootstrap")


class Session(BaseModel):
    """A browser that signed in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: Actor
    csrf: str
    """Every form of this session carries it back."""


class Sessions:
    """Checks tokens, and writes and reads the cookie."""

    def __init__(self, settings: Settings) -> None:
        token = settings.bootstrap_token
        self._token = token.get_secret_value().encode() if token else None
        secret = settings.secret_key.get_secret_value() if settings.secret_key else secrets.token_hex(32)
        # The token is part of the key: replacing it ends every session that it began.
        key = hmac.new(secret.encode(), self._token or b"", hashlib.sha256).digest()
        options = {"digest_method": hashlib.sha256}
        self._signer = URLSafeTimedSerializer(key, salt="tocsin-session", signer_kwargs=options)

    def actor(self, token: str) -> Actor | None:
        """Return whose bearer token this is, or None."""
        known = self._token is not None and hmac.compare_digest(token.encode(), self._token)
        return BOOTSTRAP if known else None

    def begin(self, actor: Actor) -> str:
        """Return the cookie of a new session."""
        session = Session(actor=actor, csrf=secrets.token_urlsafe(24))
        return str(self._signer.dumps(session.model_dump(mode="json")))

    def read(self, cookie: str) -> Session | None:
        """Return the session of a cookie, or None when it is not ours or too old."""
        try:
            return Session.model_validate(self._signer.loads(cookie, max_age=MAX_AGE))
        except BadSignature:
            return None
