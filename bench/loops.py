"""What items of ``foreach`` cost, and whether a thousand of them cost ten times what a hundred do."""

from aiohttp import ClientSession

from bench.figures import Bench, Figure, Target
from bench.installation import installed
from bench.rest import start_run
from bench.runbooks import loop
from bench.steps import COURSE, all_over

FEW, MANY = 100, 1000
AT_ONCE = 10
"""Items at work at the same time."""
LINEAR = 1.3
"""By what an item among many may cost more than one among few and still count as the same."""


async def measure(bench: Bench) -> list[Figure]:
    """Run a loop of a hundred items, and one of a thousand; the log says how long each took."""
    counts = {f"bench-loop-{count}": count for count in (FEW, FEW * 3 if bench.quick else MANY)}
    spent: dict[int, float] = {}
    with installed(bench.folder, *(loop(name, count, AT_ONCE) for name, count in counts.items())) as at:
        async with ClientSession(headers=at.headers) as http:
            for name, count in counts.items():
                bench.say(f"a loop of {count} items")
                run = await start_run(http, at, name)
                await all_over(at, [run])
                with at.database() as database:
                    whole = database.execute(COURSE, [[run]]).fetchone()
                assert whole is not None
                spent[count] = whole[0] / count
    few, many = spent.values()
    return [
        *(Figure(f"an item of {count}", each * 1000, "ms") for count, each in spent.items()),
        Figure("the latter by the former", many / few, "×", Target(LINEAR)),
    ]
