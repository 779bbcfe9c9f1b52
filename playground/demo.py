"""``tocsin demo``: starts the town, then plays the story or waits for a person to play it."""

import signal
import tempfile
import threading
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tocsin.playground.cluster.workload import set_image
from tocsin.playground.slack.player import NeverCame
from tocsin.playground.story import TITLE, Story, StoryBroke
from tocsin.playground.town import BAD_IMAGE, TOKEN, WORKLOAD, Town

OUT = Path("demo-out")
"""Where the headless demo leaves the postmortem."""


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Play it without a person, then end.")] = False,
) -> None:
    """Practise: a whole town on this machine, with an incident.

    Slack, PagerDuty, a cluster and a cloud are emulated; Tocsin is the real one. With --headless the exit
    code is 0 only if every chapter of the story held.

    Example: `tocsin demo --headless`
    """
    console = Console()
    raise typer.Exit(play(console) if headless else wait(console))


def play(console: Console) -> int:
    """Play the whole story without a person; return 0 only if every chapter held."""
    began = time.monotonic()
    with _town(console) as town:
        ready = time.monotonic()
        console.print(f"[bold]The town stands[/] after {ready - began:.1f} s\n")
        postmortem = OUT / "INC-1-postmortem.md"
        try:
            for chapter in Story(town).play(postmortem):
                console.print(f"[green]✓[/] {chapter.title}  [dim]{chapter.seconds:.1f} s[/]")
        except (StoryBroke, NeverCame) as error:
            console.print(f"[red]✗[/] {error}", markup=True, highlight=False)
            console.print(f"Tocsin's own log: {town.log}")
            return 1
    console.print(f"\nEvery chapter held, in {time.monotonic() - ready:.1f} s. The postmortem: {postmortem}")
    return 0


def wait(console: Console) -> int:
    """Break checkout, say where to click, and wait until interrupted."""
    with _town(console) as town:
        set_image(town.cluster.kubeconfig, WORKLOAD, BAD_IMAGE)
        at = town.at
        console.print(
            f"""
[bold]A bad release of checkout is out.[/] Play the incident:

  1. PagerDuty   {at.url(at.pagerduty_page)}   press [bold]Trigger[/] on Checkout API,
                 titled: {TITLE}
  2. Slack       {at.url(at.slack)}   be Bo, go to #inc-1-…, look at the plan, press [bold]Approve[/];
                 then be Ana: react with 📌, and type /incident resolve
  3. Console     {at.url(at.console)}   sign in with [bold]{TOKEN}[/]

[dim]Ctrl+C ends it.[/]""",
            highlight=False,
        )
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        try:
            stop.wait()
        except KeyboardInterrupt:
            console.print("\nThe town is closing …")
    return 0


def _town(console: Console) -> Town:
    folder = Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
    return Town(folder, lambda line: console.print(f"[dim]·[/] {line}", highlight=False))
