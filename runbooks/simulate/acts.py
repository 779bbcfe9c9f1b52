"""What people do in a test: ``people:``."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, JsonValue, model_validator

from tocsin.runbooks.model.base import Model, one_or_more
from tocsin.runbooks.simulate.answers import Span

ANY = "*"
"""Stands for every step that asks."""
OF_STEPS = ("approve", "reject", "complete", "refuse", "resolve", "mend")
OF_RUNS = ("cancel", "pause", "resume", "break_glass", "channel")
KINDS = (*OF_STEPS, *OF_RUNS)


class Act(Model):
    """What somebody does, once. Exactly one of ``approve`` to ``channel`` is set."""

    approve: str | None = None
    """A step whose approval is given; ``"*"``: whatever is asked."""
    reject: str | None = None
    """A step whose approval is refused; needs a ``reason``."""
    complete: str | None = None
    """A manual step that is done."""
    refuse: str | None = None
    """A manual step that cannot be done; needs a ``reason``."""
    resolve: str | None = None
    """A step of unknown outcome that somebody looked at; needs ``happened``."""
    mend: str | None = None
    """A step whose undo failed and that somebody saw to; needs ``undone``."""
    cancel: Literal["leave", "compensate"] | None = None
    """Stop the run: leave what it did, or take it back."""
    pause: Literal[True] | None = None
    """Let nothing further begin."""
    resume: Literal[True] | None = None
    """Let a paused run go on."""
    break_glass: str | None = None
    """Let the run go on in spite of a freeze; the value is the reason."""
    channel: str | None = None
    """The incident's channel is opened, and this is its id."""
    by: Annotated[
        tuple[str, ...], BeforeValidator(one_or_more, json_schema_input_type=str | tuple[str, ...])
    ] = ("bo",)
    """Who. Several approve one after the other."""
    after: Span = timedelta(0)
    """How long after it could be done: since the step asks, since the run began, or since ``during`` did."""
    during: str | None = None
    """Of ``cancel`` to ``channel``: the step that is at work then."""
    reason: str = ""
    """What they say about it; of an approval, its comment."""
    confirm: str = ""
    """What they type to approve, where the runbook wants that."""
    fields: dict[str, JsonValue] = {}
    """What they fill in at a manual step."""
    ticked: tuple[str, ...] | None = None
    """The entries of the checklist that they tick; all when left out."""
    happened: bool | None = None
    """What they found out about a step of unknown outcome."""
    undone: bool | None = None
    """True: they put it back by hand. False: it shall be tried once more."""
    refused: str | None = None
    """They are not let: words that the refusal says. Nothing happens to the run then."""

    @property
    def kind(self) -> str:
        """Return which of the kinds it is."""
        return self._kinds()[0]

    @property
    def step(self) -> str | None:
        """Return the step that it is about; None: the whole run."""
        return getattr(self, self.kind) if self.kind in OF_STEPS else None

    def _kinds(self) -> list[str]:
        return [kind for kind in KINDS if getattr(self, kind) is not None]

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        if len(self._kinds()) != 1:
            raise ValueError(f"somebody does exactly one of {', '.join(f'`{kind}`' for kind in KINDS)}")
        for kind, needed in (
            ("reject", "reason"),
            ("refuse", "reason"),
            ("resolve", "happened"),
            ("mend", "undone"),
        ):
            if self.kind == kind and getattr(self, needed) in (None, ""):
                raise ValueError(f"`{kind}` needs `{needed}`")
        if self.during is not None and self.kind in OF_STEPS:
            raise ValueError(f"`during` belongs to {', '.join(f'`{kind}`' for kind in OF_RUNS)}")
        if len(self.by) > 1 and self.kind != "approve":
            raise ValueError("only `approve` is done by several people")
        return self
