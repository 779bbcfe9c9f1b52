"""Virtual time: an event loop that never waits. Where another would sleep, its clock is put forward."""

import asyncio
import math
from selectors import DefaultSelector, SelectorKey


class _NoWait(DefaultSelector):
    """Looks what is ready, and passes the time that it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0
        """Virtual seconds since the loop was made."""

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """Return what is ready now; raise RuntimeError when nothing ever will be."""
        ready = super().select(0)
        if timeout is None and not ready:
            raise RuntimeError("everything waits for something that nobody does: a mistake in Tocsin")
        if not ready and timeout is not None and timeout > 0:
            # One step beyond: after months a float is too coarse for the loop's own margin of a nanosecond.
            self.passed = math.nextafter(self.passed + timeout, math.inf)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop on virtual time: hours of ``asyncio.sleep`` take no time at all.

    Nothing in it may wait for threads, processes or the network: it would not be waited for.
    """

    def __init__(self) -> None:
        self._no_wait = _NoWait()
        super().__init__(self._no_wait)

    def time(self) -> float:
        """Return the virtual seconds since the loop was made."""
        return self._no_wait.passed
