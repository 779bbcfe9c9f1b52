"""What crash tests look at and pull: effects that reached the twin, and failures it is told to play."""

import datetime as dt
import re
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Mutation(BaseModel):
    """One accepted change that came over HTTP. Dry runs, refusals and the twin's own doings are none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verb: str
    path: str
    body: Any
    user_agent: str
    at: AwareDatetime


class Fault(BaseModel):
    """A failure to play for the next `times` requests whose Kubernetes verb and path match.

    `verb` is one of get, list, watch, create, update, patch, delete, or `*`; `path_regex` is searched in the
    path. `delay` is in seconds. Without a `status` the request is only slow. With `after_effect` the change
    is made first, and the delay and the failure are the answer's, as when one is lost on the way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path_regex: str
    verb: str = "*"
    status: int | None = Field(default=None, ge=400, le=599)
    times: int = Field(default=1, ge=1)
    delay: float = Field(default=0.0, ge=0.0, le=600.0)
    after_effect: bool = False
    retry_after: int | None = Field(default=None, ge=0)

    def strikes(self, verb: str, path: str) -> bool:
        """Tell whether this request is one to fail."""
        return self.verb in ("*", verb) and re.search(self.path_regex, path) is not None


class Ledger:
    """Accepted mutations in order, and the faults still to be played."""

    def __init__(self) -> None:
        self.mutations: list[Mutation] = []
        self._faults: list[Fault] = []

    def record(self, verb: str, path: str, body: Any, user_agent: str) -> None:
        """Write down an accepted mutation."""
        at = dt.datetime.now(dt.UTC)
        self.mutations.append(Mutation(verb=verb, path=path, body=body, user_agent=user_agent, at=at))

    def plant(self, fault: Fault) -> None:
        """Play this fault from now on, after those planted before."""
        self._faults.append(fault)

    def fault_for(self, verb: str, path: str) -> Fault | None:
        """Return the fault this request meets and count it down, None where it meets none."""
        for at, fault in enumerate(self._faults):
            if fault.strikes(verb, path):
                remaining = fault.times - 1
                self._faults[at : at + 1] = (
                    [fault.model_copy(update={"times": remaining})] if remaining else []
                )
                return fault
        return None

    def clear(self) -> None:
        """Forget mutations and faults."""
        self.mutations.clear()
        self._faults.clear()
