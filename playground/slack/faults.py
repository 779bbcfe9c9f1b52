"""Troubles made to order: refusals, rate limits, delays, answers that get lost."""

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict


class Fault(BaseModel):
    """One trouble for the next `times` calls of a method; "*" means every method.

    With `after_effect` the call does its work and only its answer is spoilt: by `error`, by `status`, or,
    when neither is given, by a connection that is reset. `delay` is in seconds; it comes before the effect,
    and with `after_effect` between the effect and the answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str
    error: str = ""
    status: int = 0
    retry_after: int | None = None
    delay: float = 0.0
    after_effect: bool = False
    times: int = 1

    @property
    def spoils(self) -> bool:
        """Tell whether the fault is more than a delay."""
        return bool(self.error or self.status or self.after_effect)


@dataclass(slots=True)
class Faults:
    """The troubles still to come."""

    waiting: list[tuple[Fault, int]] = field(default_factory=list)

    def order(self, fault: Fault) -> None:
        """Put one more trouble in line; several for one method come in the order they were ordered."""
        self.waiting.append((fault, fault.times))

    def take(self, method: str) -> Fault | None:
        """Take the first trouble meant for this method."""
        for index, (fault, left) in enumerate(self.waiting):
            if fault.method in (method, "*"):
                self.waiting[index : index + 1] = [(fault, left - 1)] if left > 1 else []
                return fault
        return None

    def clear(self) -> None:
        """Call all troubles off."""
        self.waiting.clear()
