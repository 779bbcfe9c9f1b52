"""Who has to agree before a step: ``approve:``."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tocsin.runbooks.model.base import Duration, Model


class Quorum(Model):
    """So many people of one kind. With several quorums, nobody counts for two."""

    principals: tuple[str, ...]
    """``group:sre``, ``role:admin``, ``user:ana@acme.example``, ``oncall:PSCHEDULE``."""
    count: int = Field(default=1, ge=1, le=10)


_SORTS = ("group", "role", "user", "oncall")


def _quorums(value: object) -> object:
    """Read ``{group: dba, count: 1}`` as a quorum; leave plain principals as they are."""
    if not isinstance(value, list | tuple):
        return value
    return tuple(_quorum(one) for one in value)


def _quorum(value: object) -> object:
    if not isinstance(value, dict) or "principals" in value:
        return value
    named = [sort for sort in _SORTS if sort in value]
    if len(named) != 1 or value.keys() - {named[0], "count"}:
        raise ValueError("write `group:sre`, or `{ group: sre, count: 1 }` with group, role, user or oncall")
    return {"principals": [f"{named[0]}:{value[named[0]]}"], "count": value.get("count", 1)}


class Approval(Model):
    """Ask people before the step."""

    from_: Annotated[
        tuple[str, ...] | tuple[Quorum, ...],
        BeforeValidator(_quorums, json_schema_input_type=tuple[str | dict[str, str | int], ...]),
    ] = Field(default=(), alias="from")
    """Principals, any of whom counts; or ``{group: dba, count: 1}`` entries, each of which must be met by
    people of its own. Empty means the runbook's ``permissions.approve``."""
    count: int = Field(default=1, ge=1, le=10)
    """How many people, where ``from`` lists plain principals."""
    self_: bool = Field(default=False, alias="self")
    """Let the person who asked for the run approve it."""
    editor: bool = True
    """Let the person who wrote the revision approve it."""
    expires: Duration = timedelta(minutes=30)
    on_expiry: Literal["cancel", "skip", "compensate"] = "cancel"
    confirm: str | None = None
    """Text with ``${{ }}`` that an approver has to type."""
    show: tuple[str, ...] = ()
    """Expressions whose values stand in the question, and the word ``plan``."""

    @property
    def principals(self) -> tuple[str, ...]:
        """Return everybody it names, each once."""
        named = [one.principals if isinstance(one, Quorum) else (one,) for one in self.from_]
        return tuple(dict.fromkeys(principal for group in named for principal in group))

    @property
    def quorums(self) -> tuple[Quorum, ...]:
        """Return what has to be met; empty when ``from`` is."""
        if all(isinstance(one, Quorum) for one in self.from_):
            return tuple(one for one in self.from_ if isinstance(one, Quorum))
        return (Quorum(principals=self.principals, count=self.count),)

    @model_validator(mode="after")
    def _counts_once(self) -> Self:
        if self.count > 1 and any(isinstance(one, Quorum) for one in self.from_):
            raise ValueError("`count` stands in each entry of `from` where those are maps")
        return self
