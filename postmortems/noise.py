"""What is true and kept, and would only bury what a reader looks for."""

from collections.abc import Iterable

from tocsin.events.run import StepPlanned, StepStarted, StepVerified
from tocsin.events.steering import StepTold
from tocsin.log import Entry


def telling(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries without noise.

    Left out are the plan, the start and the verification of steps that only read (that they are done says
    it all), plans that were made again and said the same, and steps that their runbook hides.
    """
    reads: set[tuple[str | None, str]] = set()
    plans: dict[tuple[str | None, str], str] = {}
    kept = []
    told = list(entries)
    hidden = {_step(one) for one in told if isinstance(one.event, StepTold) and one.event.level == "hidden"}
    for entry in told:
        event = entry.event
        if _step(entry) in hidden or (isinstance(event, StepTold) and not event.summary):
            continue
        if isinstance(event, StepPlanned):
            step = (entry.run_id, event.step)
            if event.risk == "read":
                reads.add(step)
            elif plans.get(step) != event.digest:
                plans[step] = event.digest
                kept.append(entry)
        elif not isinstance(event, StepStarted | StepVerified) or (entry.run_id, event.step) not in reads:
            kept.append(entry)
    return kept


def _step(entry: Entry) -> tuple[str | None, str] | None:
    step: str | None = getattr(entry.event, "step", None)
    return None if step is None else (entry.run_id, step)
