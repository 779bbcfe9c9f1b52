import asyncio
import time

import pytest

from tocsin.runbooks.simulate.clock import VirtualLoop


def passed(work: object) -> float:
    """Return the virtual seconds that a coroutine takes."""

    async def timed() -> float:
        await work  # type: ignore[misc]
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(timed())


async def tick(times: int, seconds: float) -> None:
    for _ in range(times):
        await asyncio.sleep(seconds)


def test_a_thousand_hours_of_sleep_take_milliseconds() -> None:
    began = time.process_time()
    assert round(passed(asyncio.sleep(3_600_000)), 6) == 3_600_000
    assert time.process_time() - began < 0.2


def test_what_sleeps_side_by_side_takes_as_long_as_the_longest() -> None:
    async def both() -> None:
        await asyncio.gather(tick(10, 6), tick(3, 7))

    assert round(passed(both()), 6) == 60


def test_a_time_limit_is_kept_in_virtual_time() -> None:
    async def given_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(100), 5)

    assert round(passed(given_up()), 6) == 5


def test_what_nobody_will_ever_wake_is_said_and_not_waited_for() -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="everything waits"):
        passed(stuck())
