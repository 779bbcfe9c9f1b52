"""Takes the calls of hooks in: stored first, told apart from what came before, then shown to triggers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.errors import ActionFailed
from tocsin.events import Fact
from tocsin.events.incident import DeliveryReceived
from tocsin.log import Entry, Log
from tocsin.organisation import Hook
from tocsin.runbooks.occasions import of_hook
from tocsin.runbooks.triggers import Triggers
from tocsin.vault import Vault

_SAME_KEY = timedelta(days=7)
"""How long an ``Idempotency-Key`` means the same call."""
_SAME_BODY = timedelta(hours=1)
"""How long a body that comes without one means the same call: a sender that tries again, and not news."""


@dataclass(frozen=True)
class Call:
    """One call of a hook, verified and parsed."""

    hook: str
    body: bytes
    event: JsonValue
    """The body as triggers see it."""
    key: str | None = None
    """Its ``Idempotency-Key``."""

    @property
    def stream(self) -> str:
        """Return where it is stored, beside all that mean the same."""
        same = self.body if self.key is None else b"key\0" + self.key.encode()
        return f"delivery/hook/{self.hook}/{hashlib.sha256(same).hexdigest()}"

    def repeats(self, earlier: list[Entry], now: datetime) -> bool:
        """Say whether it has come before, as far as anybody remembers."""
        remembered = _SAME_BODY if self.key is None else _SAME_KEY
        return bool(earlier) and now - earlier[-1].recorded_at < remembered


@dataclass(frozen=True)
class Answer:
    """What became of a call."""

    duplicate: bool = False
    runs: tuple[str, ...] = ()
    """Ids of the runs that it started."""


class Hooks:
    """The hooks of ``tocsin.yaml``."""

    def __init__(self, log: Log, triggers: Triggers, hooks: Mapping[str, Hook]) -> None:
        self._log = log
        self._triggers = triggers
        self._vault = Vault({name: hook.secret for name, hook in hooks.items()})
        self._names = frozenset(hooks)

    def secret(self, name: str) -> bytes | None:
        """Return what calls of a hook are signed with; empty: it cannot be read. None: no such hook."""
        if name not in self._names:
            return None
        try:
            return self._vault.read(name).encode()
        except ActionFailed:
            return b""

    async def take(self, session: AsyncSession, call: Call) -> Answer:
        """Store a call and start what it asks for; the same one again changes nothing. The caller commits."""
        now = datetime.now(UTC)
        await self._log.hold(session, call.stream)
        earlier = await self._log.read(session, call.stream)
        if call.repeats(earlier, now):
            return Answer(duplicate=True)
        number = call.stream.rpartition("/")[2]
        stored = DeliveryReceived(
            source=f"hook:{call.hook}",
            event_id=f"{number}.{len(earlier) + 1}",
            event_type=f"webhook:{call.hook}",
            body=call.body.decode("utf-8", "replace"),
        )
        fact = Fact(event=stored, source="hook")
        await self._log.append(session, call.stream, [fact], expected_version=len(earlier))
        runs = await self._triggers.answer(session, of_hook(call.hook, call.event, now))
        return Answer(runs=tuple(runs))
