"""Knock at a TCP port."""

import socket
import time
from collections.abc import Mapping
from typing import Literal

import httpx2
from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.connections import TcpConnection
from tocsin.egress import EgressRefused, NoSuchHost, checked_addresses
from tocsin.errors import ActionFailed, ErrorClass

PATIENCE = 3.0
"""Seconds until an address that says nothing is ``silent``."""
MAX_ADDRESSES = 8

State = Literal["open", "unreachable", "silent", "refused"]
_TOLD: Mapping[State, str] = {
    "open": "accepts connections",
    "unreachable": "cannot be reached from here",
    "silent": f"does not answer within {PATIENCE:.0f} s",
    "refused": "refuses connections",
}
"""In the order in which one address speaks for all."""


class Knock(Frozen):
    """A port, and how it should be."""

    connection: str = Field(description="What may be knocked at: tcp:NAME of tocsin.yaml")
    host: str = Field(max_length=253, pattern=r"^[A-Za-z0-9:][A-Za-z0-9.:-]*$")
    port: int = Field(ge=1, le=65_535)
    expect: tuple[State, ...] = Field(
        default=("open",), min_length=1, description="What is success; a firewall makes a port `silent`"
    )

    @property
    def place(self) -> str:
        """Return ``host:port``, for sentences."""
        return f"{self.host}:{self.port}"


class Knocked(Frozen):
    """What happened."""

    state: State
    """``open`` when one address accepts, ``refused`` when every one refuses."""
    address: str
    """The address that it is said of."""
    milliseconds: float
    """That the handshake took, or the refusal, or the wait."""


class KnockAtPort(Action[Knock, Plan, Knocked]):
    """Say whether a TCP port accepts connections. Sends nothing over one."""

    name = "tcp.check"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"nc -vz -w {PATIENCE:.0f} {given.get('host')} {given.get('port')}"

    def permissions(self, want: Knock) -> list[Permission]:
        return [Permission(system="tcp", verb="connect", resource=want.place)]

    def plan(self, want: Knock) -> Plan:
        self._addresses(want)
        return Plan(summary=f"Knock at {want.place}")

    def run(self, want: Knock, plan: Plan, key: str) -> Knocked:
        tried = [_knock(address, want) for address in self._addresses(want)]
        found = min(tried, key=lambda one: list(_TOLD).index(one.state))
        if found.state not in want.expect:
            expected = " or ".join(want.expect)
            kind = ErrorClass.TIMEOUT if found.state == "silent" else ErrorClass.TRANSIENT
            words = f"{want.place} ({found.address}) {_TOLD[found.state]}; expected {expected}."
            raise ActionFailed(words, kind)
        return found

    def _addresses(self, want: Knock) -> list[str]:
        """Return the addresses to knock at; each one is allowed."""
        connection = self.connections.get(want.connection, TcpConnection)
        if want.port not in connection.ports or not any(_fits(want.host, one) for one in connection.hosts):
            raise ActionFailed(
                f"{want.connection} does not allow {want.place}; nothing was sent."
                " Correct the runbook, or allow it in tocsin.yaml.",
                ErrorClass.DENIED,
            )
        try:
            found = checked_addresses(want.host, want.port, allow_private=connection.allow_private)
        except NoSuchHost as error:
            raise ActionFailed(f"{want.connection}: {error}.", ErrorClass.MISSING) from None
        except httpx2.ConnectError as error:
            raise ActionFailed(f"{want.connection}: {error}.", ErrorClass.TRANSIENT) from None
        except EgressRefused as error:
            raise ActionFailed(f"{want.connection}: {error}", ErrorClass.INVALID) from None
        return found[:MAX_ADDRESSES]


def _fits(host: str, pattern: str) -> bool:
    name, wanted = host.lower(), pattern.lower()
    return name.endswith(wanted[1:]) if wanted.startswith("*.") else name == wanted


def _knock(address: str, want: Knock) -> Knocked:
    began = time.monotonic()
    state: State = "open"
    try:
        socket.create_connection((address, want.port), PATIENCE).close()
    except ConnectionRefusedError:
        state = "refused"
    except TimeoutError:
        state = "silent"
    except OSError:
        state = "unreachable"
    return Knocked(state=state, address=address, milliseconds=round((time.monotonic() - began) * 1000, 1))
