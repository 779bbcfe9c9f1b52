"""``python -m bench``: measures what architecture.md §7 promises, and prints it beside the promise."""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench import cold_start, first_call, loops, parked, steps, webhooks
from bench.figures import Bench, Figure, Measurement
from bench.table import as_json, table

MEASUREMENTS = (
    Measurement("start", "Cold start", cold_start.measure),
    Measurement("webhooks", "Webhook → durable 202", webhooks.measure),
    Measurement("first-call", "Webhook → first action", first_call.measure),
    Measurement("steps", "Engine", steps.measure),
    Measurement("loops", "Loops", loops.measure),
    Measurement("parked", "Parked runs", parked.measure),
)


def main(
    only: Annotated[list[str] | None, typer.Option(help="Measure this alone; may be given again.")] = None,
    quick: Annotated[bool, typer.Option(help="A smaller load, for rougher figures.")] = False,
    json: Annotated[bool, typer.Option(help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure a Tocsin of its own, as people run it: real processes, real HTTP, a real PostgreSQL."""
    names = [one.name for one in MEASUREMENTS]
    if unknown := set(only or ()) - set(names):
        raise typer.BadParameter(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    results = {one.title: _measured(one, quick) for one in MEASUREMENTS if not only or one.name in only}
    if json:
        sys.stdout.write(as_json(results) + "\n")
    else:
        Console().print(table(results))


def _measured(one: Measurement, quick: bool) -> list[Figure]:
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder, console.status(one.title) as status:
        bench = Bench(Path(folder), quick, lambda words: status.update(f"{one.title}: {words}"))
        return asyncio.run(one.measure(bench))


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
