"""FIS experiments that run until somebody stops them: moto 5.2.5's come on by being looked at."""

from typing import Any

from moto.fis.models import Experiment

_SHOWN = {"pending": "running", "initiating": "running", "stopping": "stopped"}


def status(self: Any) -> str:
    """Return how far the experiment is; it begins and ends in no time."""
    now = str(self._status)
    return _SHOWN.get(now, now)


def set_status(self: Any, value: str) -> None:
    """Let the experiment be as far as moto says."""
    self._status = value


CORRECTIONS = ((Experiment, "status", property(status, set_status)),)
