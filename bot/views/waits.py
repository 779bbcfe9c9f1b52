"""What a run waits for, in sentences."""

from datetime import datetime

from tocsin.bot.office import Links
from tocsin.bot.views.text import clamp, esc, link, when
from tocsin.runbooks.standing import Wait
from tocsin.runbooks.tables import Stop

MOST = 6
"""Waits that are told one by one."""


def told(waits: list[Wait], links: Links) -> list[str]:
    """Return a sentence for each, and how many are left out."""
    more = [f"… and {len(waits) - MOST} more"] if len(waits) > MOST else []
    return [wait_words(one, links) for one in waits[:MOST]] + more


def wait_words(wait: Wait, links: Links) -> str:
    """Return what one wait is for, and when it ends."""
    step, what = f"*{esc(clamp(wait.title, 150))}*", esc(clamp(wait.what, 600))
    match wait.cause:
        case "paused":
            return f":double_vertical_bar: paused by {what}, since {_at(wait.until)}"
        case "frozen":
            return f":snowflake: a freeze forbids changes until {_at(wait.until)}: {what}"
        case "locked":
            holders = ", ".join(link(links.run(run_id), run_id[:8]) for run_id in wait.runs)
            return f":lock: waits for {what}, held by run {holders}"
        case "approval":
            return f":raised_hand: {step} waits for an approval: {what}; expires {_at(wait.until)}"
        case "person":
            who = what or "a responder"
            return f":hand: {step} waits for {who} to do it by hand; expires {_at(wait.until)}"
        case "condition":
            limit = f", at most until {_at(wait.until)}"
            return f":hourglass_flowing_sand: {step} waits until `{_code(what)}`{limit}"
        case _:
            return f":hourglass_flowing_sand: {step} goes on {_at(wait.until)}"


def stopped(stop: Stop) -> str:
    """Return who stopped everything, and why."""
    since = f"{esc(stop.stopped_by)} {when(stop.stopped_at, '{time}')}"
    return f":octagonal_sign: *All automation is stopped* by {since}: {esc(clamp(stop.reason, 600))}"


def _code(text: str) -> str:
    return text.replace("`", "'")


def _at(at: datetime | None) -> str:
    return when(at, "{date_short_pretty} {time}") if at else "nobody knows when"
