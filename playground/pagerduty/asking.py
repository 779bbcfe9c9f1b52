"""What the REST API's handlers share: the account, who asks, and classic pagination."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Query, Request

from tocsin.playground.pagerduty.account import Account
from tocsin.playground.pagerduty.addresses import Json
from tocsin.playground.pagerduty.errors import MISSING_ARGUMENTS, UNKNOWN_REQUESTER, Refusal
from tocsin.playground.pagerduty.records import Agent

T = TypeVar("T")
FURTHEST_RECORD = 10_000


def account_of(request: Request) -> Account:
    """Give a handler the account its app was made for."""
    account: Account = request.app.state.account
    return account


TheAccount = Annotated[Account, Depends(account_of)]


def requester_of(account: TheAccount, sender: Annotated[str | None, Header(alias="From")] = None) -> Agent:
    """Find the user named in the From header. Raises Refusal 400 without one, or for a stranger."""
    if sender is None:
        raise Refusal(
            400, MISSING_ARGUMENTS, "Missing Arguments", "The From header must hold a user's e-mail address"
        )
    person = next((p for p in account.world.people if p.email == sender), None)
    if person is None:
        raise Refusal(400, UNKNOWN_REQUESTER, "Requester User Not Found")
    return Agent.over_the_api(person)


Requester = Annotated[Agent, Depends(requester_of)]


class Window:
    """The asked-for part of a list (https://developer.pagerduty.com/docs/pagination)."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1)] = 25,
        offset: Annotated[int, Query(ge=0)] = 0,
        total: bool = False,
    ) -> None:
        self.limit = min(limit, 100)
        self.offset = offset
        self.total = total

    def show(self, key: str, things: Sequence[T], write: Callable[[T], Json]) -> Json:
        """Write this part of `things`, and if there are more. Raises Refusal 400 beyond record 10,000."""
        end = self.offset + self.limit
        if end > FURTHEST_RECORD:
            raise Refusal.invalid(f"Offset plus limit must not exceed {FURTHEST_RECORD}")
        return {
            key: [write(thing) for thing in things[self.offset : end]],
            "limit": self.limit,
            "offset": self.offset,
            "more": end < len(things),
            "total": len(things) if self.total else None,
        }


TheWindow = Annotated[Window, Depends()]
